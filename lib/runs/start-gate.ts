/**
 * Whether a StartRun may go out now: what the starter remembers from one invocation to the next of full quotas and of
 * throttling. Pure functions from one state to the next; a step that changes nothing returns the state as it was.
 */
import type { InLine } from './admission-order.ts';

/** As StartRun takes it; HealthOmics' default is RETAIN. */
export type RetentionMode = 'RETAIN' | 'REMOVE';
export const RETENTION_MODES = ['RETAIN', 'REMOVE'] as const satisfies readonly RetentionMode[];

/** HealthOmics refused a start of a retention mode, because a quota is full. Times are ISO. */
export interface Refusal {
  /** Of the first refusal without a start between. */
  readonly since: string;
  /** Of the last one. */
  readonly probedAt: string;
  /** The request that was refused last. */
  readonly probed: string;
  /** A sentence for people. */
  readonly reason: string;
  /** A run of ours ended since then that may have made room. */
  readonly liftedAt?: string;
}

export interface StartGate {
  /** Counts the writes; each write is conditional on the one before. */
  readonly revision: number;
  readonly full: Readonly<Partial<Record<RetentionMode, Refusal>>>;
  /** When a start of that mode got through though there was reason to think that the quota is full: what was seen before is past. */
  readonly roomSeenAt: Readonly<Partial<Record<RetentionMode, string>>>;
  /** No StartRun before that: several requests in a row were throttled. */
  readonly slowUntil?: string;
  /** How often in a row that came about. */
  readonly slowTimes: number;
  /** The end of the last StartRun call's own time, at the account's rate, where an invocation ended before it. */
  readonly takenUntil?: string;
  /** Routes, the one whose run was started last at the end. */
  readonly servedLast: readonly string[];
}

export const OPEN_GATE: StartGate = { revision: 0, full: {}, roomSeenAt: {}, slowTimes: 0, servedLast: [] };

/** After a run of ours ended that may have made room, a probe waits for this part of its time only; runs may end by the second. */
const SHARE_AFTER_LIFT = 0.2;
const FIRST_SLOW_MS = 30_000;
const LONGEST_SLOW_MS = 5 * 60_000;

/** HealthOmics refused. What a REMOVE run is refused a RETAIN run would be, too: it can make no room for itself. */
export function refused(
  gate: StartGate,
  { mode, identity, reason }: { readonly mode: RetentionMode; readonly identity: string; readonly reason: string },
  at: string,
): StartGate {
  const modes: readonly RetentionMode[] =
    mode === 'REMOVE' && gate.full.RETAIN === undefined ? RETENTION_MODES : [mode];
  const full = { ...gate.full };
  for (const one of modes) full[one] = { since: full[one]?.since ?? at, probedAt: at, probed: identity, reason };
  return { ...gate, full };
}

/** A start got through. Where a RETAIN run finds room, a REMOVE run does. */
export function gotThrough(gate: StartGate, mode: RetentionMode, at: string): StartGate {
  const modes: readonly RetentionMode[] = mode === 'RETAIN' ? RETENTION_MODES : [mode];
  const full = { ...gate.full };
  const roomSeenAt = { ...gate.roomSeenAt };
  for (const one of modes) {
    delete full[one];
    roomSeenAt[one] = at;
  }
  const { slowUntil: _, ...rest } = gate;
  return { ...rest, full, roomSeenAt, slowTimes: 0 };
}

/** A run of ours ended that may have made room for runs of these modes. */
export function lifted(gate: StartGate, modes: readonly RetentionMode[], at: string): StartGate {
  const full = { ...gate.full };
  let changed = false;
  for (const mode of modes) {
    const refusal = full[mode];
    if (refusal === undefined || refusal.liftedAt !== undefined) continue;
    full[mode] = { ...refusal, liftedAt: at };
    changed = true;
  }
  return changed ? { ...gate, full } : gate;
}

/** Several requests in a row were throttled: nobody is asked for a while, each time for longer, at most five minutes. */
export function slowed(gate: StartGate, nowMs: number): StartGate {
  const waitMs = Math.min(LONGEST_SLOW_MS, FIRST_SLOW_MS * 2 ** Math.min(gate.slowTimes, 10));
  return { ...gate, slowUntil: new Date(nowMs + waitMs).toISOString(), slowTimes: gate.slowTimes + 1 };
}

/** A StartRun call went out, and the next one has to wait until then. */
export function taken(gate: StartGate, untilMs: number): StartGate {
  return { ...gate, takenUntil: new Date(Math.ceil(untilMs)).toISOString() };
}

/** What a picture of the stored runs gives reason to think: that a start of the mode would be refused. */
export interface FullByPicture {
  /** ISO. */
  readonly takenAt: string;
  readonly reason: string;
}

export interface Knowledge {
  readonly gate: StartGate;
  readonly picture: Readonly<Partial<Record<RetentionMode, FullByPicture>>>;
  readonly nowMs: number;
  /** While a quota is full, one StartRun goes out in so long. */
  readonly probeEveryMs: number;
}

export interface InLineByMode extends InLine {
  readonly retentionMode: RetentionMode;
}

export interface Held<Entry> {
  readonly entry: Entry;
  readonly reason: string;
  /** HealthOmics itself refused a start of this mode within the last minute; a picture never does. */
  readonly refusedJustNow: boolean;
}

export interface StartPlan<Entry> {
  /** To be started now, in this order. */
  readonly go: readonly Entry[];
  /** `go` is one request that finds out whether there is room. */
  readonly isProbe: boolean;
  readonly held: readonly Held<Entry>[];
}

/** Who of the line may start now. Of what a full quota holds up, one is a probe when its time has come. */
export function planStarts<Entry extends InLineByMode>(line: readonly Entry[], knowledge: Knowledge): StartPlan<Entry> {
  const { gate, nowMs } = knowledge;
  if (gate.slowUntil !== undefined && Date.parse(gate.slowUntil) > nowMs) {
    const reason = 'StartRun did not get through: HealthOmics is throttling or ill, so nothing is started for a while.';
    return { go: [], isProbe: false, held: line.map((entry) => ({ entry, reason, refusedJustNow: false })) };
  }
  const closed = new Map(RETENTION_MODES.map((mode) => [mode, whyClosed(mode, knowledge)]));
  const held = line.flatMap((entry) => {
    const why = closed.get(entry.retentionMode);
    return why === undefined ? [] : [{ entry, ...why }];
  });
  const probe = probeOf(
    held.map(({ entry }) => entry),
    knowledge,
  );
  if (probe !== undefined) return { go: [probe], isProbe: true, held };
  return { go: line.filter(({ retentionMode }) => closed.get(retentionMode) === undefined), isProbe: false, held };
}

function whyClosed(
  mode: RetentionMode,
  { gate, picture, nowMs, probeEveryMs }: Knowledge,
): Omit<Held<unknown>, 'entry'> | undefined {
  const refusal = gate.full[mode];
  if (refusal !== undefined) {
    const refusedJustNow = nowMs - Date.parse(refusal.probedAt) < probeEveryMs;
    return { reason: refusal.reason, refusedJustNow };
  }
  const seen = picture[mode];
  return seen === undefined || isPast(seen, gate.roomSeenAt[mode])
    ? undefined
    : { reason: seen.reason, refusedJustNow: false };
}

/** Whether there is reason to think that a start of the mode would not get through: then one that does is news. */
export function isDoubtful(mode: RetentionMode, { gate, picture }: Pick<Knowledge, 'gate' | 'picture'>): boolean {
  const seen = picture[mode];
  if (gate.full[mode] !== undefined || gate.slowTimes > 0) return true;
  return seen !== undefined && !isPast(seen, gate.roomSeenAt[mode]);
}

function isPast({ takenAt }: FullByPicture, roomSeenAt: string | undefined): boolean {
  return roomSeenAt !== undefined && Date.parse(takenAt) <= Date.parse(roomSeenAt);
}

/** The mode whose last probe is longest ago has its turn; in it the first that was not the last to be refused. */
function probeOf<Entry extends InLineByMode>(
  held: readonly Entry[],
  { gate, nowMs, probeEveryMs }: Knowledge,
): Entry | undefined {
  const refusals = RETENTION_MODES.flatMap((mode) => gate.full[mode] ?? []);
  const lastMs = Math.max(Number.NEGATIVE_INFINITY, ...refusals.map(({ probedAt }) => Date.parse(probedAt)));
  const due = RETENTION_MODES.filter((mode) => {
    const refusal = gate.full[mode];
    if (refusal === undefined || nowMs - lastMs >= probeEveryMs) return true;
    return refusal.liftedAt !== undefined && nowMs - lastMs >= SHARE_AFTER_LIFT * probeEveryMs;
  });
  const [mode] = due
    .filter((one) => held.some(({ retentionMode }) => retentionMode === one))
    .sort((a, b) => probedMs(gate, a) - probedMs(gate, b));
  const candidates = held.filter(({ retentionMode }) => retentionMode === mode);
  return candidates.find(({ identity }) => identity !== gate.full[mode ?? 'RETAIN']?.probed) ?? candidates[0];
}

function probedMs({ full }: StartGate, mode: RetentionMode): number {
  const refusal = full[mode];
  return refusal === undefined ? Number.NEGATIVE_INFINITY : Date.parse(refusal.probedAt);
}
