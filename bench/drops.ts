/** Run requests dropped by the thousand until each run is COMPLETED and announced, against PUTs alone. */
import type { RunListItem } from '@aws-sdk/client-omics';
import { currentAttempt, type RequestRecord } from '../lib/runs/request-record.ts';
import { CheckFailed, type Figure, median, REPETITIONS, type Row } from './figure.ts';
import { eventually, type Laptop, LISTENED_BUCKET, startLaptop, UNHEARD_BUCKET } from './laptop.ts';

const DROPS = 1_000;
const CONCURRENCY = 32;
/** A run's own time must not count: an hour passes in less than a millisecond. */
const SPEED = 10_000_000;
/** StartRun calls a second, active runs by storage type, and stored runs. */
const LIFTED_QUOTAS = { 'L-24A3B174': 1e6, 'L-BE38079A': 1e6, 'L-A30FD31B': 1e6, 'L-C9679DBC': 1e6 };
const WARM_UP = 32;
/** What every run reads: a request whose input is missing is refused. */
const INPUT_KEY = 'inputs/sample.cram';
const RUN_REQUEST = JSON.stringify({
  workflowId: '3333333',
  parameters: { input: `s3://${UNHEARD_BUCKET}/${INPUT_KEY}` },
});
/** Seldom, because to look costs the stack time that is measured. */
const LOOK_MS = 4_000;
const SETTLE_LIMIT_MS = 300_000;

export const drops: Figure = {
  name: 'drops',
  async measure(say): Promise<Row[]> {
    const putsPerSecond: number[] = [];
    const dropsPerSecond: number[] = [];
    for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
      const laptop = await startLaptop({ speed: SPEED, quotas: LIFTED_QUOTAS }, CONCURRENCY);
      try {
        await laptop.put(UNHEARD_BUCKET, INPUT_KEY, 'reads');
        await dropAll(laptop, keysOf('warm-up', WARM_UP));
        await settled(laptop, WARM_UP);
        putsPerSecond.push(await timePuts(laptop));
        dropsPerSecond.push(await timeDrops(laptop));
      } finally {
        await laptop.stop();
      }
      say(
        `drops ${repetition + 1}: ${perSecond(dropsPerSecond.at(-1))} drops, ${perSecond(putsPerSecond.at(-1))} PUTs`,
      );
    }
    const value = median(dropsPerSecond.map((rate, at) => rate / (putsPerSecond[at] ?? Number.NaN)));
    const from = `${perSecond(median(dropsPerSecond))} drops to COMPLETED, ${perSecond(median(putsPerSecond))} PUTs alone`;
    return [{ figure: `${DROPS} drops`, value, unit: '×', from }];
  },
};

function perSecond(rate: number | undefined): string {
  return `${(rate ?? 0).toFixed(0)}/s`;
}

function keysOf(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, number) => `requests/${kind}-${number}.json`);
}

/** Objects of the very size of a drop, where nothing happens. */
async function timePuts(laptop: Laptop): Promise<number> {
  const startedMs = performance.now();
  await putAll(laptop, UNHEARD_BUCKET, keysOf('timed', DROPS));
  return (DROPS * 1_000) / (performance.now() - startedMs);
}

/** The clock of the ledger is this machine's, so the end is known to the millisecond without looking often. */
async function timeDrops(laptop: Laptop): Promise<number> {
  const startedMs = Date.now();
  const keys = keysOf('timed', DROPS);
  await dropAll(laptop, keys);
  const requests = await settled(laptop, WARM_UP + DROPS);
  await check(laptop, [...keysOf('warm-up', WARM_UP), ...keys], requests);
  const endedMs = Math.max(...requests.map(({ announcedAt = '' }) => Date.parse(announcedAt)));
  return (DROPS * 1_000) / (endedMs - startedMs);
}

function dropAll(laptop: Laptop, keys: readonly string[]): Promise<void> {
  return putAll(laptop, LISTENED_BUCKET, keys);
}

async function putAll(laptop: Laptop, bucket: string, keys: readonly string[]): Promise<void> {
  const left = keys.values();
  const putOnesLeft = async () => {
    for (const key of left) await laptop.put(bucket, key, RUN_REQUEST);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, putOnesLeft));
}

/** Every request once `count` of them have ended and are announced. */
async function settled(laptop: Laptop, count: number): Promise<readonly RequestRecord[]> {
  return eventually(`${count} requests at their end`, { everyMs: LOOK_MS, limitMs: SETTLE_LIMIT_MS }, async () => {
    const requests = await laptop.ledger.requests.list(2 * count);
    const isOver = requests.length >= count && requests.every(({ announcedAt }) => announcedAt !== undefined);
    return isOver ? requests : undefined;
  });
}

/** None lost, none doubled: one drop, one request, one attempt, one run each, and the same in the ledger and in HealthOmics. */
async function check(laptop: Laptop, keys: readonly string[], requests: readonly RequestRecord[]): Promise<void> {
  const [dropRecords, runs] = await Promise.all([laptop.ledger.drops.list(2 * keys.length), laptop.runs()]);
  expectSame(
    'dropped keys in the ledger',
    dropRecords.map(({ key }) => key),
    keys,
  );
  const taken = dropRecords.map(({ identity = 'none' }) => identity);
  expectSame(
    'requests of the drops',
    requests.map(({ identity }) => identity),
    taken,
  );
  expectSame('runs of the requests', requests.map(runOf), runs.map(idOf));
  const odd = requests.filter(({ outcome, attempts }) => outcome !== 'COMPLETED' || attempts.length !== 1);
  const unfinished = runs.filter(({ status }) => status !== 'COMPLETED');
  if (odd.length + unfinished.length > 0)
    throw new CheckFailed(
      `${odd.length} requests and ${unfinished.length} runs did not complete at the first attempt.`,
    );
}

function runOf(record: RequestRecord): string {
  return currentAttempt(record).runId ?? 'none';
}

function idOf({ id = 'none' }: RunListItem): string {
  return id;
}

function expectSame(what: string, found: readonly string[], expected: readonly string[]): void {
  const doubled = found.length - new Set(found).size;
  const lost = expected.filter((one) => !found.includes(one)).length;
  if (doubled === 0 && lost === 0 && found.length === expected.length) return;
  throw new CheckFailed(`${what}: ${found.length} for ${expected.length}, ${lost} lost, ${doubled} doubled.`);
}
