/** States entered for one run, counted from its execution history: for a short run, a long one and one that is retried. */
import { paginateGetExecutionHistory } from '@aws-sdk/client-sfn';
import { currentAttempt, type RequestRecord } from '../lib/runs/request-record.ts';
import { type Figure, REPETITIONS, type Row } from './figure.ts';
import { eventually, type Laptop, LISTENED_BUCKET, startLaptop } from './laptop.ts';

const MOST_AN_ATTEMPT = 8;
/** The run takes about half an hour: a tenth of a second at one speed, two rounds of reconciliation at the other. */
const SHORT_SPEED = 20_000;
const LONG_SPEED = 12;
const RETRIED = 'retried';
const SETTLE_LIMIT_MS = 300_000;

export const states: Figure = {
  name: 'states',
  async measure(say): Promise<Row[]> {
    const [short, long] = await Promise.all([endedRequests(SHORT_SPEED, true), endedRequests(LONG_SPEED, false)]);
    const rows = [
      rowOf('states of a short run', short.filter(isFirstAttempt)),
      rowOf('states of a long run', long),
      rowOf(
        'states an attempt, with a retry',
        short.filter((request) => !isFirstAttempt(request)),
      ),
    ];
    for (const { figure, from } of rows) say(`${figure}: ${from}`);
    return rows;
  },
};

interface Counted {
  readonly record: RequestRecord;
  readonly states: number;
}

/** A stack of its own, a few runs in it, and what their executions went through. */
async function endedRequests(speed: number, withRetry: boolean): Promise<readonly Counted[]> {
  const failures = [{ when: { parameters: { sample: RETRIED } }, failureReason: 'SERVICE_ERROR', times: 1 }];
  const laptop = await startLaptop({ speed, failures }, REPETITIONS);
  try {
    for (let number = 0; number < REPETITIONS; number += 1)
      await laptop.put(LISTENED_BUCKET, `cram/sample-${number}.cram`, `sample ${number}`);
    for (const read of withRetry ? [1, 2] : [])
      await laptop.put(LISTENED_BUCKET, `fastq/${RETRIED}_R${read}.fastq.gz`, `read ${read}`);
    const wanted = REPETITIONS + (withRetry ? 1 : 0);
    const records = await eventually(`the end of ${wanted} requests`, { limitMs: SETTLE_LIMIT_MS }, async () => {
      const ended = (await laptop.ledger.requests.list(2 * wanted)).filter((one) => one.announcedAt !== undefined);
      return ended.length >= wanted ? ended : undefined;
    });
    return await Promise.all(records.map(async (record) => ({ record, states: await statesOf(laptop, record) })));
  } finally {
    await laptop.stop();
  }
}

/** Of all executions of the request. */
async function statesOf({ sfn }: Laptop, { executions }: RequestRecord): Promise<number> {
  let entered = 0;
  for (const executionArn of executions) {
    for await (const page of paginateGetExecutionHistory({ client: sfn }, { executionArn }))
      entered += (page.events ?? []).filter(({ type }) => type?.endsWith('StateEntered')).length;
  }
  return entered;
}

function isFirstAttempt({ record }: Counted): boolean {
  return record.attempts.length === 1;
}

/** The largest, not the median: each run keeps the promise. */
function rowOf(figure: string, counted: readonly Counted[]): Row {
  const perAttempt = counted.map(({ record, states }) => states / record.attempts.length);
  const lengths = counted.map(({ record }) => secondsOf(record));
  const from = `${counted.length} of ${Math.max(...lengths).toFixed(1)} s at most`;
  return { figure, value: Math.max(...perAttempt), unit: 'states', bound: MOST_AN_ATTEMPT, from };
}

function secondsOf(record: RequestRecord): number {
  const { startTime = '', stopTime = '' } = currentAttempt(record);
  return (Date.parse(stopTime) - Date.parse(startTime)) / 1_000;
}
