/** Stored runs by retention mode and status, and active runs by storage type, each against its quota. */
import { isActive, type RetentionMode, type StoredRun } from './stored-run.ts';
import type { ShareBounds } from './thresholds.ts';

export interface QuotaValue {
  readonly value: number;
  /** The value that applies to the account, AWS's default for everybody, or the one that AWS's pages document. */
  readonly source: 'applied' | 'default' | 'documented';
}

export interface AccountQuotas {
  readonly storedRuns: QuotaValue;
  readonly activeRunsDynamic: QuotaValue;
  readonly activeRunsStatic: QuotaValue;
}

export interface QuotaSnapshot {
  /** ISO. */
  readonly takenAt: string;
  /** `scan`: of a scan of all runs that this sweep completed. `between`: the last scan, and what is known since. */
  readonly basis: 'scan' | 'between';
  /** When the last complete scan was complete, ISO. */
  readonly scannedAt: string;
  readonly storedRuns: number;
  readonly storedRunsQuota: number;
  readonly quotas: AccountQuotas;
  /** Retention mode, then status, to a count. */
  readonly byRetentionMode: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Active runs by storage type. */
  readonly activeByStorageType: Readonly<Record<string, number>>;
  /** Runs whose mode is not known yet: the picture is complete when there is none. */
  readonly unknownRetention: number;
  /** Absent from the last scan and not looked at since; they are counted. */
  readonly doubted: number;
  /** REMOVE runs at their end: they make room for new runs. */
  readonly removableRuns: number;
  /** Runs of each mode that were started in the 24 hours before. */
  readonly startedLastDay: Readonly<Record<RetentionMode, number>>;
}

export interface Moment {
  readonly takenMs: number;
  readonly scannedMs: number;
  readonly basis: QuotaSnapshot['basis'];
}

const DAY_MS = 24 * 3_600_000;

export function takeSnapshot(runs: Iterable<StoredRun>, quotas: AccountQuotas, moment: Moment): QuotaSnapshot {
  const byRetentionMode: Record<string, Record<string, number>> = {};
  const activeByStorageType: Record<string, number> = {};
  const startedLastDay = { RETAIN: 0, REMOVE: 0, UNKNOWN: 0 };
  let storedRuns = 0;
  let doubted = 0;
  let removableRuns = 0;
  for (const run of runs) {
    storedRuns += 1;
    byRetentionMode[run.retentionMode] ??= {};
    increment(byRetentionMode[run.retentionMode], run.status);
    if (isActive(run)) increment(activeByStorageType, run.storageType);
    else if (run.retentionMode === 'REMOVE') removableRuns += 1;
    if (run.isDoubted) doubted += 1;
    if (run.createdMs > moment.takenMs - DAY_MS) startedLastDay[run.retentionMode] += 1;
  }
  return {
    takenAt: new Date(moment.takenMs).toISOString(),
    basis: moment.basis,
    scannedAt: new Date(moment.scannedMs).toISOString(),
    storedRuns,
    storedRunsQuota: quotas.storedRuns.value,
    quotas,
    byRetentionMode,
    activeByStorageType,
    unknownRetention: total(byRetentionMode.UNKNOWN),
    doubted,
    removableRuns,
    startedLastDay,
  };
}

function increment(counts: Record<string, number> | undefined, name: string): void {
  if (counts !== undefined) counts[name] = (counts[name] ?? 0) + 1;
}

function total(counts: Readonly<Record<string, number>> | undefined): number {
  return Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0);
}

/** Stored runs of a mode, of every status. */
export function countOf(snapshot: Pick<QuotaSnapshot, 'byRetentionMode'>, mode: RetentionMode): number {
  return total(snapshot.byRetentionMode[mode]);
}

/** How much of the quota RETAIN runs hold, from 0: what they hold, no new run gets. */
export function retainedShare(snapshot: QuotaSnapshot): number {
  return snapshot.storedRunsQuota > 0 ? countOf(snapshot, 'RETAIN') / snapshot.storedRunsQuota : 1;
}

/** The same in percent, and between what: a doubted run may be gone, and one of unknown mode may be RETAIN. */
export function retainedBounds(snapshot: QuotaSnapshot): ShareBounds {
  const percent = 100 * retainedShare(snapshot);
  const ofOne = snapshot.storedRunsQuota > 0 ? 100 / snapshot.storedRunsQuota : 0;
  return { least: percent - snapshot.doubted * ofOne, most: percent + snapshot.unknownRetention * ofOne };
}

/**
 * For how many days a REMOVE run that ends now can still be read: until as many new runs have come as there is free room
 * and older REMOVE runs to go before it. `undefined` when none was started in the last day.
 */
export function removeSurvivalDays(snapshot: QuotaSnapshot): number | undefined {
  const { startedLastDay, storedRuns, storedRunsQuota, removableRuns } = snapshot;
  const perDay = startedLastDay.RETAIN + startedLastDay.REMOVE + startedLastDay.UNKNOWN;
  if (perDay === 0) return undefined;
  return (Math.max(0, storedRunsQuota - storedRuns) + removableRuns) / perDay;
}

export interface WhatIf {
  /** Of them so many get a place beside what is stored. */
  readonly fit: number;
  /** So many get the place of a REMOVE run at its end, whose record goes. */
  readonly replace: number;
  /** So many are refused until runs are deleted. */
  readonly refused: number;
}

/**
 * What would become of `count` runs started now. RETAIN runs are taken to push no REMOVE run out: AWS does not document
 * it, so this is the careful answer. Runs of unknown mode are taken to stay.
 */
export function whatIf(snapshot: QuotaSnapshot, count: number, mode: 'RETAIN' | 'REMOVE'): WhatIf {
  const fit = Math.min(count, Math.max(0, snapshot.storedRunsQuota - snapshot.storedRuns));
  if (mode === 'RETAIN') return { fit, replace: 0, refused: count - fit };
  // Each new REMOVE run becomes removable when it ends: one place that is free or can be made free serves them all in turn.
  const serves = fit + snapshot.removableRuns > 0;
  return serves ? { fit, replace: count - fit, refused: 0 } : { fit: 0, replace: 0, refused: count };
}

/** How many stored runs of each mode somebody has. */
export interface Share {
  readonly name: string;
  readonly RETAIN: number;
  readonly REMOVE: number;
  readonly UNKNOWN: number;
}

export type Holders = Readonly<Record<'route' | 'workflow' | 'runGroup' | 'startedBy', readonly Share[]>>;

/** So many of each kind are named; the rest is one share, named `(others)`. */
const MOST_SHARES = 20;
const FOREIGN = '(foreign)';
const NONE = '(none)';
const NOT_KNOWN = '(not known)';

/** Who fills the quota: the largest first. */
export function holdersOf(runs: Iterable<StoredRun>): Holders {
  const tables = {
    route: new Map<string, Record<RetentionMode, number>>(),
    workflow: new Map<string, Record<RetentionMode, number>>(),
    runGroup: new Map<string, Record<RetentionMode, number>>(),
    startedBy: new Map<string, Record<RetentionMode, number>>(),
  };
  for (const { owner, retentionMode } of runs) {
    const isLookedAt = owner.route !== undefined || owner.startedBy !== undefined;
    count(tables.route, owner.route ?? FOREIGN, retentionMode);
    count(tables.workflow, owner.workflowId ?? NOT_KNOWN, retentionMode);
    count(tables.runGroup, owner.runGroupId ?? (isLookedAt ? NONE : NOT_KNOWN), retentionMode);
    count(tables.startedBy, owner.route === undefined ? (owner.startedBy ?? NOT_KNOWN) : 'Rundrop', retentionMode);
  }
  return {
    route: sharesOf(tables.route),
    workflow: sharesOf(tables.workflow),
    runGroup: sharesOf(tables.runGroup),
    startedBy: sharesOf(tables.startedBy),
  };
}

function count(table: Map<string, Record<RetentionMode, number>>, name: string, mode: RetentionMode): void {
  const counts = table.get(name) ?? { RETAIN: 0, REMOVE: 0, UNKNOWN: 0 };
  counts[mode] += 1;
  table.set(name, counts);
}

function sharesOf(table: ReadonlyMap<string, Record<RetentionMode, number>>): Share[] {
  const shares = [...table]
    .map(([name, counts]) => ({ name, ...counts }))
    .sort((a, b) => sizeOf(b) - sizeOf(a) || a.name.localeCompare(b.name));
  const rest = shares.slice(MOST_SHARES);
  if (rest.length === 0) return shares;
  const sum = (mode: RetentionMode) => rest.reduce((whole, share) => whole + share[mode], 0);
  const others = { name: '(others)', RETAIN: sum('RETAIN'), REMOVE: sum('REMOVE'), UNKNOWN: sum('UNKNOWN') };
  return [...shares.slice(0, MOST_SHARES), others];
}

function sizeOf({ RETAIN, REMOVE, UNKNOWN }: Share): number {
  return RETAIN + REMOVE + UNKNOWN;
}
