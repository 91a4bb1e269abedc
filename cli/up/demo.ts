/** The bundled examples: dropped through S3 like any file, and judged by what the ledger says of them. */
import type { S3Client } from '@aws-sdk/client-s3';
import { type Example, RETRIED_SAMPLE } from '../../examples/demo.ts';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import type { RequestRecord } from '../../lib/runs/request-record.ts';
import { statusOf } from '../rows.ts';
import type { FailureRule } from './options.ts';

/** Why the run of one example fails at first. */
export const DEMO_FAILURES: readonly FailureRule[] = [
  { when: { parameters: { fastq_1: `*${RETRIED_SAMPLE}*` } }, failureReason: 'SERVICE_ERROR', times: 1 },
];

/** Uploads every object of the examples, in their order. */
export async function dropExamples(s3: S3Client, examples: readonly Example[]): Promise<void> {
  const { PutObjectCommand } = await import('@aws-sdk/client-s3');
  for (const { objects } of examples) {
    for (const { bucket, key, body } of objects)
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
  }
}

export interface Verdict {
  readonly title: string;
  readonly expected: string;
  /** What is so now. */
  readonly found: string;
  readonly ok: boolean;
  /** Whether time can still change it. */
  readonly open: boolean;
}

/** Drops looked through for those of the examples; the newest ones. */
const LISTED_DROPS = 500;
const LISTED_SETS = 200;

/** Compares what the ledger says with what each example expects. */
export async function judgeExamples(
  ledger: Pick<Ledger, 'drops' | 'requests' | 'gathers'>,
  examples: readonly Example[],
): Promise<Verdict[]> {
  const [drops, sets] = await Promise.all([
    ledger.drops.list(LISTED_DROPS),
    ledger.gathers.open('GATHERING', LISTED_SETS),
  ]);
  const byObject = new Map([...drops].reverse().map((drop) => [`${drop.bucket}/${drop.key}`, drop]));
  const requests = new Map<string, RequestRecord>();
  for (const identity of new Set(drops.map((drop) => drop.identity).filter((known) => known !== undefined))) {
    const record = await ledger.requests.read(identity);
    if (record !== undefined) requests.set(identity, record);
  }
  return examples.map((example) => {
    const found = example.objects.map(({ bucket, key }) => byObject.get(`${bucket}/${key}`));
    const rejected = found.find((drop) => drop?.state === 'REJECTED' || drop?.state === 'SUPERSEDED');
    const { title, expected } = example;
    if (rejected !== undefined) {
      const why = `${rejected.state}: ${rejected.reason ?? 'no reason'}`;
      return { title, expected: describeExpected(example), found: why, ok: false, open: false };
    }
    if (expected.kind === 'run') {
      return judgeRun(example, expected, new Set(found.map((drop) => drop?.identity)), requests);
    }
    const waits = found.every((drop) => drop?.state === 'GATHERING');
    const set = sets.find(({ route, missing }) => route === found[0]?.route && missing.join(', ') === expected.missing);
    const missing = set?.missing.join(', ');
    const ok = waits && missing !== undefined;
    return {
      title,
      expected: describeExpected(example),
      found: missing ? `waiting for ${missing}` : 'not seen yet',
      ok,
      open: !ok,
    };
  });
}

function judgeRun(
  example: Example,
  wanted: Extract<Example['expected'], { kind: 'run' }>,
  identities: ReadonlySet<string | undefined>,
  requests: ReadonlyMap<string, RequestRecord>,
): Verdict {
  const base = { title: example.title, expected: describeExpected(example) };
  const [identity] = identities;
  const record = identity === undefined ? undefined : requests.get(identity);
  if (identities.size > 1 || record === undefined) return { ...base, found: 'no run yet', ok: false, open: true };
  const found = `${statusOf(record)} at attempt ${record.attempts.length}`;
  if (record.outcome === undefined) return { ...base, found, ok: false, open: true };
  return {
    ...base,
    found,
    ok: record.outcome === wanted.outcome && record.attempts.length === wanted.attempts,
    open: false,
  };
}

function describeExpected({ expected }: Example): string {
  if (expected.kind === 'waiting') return `waiting for ${expected.missing}`;
  return `${expected.outcome} at attempt ${expected.attempts}`;
}
