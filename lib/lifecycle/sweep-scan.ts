/** Lists all stored runs, in pieces: what a piece listed is saved with the place where the next one goes on. */
import { isSameRun, type StoredRun, uuidPrefixOf } from '../quota/stored-run.ts';
import type { ScanProgress } from '../quota/sweep-state.ts';
import { parseRunStatus } from '../runs/run-status.ts';
import { SweepPaused } from './sweep-calls.ts';
import { loadChunks, noteTimes, owner, type Sweep, saveChunks, writeState } from './sweep-memory.ts';
import { findOwnRun, mayBeOwn } from './sweep-own-runs.ts';
import { type ListedRun, PageTokenExpired, type RunPage } from './sweep-ports.ts';

/** Pages between two saves. */
const PAGES_A_PIECE = 50;
/** More pages than any account's quota fills. */
const MOST_PAGES = 20_000;
/** Tokens that expire so often in one sweep are a fault; the next sweep tries again. */
const MOST_RESTARTS = 3;
/** The ledger is asked about so many runs at once. */
const LEDGER_CONCURRENCY = 16;

export interface Scanned {
  readonly isComplete: boolean;
  /** Whether an earlier sweep listed a part, whose statuses may be old by now. */
  readonly wasResumed: boolean;
}

/** Goes on with the scan that is under way, or begins one. Only a complete scan changes `sweep.runs`. */
export async function scanRuns(sweep: Sweep): Promise<Scanned> {
  const scan = sweep.state.scan;
  const earlier = scan === undefined ? [] : await loadChunks(sweep.ports.store, scan.chunks, sweep.owners);
  // A piece that is gone is as an expired token: the listing begins again.
  let progress = scan === undefined || earlier === undefined ? beginning(sweep, 0) : scan;
  const wasResumed = progress.pages > 0;
  const listed = new Map((earlier ?? []).map((run) => [run.runId, run]));
  for (let restart = 0; restart <= MOST_RESTARTS; restart += 1) {
    try {
      const isComplete = await listPieces(sweep, progress, listed);
      if (isComplete) replacePicture(sweep, listed);
      return { isComplete, wasResumed };
    } catch (error) {
      if (!(error instanceof PageTokenExpired)) throw error;
      sweep.ports.log.warn('the page token of the scan expired; it begins again', { pages: progress.pages });
      progress = beginning(sweep, (sweep.state.scan?.restarts ?? 0) + 1);
      listed.clear();
      await writeState(sweep, { ...sweep.state, scan: progress });
    }
  }
  return { isComplete: false, wasResumed };
}

function beginning(sweep: Sweep, restarts: number): ScanProgress {
  return { startedMs: sweep.ports.clock.nowMs(), pages: 0, listed: 0, restarts, chunks: [] };
}

/** Whether it came to the last page. @throws PageTokenExpired */
async function listPieces(sweep: Sweep, from: ScanProgress, listed: Map<string, StoredRun>): Promise<boolean> {
  let progress = from;
  let piece: StoredRun[] = [];
  const keep = async (): Promise<void> => {
    const chunks = piece.length === 0 ? [] : await saveChunks(sweep, piece, []);
    progress = { ...progress, listed: progress.listed + piece.length, chunks: [...progress.chunks, ...chunks] };
    piece = [];
    sweep.saves += 1;
    await writeState(sweep, { ...sweep.state, scan: progress });
  };
  while (progress.pages < MOST_PAGES) {
    const page = await nextPage(sweep, progress.token);
    if (page === undefined) {
      await keep();
      return false;
    }
    const runs = await recogniseAll(sweep, page.runs);
    for (const run of runs) listed.set(run.runId, run);
    for (const run of runs) piece.push(run);
    const { token: _, ...rest } = progress;
    progress = { ...rest, pages: progress.pages + 1, ...(page.token === undefined ? {} : { token: page.token }) };
    sweep.ports.progress?.({
      step: 'listing',
      done: listed.size,
      of: sweep.runs.size > 0 ? sweep.runs.size : undefined,
    });
    if (page.token === undefined) {
      sweep.state = { ...sweep.state, scan: { ...progress, listed: listed.size } };
      return true;
    }
    if (progress.pages % PAGES_A_PIECE === 0) await keep();
  }
  throw new Error(`ListRuns had more than ${MOST_PAGES} pages; the scan was given up.`);
}

/** `undefined` when no call may be made any more. */
async function nextPage(sweep: Sweep, token: string | undefined): Promise<RunPage | undefined> {
  try {
    return await sweep.calls.list(() => sweep.ports.storedRuns.page(token === undefined ? {} : { token }));
  } catch (error) {
    if (error instanceof SweepPaused) return undefined;
    throw error;
  }
}

/** The same runs in the same order. */
export async function recogniseAll(sweep: Sweep, listed: readonly ListedRun[]): Promise<StoredRun[]> {
  const runs: StoredRun[] = [];
  for (let from = 0; from < listed.length; from += LEDGER_CONCURRENCY) {
    const batch = listed.slice(from, from + LEDGER_CONCURRENCY).map((run) => recognise(sweep, run));
    // Together: of several reads that fail, none may be left for nobody to await. Most runs are known and need no read.
    const known = batch.some((run) => run instanceof Promise) ? await Promise.all(batch) : (batch as StoredRun[]);
    for (const run of known) runs.push(run);
  }
  return runs;
}

/** A listed run with what is known of it: from the picture, else from the ledger, else its mode is yet to be asked. */
function recognise(sweep: Sweep, listed: ListedRun): StoredRun | Promise<StoredRun> {
  noteTimes(sweep, listed);
  const status = parseRunStatus(listed.status) ?? 'UNKNOWN';
  const storageType = listed.storageType ?? 'UNKNOWN';
  const known = sweep.runs.get(listed.runId);
  if (known !== undefined && isSameRun(known, { createdMs: listed.createdMs, uuidPrefix: '' })) {
    if (known.status === status && known.storageType === storageType && !known.isDoubted) return known;
    return { ...known, status, storageType, isDoubted: false };
  }
  const { runId, createdMs, workflowId } = listed;
  const bare: StoredRun = {
    runId,
    createdMs,
    status,
    storageType,
    retentionMode: 'UNKNOWN',
    uuidPrefix: '',
    owner: owner(sweep, workflowId === undefined ? {} : { workflowId }),
    isDoubted: false,
  };
  return mayBeOwn(listed.name) ? ownOrBare(sweep, bare) : bare;
}

async function ownOrBare(sweep: Sweep, bare: StoredRun): Promise<StoredRun> {
  const own = await findOwnRun(sweep.ports.requests, bare);
  if (own === undefined) return bare;
  const { retentionMode, uuid } = own;
  return { ...bare, retentionMode, uuidPrefix: uuidPrefixOf(uuid), owner: owner(sweep, own.owner) };
}

/** What the scan did not find is doubted, not gone, unless its id belongs to another run by now. */
function replacePicture(sweep: Sweep, listed: Map<string, StoredRun>): void {
  for (const run of sweep.runs.values()) {
    const seen = listed.get(run.runId);
    if (seen === undefined) listed.set(run.runId, { ...run, isDoubted: true });
    else if (!isSameRun(seen, run)) sweep.gone.push(run);
  }
  const { scan, ...state } = sweep.state;
  const scanStartedMs = scan?.startedMs ?? sweep.ports.clock.nowMs();
  sweep.runs = listed;
  sweep.state = { ...state, scanStartedMs, scannedMs: sweep.ports.clock.nowMs() };
}
