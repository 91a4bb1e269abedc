/**
 * Starts requests in their order. Several are looked at, and several answers are written down, side by side; the calls of
 * StartRun go out one after the other, each at its time.
 */
import type { Ledger } from '../ledger/ledger.ts';
import { servedNow } from '../runs/admission-order.ts';
import { type LineEntry, retentionModeOf } from '../runs/line-entry.ts';
import type { RequestRecord } from '../runs/request-record.ts';
import { gotThrough, isDoubtful, type Knowledge, refused, type StartGate } from '../runs/start-gate.ts';
import { errorName } from './error-name.ts';
import { adopt, noteReason } from './find-run.ts';
import { rejectForQuota } from './hold-up.ts';
import type { StartRunResult } from './ports.ts';
import {
  type Called,
  callStart,
  denied,
  end,
  type Prepared,
  prepareStart,
  type ReachedLimits,
  type StartOnePorts,
} from './start-one.ts';
import type { StartPace } from './start-pace.ts';

export interface StartInOrderPorts extends StartOnePorts {
  readonly ledger: StartOnePorts['ledger'] & Pick<Ledger, 'gate'>;
}

/** What one invocation of the starter knows, and has done. */
export interface StarterRun {
  readonly pace: StartPace;
  gate: StartGate;
  readonly picture: Knowledge['picture'];
  /** Settled, one way or another: not looked at again in this invocation. */
  readonly done: Set<string>;
  /** How late in the line what did not get through has to stand. */
  readonly putOff: Map<string, number>;
  /** Requests whose call was throttled, or met an ill service. */
  readonly throttled: Set<string>;
  throttledInRow: number;
  readonly reachedLimits: ReachedLimits;
  /** Seen in line. */
  readonly routes: Set<string>;
  /** Routes in the order of their last starts. */
  served: readonly string[];
  started: number;
  /** Set: nothing more of this round is started. `full`: what is known of quotas has changed, so the line is planned anew. */
  stop: 'throttled' | 'out-of-time' | 'full' | undefined;
}

const MOST_AT_ONCE = 8;
/** What is looked at so long before its call may have changed by then. */
const LOOK_AHEAD_MS = 2_000;
/** Throttled so often in a row, the starter lets time pass: reconciliation nudges it again. */
const MOST_THROTTLED = 4;

export async function startInOrder(
  ports: StartInOrderPorts,
  entries: readonly LineEntry[],
  run: StarterRun,
): Promise<void> {
  const next = entries.values();
  let lastTurn: Promise<void> = Promise.resolve();
  const lane = async () => {
    for (const entry of next) {
      if (run.stop !== undefined) return;
      const turn = lastTurn;
      const { promise, resolve: passOn } = Promise.withResolvers<void>();
      lastTurn = promise;
      await startInTurn(ports, entry, run, { turn, passOn }).finally(passOn);
    }
  };
  const lanes = Math.min(MOST_AT_ONCE, Math.max(1, Math.ceil(LOOK_AHEAD_MS / run.pace.pauseMs)));
  await Promise.all(Array.from({ length: Math.min(lanes, entries.length) }, lane));
}

async function startInTurn(
  ports: StartInOrderPorts,
  entry: LineEntry,
  run: StarterRun,
  { turn, passOn }: { readonly turn: Promise<void>; readonly passOn: () => void },
): Promise<void> {
  const prepared = await harmless<Prepared>(ports, entry, () => prepareStart(ports, entry.identity, run.reachedLimits));
  await turn;
  if (prepared.kind === 'settled') run.done.add(entry.identity);
  if (prepared.kind === 'settled' || run.stop !== undefined) return;
  if (!(await run.pace.place())) run.stop ??= 'out-of-time';
  if (run.stop !== undefined) return;
  const call = harmless<Called>(ports, entry, () => callStart(ports, prepared.record, run.reachedLimits));
  run.pace.watch(call);
  passOn();
  const called = await call;
  await harmless(ports, entry, async () => {
    await take(ports, run, called, entry.identity);
    return { kind: 'settled' };
  });
}

/** One request that cannot be started harms itself only: its error is logged, and it is tried again with the next nudge. */
async function harmless<Result>(
  ports: StartInOrderPorts,
  { identity }: LineEntry,
  step: () => Promise<Result | { readonly kind: 'settled' }>,
): Promise<Result | { readonly kind: 'settled' }> {
  try {
    return await step();
  } catch (error) {
    ports.log.error('start failed', { identity, error: errorName(error) });
    return { kind: 'settled' };
  }
}

/** What follows from the answer. What the calls after it have to know is set before anything is waited for. */
async function take(ports: StartInOrderPorts, run: StarterRun, called: Called, identity: string): Promise<void> {
  if (called.kind === 'settled') {
    run.done.add(identity);
    return;
  }
  const { record } = called;
  const result: StartRunResult = called.kind === 'found' ? { kind: 'started', run: called.run } : called.result;
  if (result.kind !== 'later') {
    run.throttledInRow = 0;
    run.pace.goOn();
  }
  switch (result.kind) {
    case 'started':
      run.done.add(identity);
      run.started += 1;
      run.served = servedNow(run.served, record.route);
      await adopt(ports, record, result.run);
      if (called.kind === 'answered') await noteRoom(ports, run, record);
      return;
    case 'refused':
      run.done.add(identity);
      await end(ports, record, { outcome: 'REFUSED', reason: result.reason, code: result.code });
      return;
    case 'quota':
      return takeFull(ports, run, record, {
        reason: result.reason,
        isFirst: called.kind === 'answered' && called.isFirst,
      });
    case 'later':
      return takeLater(ports, run, record, {
        reason: result.reason,
        isNo: called.kind === 'answered' && called.isFirst && result.isThrottled === true,
      });
    default:
      return result satisfies never;
  }
}

/** Only where there was reason to think otherwise. */
async function noteRoom(ports: StartInOrderPorts, run: StarterRun, record: RequestRecord): Promise<void> {
  const mode = retentionModeOf(record);
  if (!isDoubtful(mode, run)) return;
  const at = new Date(ports.clock.nowMs()).toISOString();
  run.gate = await ports.ledger.gate.change((gate) => gotThrough(gate, mode, at));
}

async function takeFull(
  ports: StartInOrderPorts,
  run: StarterRun,
  record: RequestRecord,
  { reason, isFirst }: { readonly reason: string; readonly isFirst: boolean },
): Promise<void> {
  const { identity } = record;
  run.stop ??= 'full';
  // Should it be for this request alone that there is no room, the others go before it from now on.
  run.putOff.set(identity, 1);
  const at = new Date(ports.clock.nowMs()).toISOString();
  const refusal = { mode: retentionModeOf(record), identity, reason };
  // At once, also where the ledger cannot take it: a full quota is not asked again in this invocation.
  run.gate = refused(run.gate, refusal, at);
  run.gate = await ports.ledger.gate.change((gate) => refused(gate, refusal, at));
  ports.log.warn('a quota is full; what waits will be tried again in a minute', { mode: refusal.mode });
  if (isFirst && record.onQuota === 'reject') {
    run.done.add(identity);
    await rejectForQuota(ports, record, reason);
  } else if (isFirst) await denied(ports, record);
}

async function takeLater(
  ports: StartInOrderPorts,
  run: StarterRun,
  record: RequestRecord,
  { reason, isNo }: { readonly reason: string; readonly isNo: boolean },
): Promise<void> {
  const { identity } = record;
  run.throttledInRow += 1;
  run.throttled.add(identity);
  run.putOff.set(identity, 1 + run.throttledInRow);
  run.pace.slowDown(run.throttledInRow);
  if (run.throttledInRow >= MOST_THROTTLED) run.stop = 'throttled';
  if (isNo) await denied(ports, record);
  await noteReason(ports, record, reason);
}
