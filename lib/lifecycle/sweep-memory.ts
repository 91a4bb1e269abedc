/** One sweep's working memory: the stored runs as last known, loaded from the ledger and saved there. */
import type { Sweeps } from '../ledger/sweeps.ts';
import { type GoneHow, howGone, remainingOf } from '../quota/gone-runs.ts';
import type { AccountQuotas } from '../quota/quota-snapshot.ts';
import { updateDays } from '../quota/retain-days.ts';
import type { DurationCollector } from '../quota/run-durations.ts';
import { internOwner, type RunOwner, readChunk, type StoredRun, writeChunks } from '../quota/stored-run.ts';
import { type ChunkName, chunkKeysOf, type PendingWord, type SweepState } from '../quota/sweep-state.ts';
import { opaqueId } from '../runs/identity.ts';
import type { SweepCalls } from './sweep-calls.ts';
import { findOwnRun, type OwnRun } from './sweep-own-runs.ts';
import type { ListedRun, SweepPorts } from './sweep-ports.ts';

export interface Sweep {
  readonly ports: SweepPorts;
  readonly calls: SweepCalls;
  readonly quotas: AccountQuotas;
  state: SweepState;
  /** The state as it is in the ledger. */
  saved: SweepState;
  /** By id: at any moment an id belongs to one run. */
  runs: Map<string, StoredRun>;
  readonly owners: Map<string, RunOwner>;
  /** Positively known to be gone, and not yet written down. */
  gone: StoredRun[];
  /** When each active run started, as far as this sweep saw it. */
  readonly startedMs: Map<string, number>;
  readonly durations: DurationCollector;
  /** Runs that pruning deleted, by `prunedName`. */
  readonly pruned: Set<string>;
  /** How often it was saved. */
  saves: number;
}

/** A later sweep has taken over: this one must not write any more. */
export class SweepOvertaken extends Error {
  override readonly name = 'SweepOvertaken';
}

/** Chunks expire 60 days after they were written: those in use are written anew in time. */
const REWRITE_AFTER_MS = 20 * 24 * 3_600_000;
const RUNS_GONE = 'Stored Runs Gone';
/** So many of our runs are named in one announcement; the ledger has them all. */
const MOST_NAMED = 50;
/** Words that a bus which is ill for long leaves unsent: they lie in the state's item, which may have 400 KB. */
const MOST_PENDING = 100;
const MOST_PENDING_CHARACTERS = 200_000;

/** Loads the picture. A chunk that is missing, because no sweep ran for a long time, means to begin again. */
export async function loadRuns(sweep: Sweep): Promise<void> {
  const runs = await loadChunks(sweep.ports.store, sweep.state.chunks, sweep.owners);
  if (runs !== undefined) {
    sweep.runs = new Map(runs.map((run) => [run.runId, run]));
    return;
  }
  sweep.ports.log.warn('the picture of the stored runs is incomplete in the ledger; it is made anew');
  const { scannedMs: _scanned, scanStartedMs: _started, scan: _scan, ...state } = sweep.state;
  sweep.state = { ...state, chunks: [] };
}

/** `undefined` when one is missing. */
export async function loadChunks(
  store: Pick<Sweeps, 'readChunk'>,
  chunks: readonly ChunkName[],
  owners: Map<string, RunOwner> = new Map(),
): Promise<StoredRun[] | undefined> {
  const runs: StoredRun[] = [];
  for (const { key } of chunks) {
    const text = await store.readChunk(key);
    if (text === undefined) return undefined;
    for (const run of readChunk(text, owners)) runs.push(run);
  }
  return runs;
}

/** What a sighting tells of how long runs take. */
export function noteTimes(sweep: Sweep, run: ListedRun): void {
  sweep.durations.add({ ...run, startedMs: run.startedMs, stoppedMs: run.stoppedMs });
  if (run.startedMs !== undefined && run.stoppedMs === undefined) sweep.startedMs.set(run.runId, run.startedMs);
}

export function owner(sweep: Sweep, who: RunOwner): RunOwner {
  return internOwner(who, sweep.owners);
}

/** Writes what changed: first the chunks, under names that are never used twice, then the state, unless overtaken. @throws SweepOvertaken */
export async function save(sweep: Sweep): Promise<void> {
  const nowMs = sweep.ports.clock.nowMs();
  sweep.saves += 1;
  const word = await settleGone(sweep);
  const deletedNow = sweep.gone.filter(({ retentionMode }) => retentionMode === 'RETAIN').length;
  const pending = atMost([...sweep.state.pending, ...word]);
  const days = updateDays(sweep.state.days, sweep.runs.values(), { nowMs, deletedNow });
  const chunks = await saveChunks(sweep, sweep.runs.values(), sweep.state.chunks);
  await writeState(sweep, { ...sweep.state, days, pending, chunks });
  sweep.gone = [];
}

/** The oldest news of runs that are gone goes first: the ledger has it. What crossings have to say stays. */
function atMost(words: readonly PendingWord[]): PendingWord[] {
  let left = words.length;
  let characters = words.reduce((sum, word) => sum + JSON.stringify(word).length, 0);
  return words.filter((word) => {
    const fits = left <= MOST_PENDING && characters <= MOST_PENDING_CHARACTERS;
    if (fits || word.detailType !== RUNS_GONE) return true;
    left -= 1;
    characters -= JSON.stringify(word).length;
    return false;
  });
}

/** @throws SweepOvertaken */
export async function writeState(sweep: Sweep, state: SweepState): Promise<void> {
  if (!(await sweep.ports.store.writeState(state)))
    throw new SweepOvertaken(`A later sweep than number ${state.fence} is under way.`);
  const inUse = chunkKeysOf(state);
  const before = chunkKeysOf(sweep.saved);
  sweep.state = state;
  sweep.saved = state;
  for (const key of before) if (!inUse.has(key)) await sweep.ports.store.removeChunk(key);
}

/** Chunks whose text is as before stay as they are. */
export async function saveChunks(
  sweep: Sweep,
  runs: Iterable<StoredRun>,
  before: readonly ChunkName[],
): Promise<ChunkName[]> {
  const nowMs = sweep.ports.clock.nowMs();
  const known = new Map(before.map((chunk) => [chunk.hash, chunk]));
  const names: ChunkName[] = [];
  for (const { text, hash } of writeChunks(runs)) {
    const kept = known.get(hash);
    if (kept !== undefined && nowMs - kept.writtenMs < REWRITE_AFTER_MS) {
      names.push(kept);
      continue;
    }
    const key = `${sweep.state.fence}-${sweep.saves}-${names.length}-${hash}`;
    await sweep.ports.store.writeChunk(key, text, nowMs);
    names.push({ key, hash, writtenMs: nowMs });
  }
  return names;
}

export function prunedName({ runId, uuidPrefix }: Pick<StoredRun, 'runId' | 'uuidPrefix'>): string {
  return `${runId} ${uuidPrefix}`;
}

/** Our runs that are gone get a note beside their record, and the word of it goes out with the state. */
async function settleGone(sweep: Sweep): Promise<PendingWord[]> {
  const { gone, ports, state } = sweep;
  if (gone.length === 0) return [];
  const remaining = remainingOf(sweep.runs.values(), sweep.runs.size, sweep.quotas.storedRuns.value);
  const counts: Record<string, Record<string, number>> = {};
  const ours: { run: StoredRun; how: GoneHow }[] = [];
  for (const run of gone) {
    const how = sweep.pruned.has(prunedName(run)) ? 'pruned' : howGone(run, remaining, gone.length);
    counts[run.retentionMode] ??= {};
    const byHow = counts[run.retentionMode] ?? {};
    byHow[how] = (byHow[how] ?? 0) + 1;
    if (run.owner.route !== undefined) ours.push({ run, how });
  }
  const named: Readonly<Record<string, unknown>>[] = [];
  for (const { run, how } of ours) {
    const own = await findOwnRun(ports.requests, run);
    if (own === undefined) continue;
    await noteGone(sweep, own, how);
    const { identity: request, attempt, runId, uuid } = own;
    if (named.length < MOST_NAMED) named.push({ request, attempt, runId, uuid, how });
  }
  const name = { announcement: RUNS_GONE, sweeper: state.sweeperId, fence: state.fence, save: sweep.saves };
  const detail = { version: '1', eventId: opaqueId(name), gone: gone.length, counts, ours: ours.length, runs: named };
  return [{ detailType: RUNS_GONE, detail }];
}

async function noteGone({ ports }: Sweep, own: OwnRun, how: GoneHow): Promise<void> {
  const { identity, attempt, runId, uuid } = own;
  const noticedAt = new Date(ports.clock.nowMs()).toISOString();
  await ports.snapshots.noteGone({ identity, attempt, runId, uuid, noticedAt, how });
}
