/** Between two scans: what the listing of active runs and the ledger tell of runs that came, moved on or ended. */
import { isActive, isSameRun, type StoredRun, uuidPrefixOf } from '../quota/stored-run.ts';
import type { AttemptRecord, RequestRecord } from '../runs/request-record.ts';
import { ACTIVE_RUN_STATUSES, advances, parseRunStatus } from '../runs/run-status.ts';
import { SweepPaused } from './sweep-calls.ts';
import { lookAt } from './sweep-looks.ts';
import { owner, type Sweep } from './sweep-memory.ts';
import { findOwnRun, type OwnRun, ownerOf, ownRunOf } from './sweep-own-runs.ts';
import { PageTokenExpired } from './sweep-ports.ts';
import { recogniseAll } from './sweep-scan.ts';

/** More pages than active runs can fill. */
const MOST_PAGES = 1_000;
/** So many of our newest requests are looked through for runs that came and ended between two sweeps. */
const NEWEST_REQUESTS = 400;

export async function followActiveRuns(sweep: Sweep): Promise<void> {
  const active = await listActive(sweep);
  await addOwnRuns(sweep);
  if (active === undefined) return;
  for (const run of [...sweep.runs.values()]) {
    if (!isActive(run) || active.has(run.runId) || sweep.runs.get(run.runId) !== run) continue;
    if (await endIsInLedger(sweep, run)) continue;
    if (!(await lookAt(sweep, run))) return;
  }
}

/** In the order in which a run moves, so that none is missed. `undefined` when not all could be listed. */
async function listActive(sweep: Sweep): Promise<ReadonlySet<string> | undefined> {
  const active = new Set<string>();
  try {
    for (const status of ACTIVE_RUN_STATUSES) {
      let token: string | undefined;
      for (let number = 0; number < MOST_PAGES; number += 1) {
        const from = token === undefined ? { status } : { status, token };
        const page = await sweep.calls.list(() => sweep.ports.storedRuns.page(from));
        for (const run of await recogniseAll(sweep, page.runs)) {
          active.add(run.runId);
          put(sweep, run);
        }
        token = page.token;
        if (token === undefined) break;
      }
    }
    return active;
  } catch (error) {
    // Nothing is concluded from half a listing.
    if (error instanceof SweepPaused || error instanceof PageTokenExpired) return undefined;
    throw error;
  }
}

/** A run under an id that another one had means that the other is gone. */
function put(sweep: Sweep, run: StoredRun): void {
  const known = sweep.runs.get(run.runId);
  if (known !== undefined && !isSameRun(known, run)) sweep.gone.push(known);
  sweep.runs.set(run.runId, run);
}

async function addOwnRuns(sweep: Sweep): Promise<void> {
  for (const record of await sweep.ports.requests.list(NEWEST_REQUESTS)) {
    for (const attempt of record.attempts) {
      addDuration(sweep, record, attempt);
      const own = attempt.outcome === 'REMOVED' ? undefined : ownRunOf(record, attempt);
      if (own !== undefined) addOwnRun(sweep, own);
    }
  }
}

/** Runs that ended between two sweeps are listed by no one: the ledger has their times. */
function addDuration(sweep: Sweep, record: RequestRecord, { creationTime, startTime, stopTime }: AttemptRecord): void {
  if (creationTime === undefined || startTime === undefined || stopTime === undefined) return;
  const { workflowId } = ownerOf(record);
  const [createdMs = 0, startedMs, stoppedMs] = [creationTime, startTime, stopTime].map((time) => Date.parse(time));
  sweep.durations.add({ workflowId, createdMs, startedMs, stoppedMs });
}

/** Runs from before the last scan are not added: the scan would have found them. */
function addOwnRun(sweep: Sweep, own: OwnRun): void {
  const known = sweep.runs.get(own.runId);
  const run = runOfOwn(sweep, own);
  if (known !== undefined && isSameRun(known, run)) {
    const told = parseRunStatus(own.status);
    const isNews = told !== undefined && advances(parseRunStatus(known.status), told);
    if (isNews && isActive(known)) sweep.runs.set(own.runId, { ...known, status: told });
    return;
  }
  const isNew = own.createdMs >= (sweep.state.scanStartedMs ?? 0);
  if (isNew && own.createdMs > (known?.createdMs ?? 0)) put(sweep, run);
}

function runOfOwn(sweep: Sweep, own: OwnRun): StoredRun {
  const { runId, createdMs, retentionMode } = own;
  return {
    runId,
    createdMs,
    retentionMode,
    status: own.status ?? 'UNKNOWN',
    storageType: own.storageType ?? 'UNKNOWN',
    uuidPrefix: uuidPrefixOf(own.uuid),
    owner: owner(sweep, own.owner),
    isDoubted: false,
  };
}

async function endIsInLedger(sweep: Sweep, run: StoredRun): Promise<boolean> {
  if (run.owner.route === undefined) return false;
  const own = await findOwnRun(sweep.ports.requests, run);
  if (own?.status === undefined || isActive({ status: own.status })) return false;
  sweep.runs.set(run.runId, { ...run, status: own.status });
  return true;
}
