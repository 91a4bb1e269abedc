/** The one starter: takes what waits, in order, at the pace that the account allows, and answers who waits for it. */
import type { Ledger } from '../ledger/ledger.ts';
import { fullByPicture } from '../quota/room-by-picture.ts';
import { admissionOrder, servedNow } from '../runs/admission-order.ts';
import { type LineEntry, lineEntryOf } from '../runs/line-entry.ts';
import { planStarts, slowed, taken } from '../runs/start-gate.ts';
import { errorName } from './error-name.ts';
import { holdUp } from './hold-up.ts';
import type { Quotas, Starter } from './ports.ts';
import { sideBySide } from './side-by-side.ts';
import { type StarterRun, type StartInOrderPorts, startInOrder } from './start-in-order.ts';
import { StartPace } from './start-pace.ts';

export interface StartWaitingPorts extends StartInOrderPorts {
  readonly ledger: StartInOrderPorts['ledger'] & Pick<Ledger, 'gate' | 'snapshots'>;
  readonly starter: Starter;
  readonly quotas: Quotas;
}

/** So many are started before the line is read again, for those with a higher priority that have come meanwhile. */
const ROUND_SIZE = 50;
/** Of each priority and route, from the index. */
const ENTRIES_EACH = 100;
/** A round each until nothing new waits; the bound only stops a fault. */
const MOST_ROUNDS = 500;
const READS_AT_ONCE = 8;

export interface Started {
  readonly started: number;
  readonly stopped: 'nothing-waits' | 'quota' | 'throttled' | 'out-of-time';
}

/**
 * Starts what waits until nothing does, quotas are full, or `deadlineMs` (of the clock) comes near. `nudged`: requests
 * that have just got in line; the index may not show them yet.
 */
export async function startWaiting(
  ports: StartWaitingPorts,
  deadlineMs: number,
  nudged: readonly string[] = [],
): Promise<Started> {
  const [run, shown] = await Promise.all([beginRun(ports, deadlineMs), ports.ledger.requests.line(ENTRIES_EACH)]);
  const stopped = await startRounds(ports, run, await withNudged(ports, shown, nudged));
  try {
    await remember(ports, run, stopped);
  } catch (error) {
    // What was started is on record; failing now would stop the line until the queue delivers again.
    ports.log.error('the starter cannot keep its memory', { error: errorName(error) });
    await run.pace.rest();
  }
  if (stopped === 'out-of-time') await ports.starter.nudge(`continue-${ports.clock.nowMs()}`);
  return { started: run.started, stopped };
}

async function beginRun(ports: StartWaitingPorts, deadlineMs: number): Promise<StarterRun> {
  const [callsPerSecond, gate, [picture]] = await Promise.all([
    ports.quotas.startRunsPerSecond(),
    ports.ledger.gate.read(),
    ports.ledger.snapshots.list(1),
  ]);
  return {
    pace: new StartPace(ports.clock, { callsPerSecond, deadlineMs, takenMs: Date.parse(gate.takenUntil ?? '') || 0 }),
    gate,
    picture: fullByPicture(picture, ports.clock.nowMs()),
    done: new Set(),
    putOff: new Map(),
    throttled: new Set(),
    throttledInRow: 0,
    reachedLimits: new Set(),
    routes: new Set(),
    served: [],
    started: 0,
    stop: undefined,
  };
}

async function startRounds(
  ports: StartWaitingPorts,
  run: StarterRun,
  first: readonly LineEntry[],
): Promise<Started['stopped']> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const shown = round === 0 ? first : await ports.ledger.requests.line(ENTRIES_EACH + run.done.size);
    const line = inOrder(run, shown);
    if (line.length === 0) return 'nothing-waits';
    const { gate, picture } = run;
    const probeEveryMs = ports.settings.quotaProbeSeconds * 1000;
    const { go, held } = planStarts(line, { gate, picture, nowMs: ports.clock.nowMs(), probeEveryMs });
    if (go.length === 0) {
      await holdUp(ports, held);
      return held.some(({ entry }) => run.gate.full[entry.retentionMode]) ? 'quota' : 'throttled';
    }
    run.stop = undefined;
    await startInOrder(ports, go.slice(0, ROUND_SIZE), run);
    if (run.stop === 'throttled' || run.stop === 'out-of-time') return run.stop;
  }
  return 'out-of-time';
}

/** The index nominates; whether a request still waits is read again before it is started. */
async function withNudged(
  { ledger }: StartWaitingPorts,
  shown: readonly LineEntry[],
  nudged: readonly string[],
): Promise<readonly LineEntry[]> {
  const unseen = nudged.filter((identity) => shown.every((entry) => entry.identity !== identity));
  const records = await sideBySide(unseen, READS_AT_ONCE, (identity) => ledger.requests.read(identity));
  const late = records.flatMap((record) => (record?.state === 'WAITING' ? [lineEntryOf(record)] : []));
  return [...shown, ...late];
}

function inOrder(run: StarterRun, shown: readonly LineEntry[]): readonly LineEntry[] {
  const line = shown.filter(({ identity }) => !run.done.has(identity));
  for (const { route } of line) run.routes.add(route);
  const order = admissionOrder(line, [...run.gate.servedLast, ...run.served]);
  // What did not get through goes behind the others, so that one that never does holds up nobody.
  return order.sort((a, b) => (run.putOff.get(a.identity) ?? 0) - (run.putOff.get(b.identity) ?? 0));
}

/** What the next invocation has to know, in one write: nobody sleeps here to keep the pace for it. */
async function remember(ports: StartWaitingPorts, run: StarterRun, stopped: Started['stopped']): Promise<void> {
  // One request alone that never gets through is its own affair; several are HealthOmics'.
  const isSlow = run.throttled.size > 1 && stopped === 'throttled';
  // Whose turn it was matters only where several take turns.
  const served = run.routes.size > 1 ? run.served : [];
  const { takenMs } = run.pace;
  if (!isSlow && served.length === 0 && takenMs === undefined) return;
  await ports.ledger.gate.change((gate) => {
    const next = isSlow ? slowed(gate, ports.clock.nowMs()) : gate;
    const paced = takenMs === undefined ? next : taken(next, takenMs);
    return { ...paced, servedLast: served.reduce(servedNow, paced.servedLast) };
  }, run.gate);
}
