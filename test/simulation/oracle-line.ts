/**
 * The line: who starts before whom, and how often a full quota is asked (2 and 5). Judged by the starters that nothing
 * went wrong in, since what the others knew or forgot cannot be seen from outside.
 */
import type { Invocation } from './invocations.ts';
import type { RequestData, Violate } from './oracle-ledger.ts';
import type { StartCall } from './simulated-omics.ts';
import { MOST_A_DAY } from './workload.ts';
import type { World } from './world.ts';

type Item = Readonly<Record<string, unknown>>;

/** A time in which the ledger had a request in line; a request that is tried again has several. */
interface Place {
  readonly identity: string;
  readonly requestId: string;
  readonly route: string;
  readonly priority: number;
  readonly mode: string;
  /** As the ledger has it. */
  readonly since: string;
  readonly fromMs: number;
  untilMs: number;
}

/** An index may show it so much later. */
const LAG_MS = 6_000;
const PROBE_MS = 55_000;
const PROBE_AFTER_LIFT_MS = 11_000;
/** An answer comes, and a clock is read, so much later where nothing goes wrong. */
const SLACK_MS = 1_000;
/** Calls go out while the first one's answer is on its way. */
const UNDER_WAY_MS = 1_500;

export class LineWatch {
  readonly #world: World;
  readonly #places: Place[] = [];
  readonly #open = new Map<string, Place>();
  /** When the ledger came to say that room may have been made. */
  readonly #liftedMs: number[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  written(before: Item | undefined, after: Item | undefined): void {
    if (after?.sk === 'GATE') this.#noteLift(before, after);
    if (after?.sk !== 'REQUEST' || after.identity === undefined || after.state === undefined) return;
    const request = after as unknown as RequestData;
    const requestId = request.attempts.at(-1)?.requestId ?? '';
    const place = this.#open.get(request.identity);
    const stays = request.state === 'WAITING' && request.cancelAskedAt === undefined;
    if (place !== undefined && (!stays || place.requestId !== requestId)) {
      place.untilMs = this.#world.timeline.nowMs;
      this.#open.delete(request.identity);
    }
    if (stays && !this.#open.has(request.identity)) this.#stand(request, requestId);
  }

  #stand(request: RequestData, requestId: string): void {
    const { identity, route, since } = request;
    const { priority = 0, retentionMode: mode = 'RETAIN' } = JSON.parse(request.requestText);
    const fromMs = this.#world.timeline.nowMs;
    const place = { identity, requestId, route, priority, mode, since, fromMs, untilMs: Number.POSITIVE_INFINITY };
    this.#open.set(identity, place);
    this.#places.push(place);
  }

  #noteLift(before: Item | undefined, after: Item): void {
    const lifts = (item: Item | undefined) =>
      Object.values((item?.full ?? {}) as Record<string, { liftedAt?: string }>).map(({ liftedAt }) => liftedAt);
    const known = lifts(before);
    if (lifts(after).some((one) => one !== undefined && !known.includes(one)))
      this.#liftedMs.push(this.#world.timeline.nowMs);
  }

  check(violate: Violate): void {
    const { starts } = this.#world.omics;
    this.#checkProbes(starts, violate);
    for (const [by, calls] of Map.groupBy(starts, (call) => call.by)) {
      if (!by.harmed) this.#checkOrder(by, calls, violate);
    }
  }

  /** 5: after a refusal the next call waits for its minute, or for a run of ours that ended. */
  #checkProbes(calls: readonly StartCall[], violate: Violate): void {
    for (const [index, call] of calls.entries()) {
      const last = calls[index - 1];
      if (last === undefined || last.answer !== 'ServiceQuotaExceededException') continue;
      if (last.by.harmed || modeOf(last) !== modeOf(call)) continue;
      if (last.by === call.by && call.atMs - last.atMs <= UNDER_WAY_MS) continue;
      if (last.by !== call.by && call.by.beganMs <= last.atMs + SLACK_MS) continue;
      const lifted = this.#liftedMs.some((ms) => ms >= last.atMs && ms <= call.atMs);
      const leastMs = lifted ? PROBE_AFTER_LIFT_MS : PROBE_MS;
      const waitedMs = call.atMs + call.by.skewMs - last.atMs - last.by.skewMs;
      if (waitedMs < leastMs - SLACK_MS) violate(`5: a full quota was asked again after ${waitedMs} ms`);
    }
  }

  /** 2: a higher priority first, then by turns between the routes, then by age; whoever stood there all the while. */
  #checkOrder(by: Invocation, calls: readonly StartCall[], violate: Violate): void {
    const waited = this.#places.filter(
      ({ route, fromMs, untilMs }) =>
        fromMs <= by.beganMs - LAG_MS && untilMs > by.beganMs && MOST_A_DAY[route] === undefined,
    );
    if (waited.length < 2) return;
    let last: Place | undefined;
    for (const call of calls.toSorted((a, b) => a.sentMs - b.sentMs)) {
      const place = waited.find(({ requestId }) => requestId === call.requestId);
      const over = waited.filter((other) => this.#isPassedOver(other, call));
      for (const other of place === undefined ? [] : over) {
        const why = whyFirst(other, place as Place, this.#hadTurn(other, by, call) ? undefined : last);
        if (why !== undefined)
          violate(`2: request ${other.identity} of ${other.route} ${why}, and ${call.requestId} started before it`);
      }
      if (call.answer.startsWith('uuid-')) last = place;
    }
  }

  /** Its route's turn went to a request that came to nothing before its call, as one whose input had changed. */
  #hadTurn({ route }: Place, { beganMs }: Invocation, { atMs }: StartCall): boolean {
    return this.#places.some(
      (one) =>
        one.route === route &&
        one.untilMs >= beganMs &&
        one.untilMs <= atMs &&
        !this.#world.omics.starts.some(({ requestId, by }) => requestId === one.requestId && by.beganMs === beganMs),
    );
  }

  /** In line since before the starter began, of the same retention mode, and not called for until after that call. */
  #isPassedOver({ requestId, mode, untilMs }: Place, call: StartCall): boolean {
    if (requestId === call.requestId || mode !== modeOf(call) || untilMs <= call.atMs) return false;
    const sentMs = this.#world.omics.starts.filter((one) => one.requestId === requestId).map((one) => one.sentMs);
    return Math.min(...sentMs) > call.sentMs;
  }
}

function whyFirst(other: Place, started: Place, last: Place | undefined): string | undefined {
  if (other.priority !== started.priority) return other.priority > started.priority ? 'is more urgent' : undefined;
  if (other.route === started.route) return other.since < started.since ? 'waits longer' : undefined;
  const again = last !== undefined && last.route === started.route && last.priority === started.priority;
  return again ? 'has its turn' : undefined;
}

function modeOf({ input }: StartCall): string {
  return String(input.retentionMode ?? 'RETAIN');
}
