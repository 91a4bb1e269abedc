/** A hundred thousand stored runs: what they weigh, and what a call costs beside them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Figure, median, REPETITIONS, type Row } from './figure.ts';
import { type OmicsChild, startOmicsChild, startRunCall } from './omics-client.ts';
import { residentMb } from './rundrop-process.ts';

const MANY = 100_000;
const FEW = 1_000;
const MOST_MB = 300;
const MOST_TIMES = 1.5;
/** Runs end within milliseconds, so that nearly all are stored and none is active. */
const SPEED = 10_000_000;
const LIFTED_QUOTAS = { 'L-BE38079A': 1e6 };
const SETTLING_MS = 5_000;
const PAGES = 10;
const WALKS = 10;
const GETS = 3_000;

export const omicsManyRuns: Figure = {
  name: 'omics-many-runs',
  async measure(say): Promise<Row[]> {
    const few = await startOmicsChild({ settings: { speed: SPEED }, quotas: LIFTED_QUOTAS });
    const many = await startOmicsChild({ settings: { speed: SPEED }, quotas: LIFTED_QUOTAS });
    try {
      const idleMb = residentMb(many.pid);
      const idsOfFew = await fill(few, FEW);
      const idsOfMany = await fill(many, MANY);
      const fullMb = residentMb(many.pid);
      await sleep(SETTLING_MS);
      const mb = residentMb(many.pid);
      say(`${MANY} runs: ${mb.toFixed(0)} MB, ${fullMb.toFixed(0)} MB while they came, ${idleMb.toFixed(0)} MB before`);
      return [
        {
          figure: `memory of ${MANY} runs`,
          value: Math.max(mb, fullMb),
          unit: 'MB',
          bound: MOST_MB,
          from: `${mb.toFixed(0)} MB at rest, ${fullMb.toFixed(0)} MB while they came, ${idleMb.toFixed(0)} MB before`,
        },
        await compared(say, 'a ListRuns page', [() => walkPages(few), () => walkPages(many)]),
        await compared(say, 'a GetRun', [() => getRuns(few, idsOfFew), () => getRuns(many, idsOfMany)]),
      ];
    } finally {
      await Promise.all([few.stop(), many.stop()]);
    }
  },
};

/** Through the API; resolves to the ids. */
async function fill(omics: OmicsChild, count: number): Promise<readonly string[]> {
  await omics.rate(count, (number) => startRunCall(number, number % 2 === 0 ? 'RETAIN' : 'REMOVE'));
  const ids: string[] = [];
  let next: string | undefined;
  // A page more than is needed would mean that the list does not end.
  for (let page = 0; page <= count / 100; page += 1) {
    const listed = await listPage(omics, next);
    ids.push(...listed.items.map(({ id }) => id));
    next = listed.nextToken;
    if (next === undefined) break;
  }
  return ids;
}

interface ListedPage {
  readonly items: readonly { readonly id: string }[];
  readonly nextToken?: string;
}

async function listPage(omics: OmicsChild, token: string | undefined): Promise<ListedPage> {
  const path = `/run?maxResults=100${token === undefined ? '' : `&startingToken=${token}`}`;
  return JSON.parse(await omics.call({ method: 'GET', path })) as ListedPage;
}

async function walkPages(omics: OmicsChild): Promise<void> {
  for (let walk = 0; walk < WALKS; walk += 1) {
    let next: string | undefined;
    for (let page = 0; page < PAGES; page += 1) next = (await listPage(omics, next)).nextToken;
  }
}

async function getRuns(omics: OmicsChild, ids: readonly string[]): Promise<void> {
  const stride = Math.max(1, Math.floor(ids.length / GETS));
  await omics.rate(GETS, (number) => ({ method: 'GET', path: `/run/${ids[(number * stride) % ids.length]}` }));
}

type Work = () => Promise<void>;

async function compared(say: (line: string) => void, what: string, [few, many]: readonly [Work, Work]): Promise<Row> {
  const ratios: number[] = [];
  await few();
  await many();
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    const fewMs = await timed(few);
    const manyMs = await timed(many);
    ratios.push(manyMs / fewMs);
    say(`${what} ${repetition + 1}: ${fewMs.toFixed(0)} ms beside ${FEW} runs, ${manyMs.toFixed(0)} ms beside ${MANY}`);
  }
  const value = median(ratios);
  const from = `cost beside ${MANY} stored runs against the same beside ${FEW}`;
  return { figure: `${what}, ${MANY} runs`, value, unit: '×', bound: MOST_TIMES, from };
}

async function timed(work: Work): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
