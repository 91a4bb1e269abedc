/** The one starter: takes what waits, in order, at the pace that the account allows, and answers who waits for it. */
import { admissionOrder } from '../runs/admission-order.ts';
import type { RequestRecord } from '../runs/request-record.ts';
import { heldUp } from '../runs/transitions.ts';
import type { Clock, Log, Quotas, Starter } from './ports.ts';
import { type StartOnePorts, type StartOneResult, startOne } from './start-one.ts';

export interface StartWaitingPorts extends StartOnePorts {
  readonly starter: Starter;
  readonly quotas: Quotas;
  readonly clock: Clock;
  readonly log: Log;
}

/** So many are looked at in one round; the rest wait for the next. */
const ROUND_SIZE = 200;
/** A round each until nothing new waits; the bound only stops a fault. */
const MOST_ROUNDS = 500;
/** Throttled so often in a row, the starter lets a minute pass: reconciliation nudges it again. */
const MOST_THROTTLED = 4;
const FIRST_BACKOFF_MS = 500;

export interface Started {
  readonly started: number;
  readonly stopped: 'nothing-waits' | 'quota' | 'throttled' | 'out-of-time';
}

/** Starts what waits until nothing does, a quota is full, or `deadlineMs` (of the clock) comes near. */
export async function startWaiting(ports: StartWaitingPorts, deadlineMs: number): Promise<Started> {
  const pauseMs = 1000 / Math.max(0.01, await ports.quotas.startRunsPerSecond());
  const done = new Set<string>();
  // What did not get through goes behind the others, so that one that never does holds up nobody.
  const putOff = new Map<string, number>();
  let started = 0;
  let throttled = 0;
  let nextStartMs = ports.clock.nowMs();
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const line = byPatience(await waitingLine(ports, done), putOff);
    if (line.length === 0) return { started, stopped: 'nothing-waits' };
    for (const record of line) {
      nextStartMs = await waitUntil(ports.clock, nextStartMs, deadlineMs);
      if (ports.clock.nowMs() >= deadlineMs) return outOfTime(ports, started);
      const result = await startSafely(ports, record);
      if (result.kind === 'quota') {
        const held = line.filter(({ identity }) => !done.has(identity));
        return stopForQuota(ports, held, result.reason, started);
      }
      if (result.kind === 'later') {
        throttled += 1;
        putOff.set(record.identity, throttled);
        await ports.ledger.requests.change(record.identity, (latest) => heldUp(latest, result.reason));
        if (throttled >= MOST_THROTTLED) return { started, stopped: 'throttled' };
        nextStartMs = ports.clock.nowMs() + FIRST_BACKOFF_MS * 2 ** throttled;
        break;
      }
      done.add(record.identity);
      throttled = 0;
      if (result.kind === 'started') {
        started += 1;
        nextStartMs = ports.clock.nowMs() + pauseMs;
      }
    }
  }
  return outOfTime(ports, started);
}

/** One request that cannot be started harms itself only: its error is logged, and it is tried again with the next nudge. */
async function startSafely(ports: StartWaitingPorts, record: RequestRecord): Promise<StartOneResult> {
  try {
    return await startOne(ports, record);
  } catch (error) {
    const name = error instanceof Error ? error.name : 'unknown';
    ports.log.error('start failed', { identity: record.identity, error: name });
    return { kind: 'settled' };
  }
}

/** The index nominates, a consistent read decides. */
async function waitingLine(ports: StartWaitingPorts, done: ReadonlySet<string>): Promise<RequestRecord[]> {
  const nominated = await ports.ledger.requests.open('WAITING', ROUND_SIZE + done.size);
  const waiting: RequestRecord[] = [];
  for (const identity of nominated.slice(0, ROUND_SIZE + done.size)) {
    if (done.has(identity)) continue;
    const record = await ports.ledger.requests.read(identity);
    if (record?.state === 'WAITING') waiting.push(record);
  }
  return admissionOrder(waiting);
}

function byPatience(line: readonly RequestRecord[], putOff: ReadonlyMap<string, number>): RequestRecord[] {
  return line.toSorted((a, b) => (putOff.get(a.identity) ?? 0) - (putOff.get(b.identity) ?? 0));
}

async function waitUntil(clock: Clock, dueMs: number, deadlineMs: number): Promise<number> {
  const waitMs = Math.min(dueMs, deadlineMs) - clock.nowMs();
  if (waitMs > 0) await clock.sleep(waitMs);
  return Math.max(dueMs, clock.nowMs());
}

/** The rest waits, visibly, for room: the first in line goes out as a probe once a minute, by reconciliation's nudge. */
async function stopForQuota(
  ports: StartWaitingPorts,
  line: readonly RequestRecord[],
  reason: string,
  started: number,
): Promise<Started> {
  ports.log.warn('a quota is full; what waits will be tried again in a minute', { waiting: line.length });
  for (const { identity } of line) await ports.ledger.requests.change(identity, (latest) => heldUp(latest, reason));
  return { started, stopped: 'quota' };
}

async function outOfTime(ports: StartWaitingPorts, started: number): Promise<Started> {
  await ports.starter.nudge(`continue-${ports.clock.nowMs()}`);
  return { started, stopped: 'out-of-time' };
}
