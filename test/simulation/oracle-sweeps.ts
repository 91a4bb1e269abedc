/** The sweeper's promises, when it has come among all other steps: what it deleted, what it announced, and its last picture. */
import { evidenceProblems } from '../support/schemas.ts';
import type { RequestData, Violate } from './oracle-ledger.ts';
import type { SimulatedRun } from './simulated-omics.ts';
import { retentionModeOf } from './simulated-sweeps.ts';
import type { World } from './world.ts';

/** Clocks of functions differ by this much at most. */
const SKEW_MS = 5_000;

/** Whenever it is asked. */
export function checkDeleted(world: World, requests: readonly RequestData[], violate: Violate): void {
  for (const run of world.omics.deleted) {
    checkRules(world, run, violate);
    const text = world.evidence.kept.get(`runs/${run.uuid}.json`);
    const problems = text === undefined ? ['is not there'] : evidenceProblems(JSON.parse(text));
    for (const problem of problems) violate(`3: run ${run.uuid} was deleted, and its evidence ${problem}`);
    if (world.store.get({ pk: `DELETION#${run.uuid}`, sk: 'DELETION' }) === undefined)
      violate(`3: run ${run.uuid} was deleted, and the ledger does not say so`);
    checkOwner(run, requests, violate);
  }
}

function checkRules({ sweeper }: World, run: SimulatedRun, violate: Violate): void {
  const { olderThanMs, statuses, keepTag } = sweeper?.rules.ours ?? {};
  const { uuid, status, endedMs = Number.POSITIVE_INFINITY, removedMs = 0, tags } = run;
  const isRight =
    statuses?.some((one) => one === status) &&
    retentionModeOf(run) === 'RETAIN' &&
    removedMs - endedMs >= (olderThanMs ?? Number.POSITIVE_INFINITY) - SKEW_MS &&
    !Object.hasOwn(tags, keepTag ?? '');
  if (!isRight) violate(`3: run ${uuid} (${status}) was deleted, and the rules do not name it`);
}

/** Nobody follows it any more: its outcome is on record and stays. */
function checkOwner({ uuid, status }: SimulatedRun, requests: readonly RequestData[], violate: Violate): void {
  const owner = requests.find(({ attempts }) => attempts.some((attempt) => attempt.uuid === uuid));
  const attempt = owner?.attempts.find((one) => one.uuid === uuid);
  if (attempt !== undefined && attempt.outcome !== status)
    violate(`3: run ${uuid} was deleted as ${status}, and request ${owner?.identity} says ${attempt.outcome}`);
}

/** After a last complete sweep. */
export function checkSwept(world: World, violate: Violate): void {
  if (world.sweeper === undefined) return;
  const items = [...world.store.items.values()];
  for (const { pk, state } of items)
    if (String(pk).startsWith('DELETION#') && state === 'INTENDED') violate(`3: ${pk} was never settled`);
  checkCrossings(world, violate);
  const last = items
    .filter(({ pk }) => pk === 'SNAPSHOT')
    .sort((a, b) => (String(a.sk) < String(b.sk) ? -1 : 1))
    .at(-1);
  const truth: Record<string, Record<string, number>> = {};
  for (const run of world.omics.stored()) {
    const mode = retentionModeOf(run);
    const byStatus = truth[mode] ?? {};
    truth[mode] = byStatus;
    byStatus[run.status] = (byStatus[run.status] ?? 0) + 1;
  }
  const said = JSON.stringify(sorted(last?.byRetentionMode ?? {}));
  if (said !== JSON.stringify(sorted(truth)))
    violate(`3: the last picture says ${said}, HealthOmics ${JSON.stringify(sorted(truth))}`);
}

/** 8: one eventId a crossing, each told to programs and to people. */
function checkCrossings({ announced, notices, store }: World, violate: Violate): void {
  const state = store.get({ pk: 'SWEEP', sk: 'STATE' });
  const crossings = (state?.crossings ?? {}) as Readonly<Record<string, { readonly number: number }>>;
  const crossed = announced.filter(({ detailType }) => detailType === 'Quota Threshold Crossed');
  const told = new Set(notices.map(({ eventId }) => eventId));
  for (const { detail } of crossed)
    if (!told.has(String(detail.eventId))) violate(`8: people were not told of the crossing ${detail.eventId}`);
  for (const threshold of new Set(crossed.map(({ detail }) => String(detail.thresholdPercent)))) {
    const same = crossed.filter(({ detail }) => String(detail.thresholdPercent) === threshold);
    const ids = new Set(same.map(({ detail }) => detail.eventId));
    if (ids.size !== crossings[threshold]?.number)
      violate(`8: ${ids.size} eventIds for ${crossings[threshold]?.number} crossings of ${threshold} %`);
  }
}

function sorted(counts: unknown): unknown {
  if (typeof counts !== 'object' || counts === null) return counts;
  return Object.entries(counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, sorted(value)]);
}
