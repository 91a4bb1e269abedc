/** Deciding which of 1,000 routes takes a drop: typical keys against the time that is allowed, and the worst ones against those. */
import type { Drop } from '../lib/routing/drop.ts';
import { matchDrop } from '../lib/routing/match-drop.ts';
import { loadRouteFile, type RouteFile } from '../lib/routing/route-file.ts';
import { CheckFailed, type Figure, median, REPETITIONS, type Row } from './figure.ts';

const ROUTES = 1_000;
/** 20,000 decisions a second. */
const ALLOWED_MS = 1_000 / 20_000;
const MOST_TIMES_TYPICAL = 2;
const DROPS = 1_000;
const SLICE_MS = 200;
/** S3's own limit on a key, in bytes. */
const LONGEST_KEY = 1_024;

/** How labs tell their routes apart: by the beginning of a key, by a folder in it, or by the beginning of a folder's name. */
const SHAPES: readonly ((lab: number, sample: string) => { readonly pattern: string; readonly key: string })[] = [
  (lab, sample) => bclConvert(`lab-${lab}/fastq/{flowcell}/`, `lab-${lab}/fastq/HX7FLDSX2/`, sample),
  (lab, sample) => bclConvert(`incoming/{flowcell}/lab-${lab}/`, `incoming/HX7FLDSX2/lab-${lab}/`, sample),
  (lab, sample) => bclConvert(`incoming/{flowcell}/LAB${lab}-`, `incoming/HX7FLDSX2/LAB${lab}-`, sample),
  (lab, sample) => ({
    pattern: `{year,[0-9]{4}}/lab-${lab}/{sample}.hard-filtered.{kind,vcf|gvcf}.gz`,
    key: `2026/lab-${lab}/${sample}.hard-filtered.gvcf.gz`,
  }),
  (lab, sample) => ({
    pattern: `{path,.+}/lab-${lab}/{sample}.cram`,
    key: `archive/2026/11/lab-${lab}/${sample}.cram`,
  }),
];

function bclConvert(folder: string, filled: string, sample: string) {
  return {
    pattern: `${folder}{sample}_S{n,[0-9]+}_L{lane,[0-9]{3}}_R{read,[12]}_001.fastq.gz`,
    key: `${filled}${sample}_S12_L003_R2_001.fastq.gz`,
  };
}

export const routing: Figure = {
  name: 'routing',
  async measure(say): Promise<Row[]> {
    const file = loadThousand();
    const typical = dropsOf(() => 'NA12878');
    // What a sample would be called to make each wildcard look again and again.
    const worst = dropsOf((room) => '_S1_L001_R1_001'.repeat(100).slice(0, room));
    const misses = worst.map((drop) => ({ ...drop, key: `${drop.key.slice(0, -1)}y` }));
    check(file, typical, 'matched');
    check(file, worst, 'matched');
    check(file, misses, 'unmatched');
    const times = { typical: [] as number[], worst: [] as number[], misses: [] as number[] };
    for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
      times.typical.push(timeOf(file, typical));
      times.worst.push(timeOf(file, worst));
      times.misses.push(timeOf(file, misses));
    }
    const [typicalMs, worstMs, missesMs] = [median(times.typical), median(times.worst), median(times.misses)];
    say(`routing: ${rate(typicalMs)} typical, ${rate(worstMs)} longest, ${rate(missesMs)} longest that miss`);
    const slowest = Math.max(worstMs, missesMs);
    return [
      {
        figure: `deciding among ${ROUTES} routes`,
        value: typicalMs / ALLOWED_MS,
        unit: '×',
        bound: 1,
        from: `${rate(typicalMs)}, of the time that 20000/s take`,
      },
      {
        figure: 'deciding, worst keys',
        value: slowest / typicalMs,
        unit: '×',
        bound: MOST_TIMES_TYPICAL,
        from: `${rate(slowest)} with keys of ${LONGEST_KEY} bytes, ${rate(typicalMs)} with typical ones`,
      },
    ];
  },
};

function loadThousand(): RouteFile {
  const routes = Array.from({ length: ROUTES }, (_, lab) => {
    const { pattern } = shapeOf(lab)(lab, '');
    return `  - { name: r${lab}, on: { bucket: acme-incoming, key: '${pattern}' }, run: { workflowId: "1234567" } }\n`;
  });
  const head = `version: 1
defaults: { roleArn: 'arn:aws:iam::123456789012:role/omics', outputUri: s3://acme-results/, retentionMode: REMOVE, storageType: DYNAMIC }
routes:
`;
  return loadRouteFile(head + routes.join(''), { fileName: 'bench.yaml', environment: {}, hash: () => '' });
}

function shapeOf(lab: number) {
  const shape = SHAPES[lab % SHAPES.length];
  if (shape === undefined) throw new RangeError('There is no shape.');
  return shape;
}

/** For each route one drop, in an order that no cache could guess. `sample` is given the room that is left in a key. */
function dropsOf(sample: (room: number) => string): readonly Drop[] {
  return Array.from({ length: DROPS }, (_, index) => {
    const lab = (index * 379) % ROUTES;
    const empty = shapeOf(lab)(lab, '').key.length;
    const { key } = shapeOf(lab)(lab, sample(LONGEST_KEY - empty));
    return { bucket: 'acme-incoming', key, sizeBytes: 1_000, etag: 'etag', timeMs: 0 };
  });
}

function check(file: RouteFile, drops: readonly Drop[], expected: string): void {
  const wrong = drops.find((drop) => matchDrop(file, drop).kind !== expected);
  if (wrong !== undefined) throw new CheckFailed(`${wrong.key} is not ${expected}.`);
}

/** Milliseconds a decision. */
function timeOf(file: RouteFile, drops: readonly Drop[]): number {
  let decided = 0;
  const startedMs = performance.now();
  for (;;) {
    for (const drop of drops) matchDrop(file, drop);
    decided += drops.length;
    const tookMs = performance.now() - startedMs;
    if (tookMs >= SLICE_MS) return tookMs / decided;
  }
}

function rate(timeMs: number): string {
  return `${(1_000 / timeMs).toFixed(0)}/s`;
}
