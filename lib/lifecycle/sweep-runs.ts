/**
 * One sweep: brings the picture of the account's stored runs up to date, writes a snapshot of it against the quotas, and
 * tells what is worth telling. A full scan once a day; in between what the active listing and the ledger tell.
 */
import { forecastExhaustion } from '../quota/forecast.ts';
import { countOf, holdersOf, type QuotaSnapshot, retainedBounds, takeSnapshot } from '../quota/quota-snapshot.ts';
import { DurationCollector } from '../quota/run-durations.ts';
import { firstState } from '../quota/sweep-state.ts';
import { type Crossed, crossThresholds } from '../quota/thresholds.ts';
import { crossingWords, sendPending } from './announce-quota.ts';
import { followActiveRuns } from './sweep-active.ts';
import { createSweepCalls } from './sweep-calls.ts';
import { lookAtOpenQuestions, lookForRemovals } from './sweep-looks.ts';
import { loadRuns, type Sweep, SweepOvertaken, save, writeState } from './sweep-memory.ts';
import type { PruneSummary, SweepPorts, SweepRequest, SweepResult } from './sweep-ports.ts';
import { pruneRuns, settleDeletions } from './sweep-prune.ts';
import { takeQueue } from './sweep-queue.ts';
import { scanRuns } from './sweep-scan.ts';
import { readWaiting, waitingFigures } from './sweep-waiting.ts';

/** Once the picture is complete, all runs are listed at most so often. A little less than a day, so that it stays at one hour of the day. */
const SCAN_EVERY_MS = 23.75 * 3_600_000;
/** What writing down takes after the last call. A lease that outlives its sweep by a minute delays nobody. */
const LEASE_SLACK_MS = 60_000;

export async function sweepRuns(ports: SweepPorts, request: SweepRequest = {}): Promise<SweepResult> {
  const holder = ports.newId();
  const times = { nowMs: ports.clock.nowMs(), untilMs: ports.deadlineMs + LEASE_SLACK_MS };
  if (!(await ports.store.acquireLease(holder, times))) return { outcome: 'busy', listCalls: 0, getCalls: 0 };
  try {
    return await sweepUnderLease(ports, request);
  } finally {
    await ports.store.releaseLease(holder);
  }
}

async function sweepUnderLease(ports: SweepPorts, request: SweepRequest): Promise<SweepResult> {
  const sweep = await beginSweep(ports);
  if (sweep === undefined) return { outcome: 'overtaken', listCalls: 0, getCalls: 0 };
  try {
    await loadRuns(sweep);
    await settleDeletions(sweep);
    const basis = await updatePicture(sweep, request);
    if (basis === undefined) return { outcome: 'unfinished', ...sweep.calls.count() };
    const pruned = await prune(sweep, basis);
    const snapshot = await report(sweep, basis);
    const { storedRuns, storedRunsQuota, unknownRetention } = snapshot;
    const counts = { storedRuns, storedRunsQuota, unknownRetention, ...sweep.calls.count() };
    return { outcome: 'done', basis, ...counts, ...(pruned === undefined ? {} : { pruned }) };
  } catch (error) {
    if (!(error instanceof SweepOvertaken)) throw error;
    ports.log.warn('another sweep took over', { fence: sweep.state.fence });
    return { outcome: 'overtaken', ...sweep.calls.count() };
  }
}

/** The lease keeps sweeps apart; the fence keeps out one that outlived its lease. */
async function beginSweep(ports: SweepPorts): Promise<Sweep | undefined> {
  const before = await ports.store.readState();
  const first = before ?? firstState(ports.newId());
  if (!(await ports.store.raiseFence(before, first))) return undefined;
  const quotas = await ports.quotas.all();
  const sawApplied = quotas.storedRuns.source === 'applied' ? { sawAppliedQuota: true } : {};
  const state = { ...first, ...sawApplied, fence: first.fence + 1 };
  const calls = createSweepCalls(ports);
  return {
    ports,
    calls,
    quotas,
    state,
    saved: state,
    runs: new Map(),
    owners: new Map(),
    gone: [],
    startedMs: new Map(),
    durations: new DurationCollector(await ports.store.readDurations()),
    pruned: new Set(),
    saves: 0,
  };
}

/** What the picture is made of now; `undefined` when there is none yet, or the scan that is due could not be finished. */
async function updatePicture(
  sweep: Sweep,
  { scan = false }: SweepRequest,
): Promise<QuotaSnapshot['basis'] | undefined> {
  const { scannedMs } = sweep.state;
  const isDue = scannedMs === undefined || sweep.ports.clock.nowMs() - scannedMs >= SCAN_EVERY_MS;
  if (scan || isDue || sweep.state.scan !== undefined) return scanAll(sweep);
  await followActiveRuns(sweep);
  await lookForRemovals(sweep);
  await lookAtOpenQuestions(sweep);
  // What others delete is seen by a scan only: before a threshold is taken to be passed, all runs are listed.
  return passesThreshold(sweep) ? scanAll(sweep) : 'between';
}

async function scanAll(sweep: Sweep): Promise<'scan' | undefined> {
  const { isComplete, wasResumed } = await scanRuns(sweep);
  if (!isComplete) return undefined;
  await save(sweep);
  if (wasResumed) await followActiveRuns(sweep);
  await lookAtOpenQuestions(sweep);
  return 'scan';
}

/** In either direction. */
function passesThreshold(sweep: Sweep): boolean {
  const { crossings } = crossingsOf(sweep, pictureNow(sweep, 'between'));
  return crossings !== sweep.state.crossings;
}

function pictureNow({ ports, quotas, runs, state }: Sweep, basis: QuotaSnapshot['basis']): QuotaSnapshot {
  const takenMs = ports.clock.nowMs();
  return takeSnapshot(runs.values(), quotas, { takenMs, scannedMs: state.scannedMs ?? takenMs, basis });
}

/** Nothing is concluded from a default where the account's own quota is known to be another. */
function crossingsOf({ ports, state }: Sweep, snapshot: QuotaSnapshot): Crossed {
  const isFallback = snapshot.quotas.storedRuns.source !== 'applied' && state.sawAppliedQuota === true;
  if (isFallback) return { crossings: state.crossings, passed: [] };
  return crossThresholds(state.crossings, retainedBounds(snapshot), ports.thresholds);
}

/** A dry run looks once a day, after the scan: what it finds does not change from sweep to sweep. */
async function prune(sweep: Sweep, basis: QuotaSnapshot['basis']): Promise<PruneSummary | undefined> {
  const { prune: ports } = sweep.ports;
  if (ports === undefined || (ports.rules.dryRun && basis !== 'scan')) return undefined;
  return pruneRuns(sweep);
}

async function report(sweep: Sweep, basis: QuotaSnapshot['basis']): Promise<QuotaSnapshot> {
  const { ports } = sweep;
  const snapshot = pictureNow(sweep, basis);
  const takenMs = Date.parse(snapshot.takenAt);
  await save(sweep);
  const { days, sweeperId } = sweep.state;
  const retained = countOf(snapshot, 'RETAIN');
  const forecast = forecastExhaustion({ days, retained, quota: snapshot.storedRunsQuota, nowMs: takenMs });
  const unchanged: Crossed = { crossings: sweep.state.crossings, passed: [] };
  // Pruning may pass one, too: the next sweep finds out.
  const { crossings, passed } = basis === 'scan' ? crossingsOf(sweep, snapshot) : unchanged;
  const words = passed.flatMap((crossing) => crossingWords({ sweeperId, ...crossing, snapshot, forecast }));
  // Decided here, under the fence; sent below, as often as it takes.
  if (crossings !== sweep.state.crossings)
    await writeState(sweep, { ...sweep.state, crossings, pending: [...sweep.state.pending, ...words] });
  await ports.snapshots.write(snapshot);
  await ports.store.writeHolders(holdersOf(sweep.runs.values()));
  const waiting = await readWaiting(ports);
  await ports.store.writeQueue(await takeQueue(sweep, waiting));
  if (sweep.durations.hasChanged) await ports.store.writeDurations(sweep.durations.durations());
  ports.metrics.publish({ snapshot, forecast, waiting: waitingFigures(waiting, takenMs) });
  await sendPending(sweep);
  return snapshot;
}
