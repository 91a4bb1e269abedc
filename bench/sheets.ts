/** A sheet of 10,000 rows, read, filled in and made into requests, against the time that its CSV parser alone takes. */
import { parse } from 'csv-parse/sync';
import { matchDrop } from '../lib/routing/match-drop.ts';
import { loadRouteFile } from '../lib/routing/route-file.ts';
import { sheetRuns } from '../lib/routing/sheet-runs.ts';
import { CheckFailed, type Figure, median, REPETITIONS, type Row } from './figure.ts';

const ROWS = 10_000;
const MOST_TIMES_PARSER = 3;

const ROUTES = `
version: 1
defaults:
  roleArn: arn:aws:iam::000000000000:role/HealthOmics
  outputUri: s3://acme-results/{route}/
  retentionMode: RETAIN
  storageType: DYNAMIC
routes:
  - name: cohort
    on: { bucket: acme-incoming, key: 'sheets/{_cohort}.csv' }
    each: row
    run: { workflowId: "1234567", parameters: { sample: '{row.sample}', fastq_1: '{row.fastq_1}', fastq_2: '{row.fastq_2}' } }
`;

export const sheets: Figure = {
  name: 'sheets',
  async measure(say): Promise<Row[]> {
    const file = loadRouteFile(ROUTES, {
      fileName: 'rundrop.yaml',
      environment: {},
      hash: (text) => String(text.length),
    });
    const body = sheetOf(ROWS);
    const drop = {
      bucket: 'acme-incoming',
      key: 'sheets/a.csv',
      sizeBytes: body.length,
      etag: 'e',
      timeMs: Date.UTC(2026, 0),
    };
    const match = matchDrop(file, drop);
    if (match.kind !== 'matched') throw new CheckFailed('no route takes the sheet');
    const member = { drop, wildcards: match.wildcards };
    const times = { parser: [] as number[], requests: [] as number[] };
    for (let repetition = 0; repetition <= 2 * REPETITIONS; repetition += 1) {
      const parserMs = timeOf(() => check(parse(body, { columns: true }).length));
      const requestsMs = timeOf(() => check(sheetRuns(match.route, member, body).runs.length));
      // The first round of each is the compiler's.
      if (repetition === 0) continue;
      times.parser.push(parserMs);
      times.requests.push(requestsMs);
    }
    const [parserMs, requestsMs] = [median(times.parser), median(times.requests)];
    say(`sheets: ${requestsMs.toFixed(0)} ms for ${ROWS} requests, ${parserMs.toFixed(0)} ms for csv-parse alone`);
    return [
      {
        figure: `a sheet of ${ROWS} rows to requests`,
        value: requestsMs / parserMs,
        unit: '×',
        bound: MOST_TIMES_PARSER,
        from: `${requestsMs.toFixed(0)} ms, csv-parse alone ${parserMs.toFixed(0)} ms`,
      },
    ];
  },
};

function sheetOf(rows: number): string {
  const lines = ['sample,fastq_1,fastq_2'];
  for (let row = 0; row < rows; row += 1) {
    const name = `SYN-${String(row).padStart(5, '0')}`;
    const uri = (read: number) => `s3://acme-incoming/fastq/HX7FLDSX2/${name}_S1_L001_R${read}_001.fastq.gz`;
    lines.push(`${name},${uri(1)},${uri(2)}`);
  }
  return `${lines.join('\n')}\n`;
}

function timeOf(work: () => void): number {
  const begin = performance.now();
  work();
  return performance.now() - begin;
}

function check(rows: number): void {
  if (rows !== ROWS) throw new CheckFailed(`${rows} of ${ROWS} rows came out`);
}
