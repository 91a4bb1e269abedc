/** EventBridge: events are lost, doubled, late and out of order; functions that it invokes are tried three times. */
import type { FaultTally } from './fault-tally.ts';
import type { Faults } from './faults.ts';
import type { InvocationEnd } from './invocations.ts';
import type { RandomSource } from './random-source.ts';
import type { Timeline } from './timeline.ts';

export interface BusWorld {
  readonly timeline: Timeline;
  readonly random: RandomSource;
  /** No event comes in it, so that everything can come to rest. */
  readonly silence: { readonly fromMs: number; readonly untilMs: number };
  readonly tally: FaultTally;
  faults(): Faults;
}

const DAY_MS = 24 * 3_600_000;
const RETRY_DELAYS_MS = [60_000, 120_000];

export class SimulatedBus {
  readonly undelivered: string[] = [];
  readonly #world: BusWorld;
  /** When the latest event so far is delivered. */
  #latestMs = 0;

  constructor(world: BusWorld) {
    this.#world = world;
  }

  /** `deliver` happens never, once or more often. */
  send(deliver: () => void): void {
    const { random, timeline, tally } = this.#world;
    const { eventLost, eventDuplicated, eventLate, lateMs } = this.#world.faults();
    if (random.chance(eventLost)) {
      tally.add('event lost');
      return;
    }
    const times = random.chance(eventDuplicated) ? random.int(2, 3) : 1;
    if (times > 1) tally.add('event duplicated');
    for (let time = 0; time < times; time += 1) {
      const isLate = random.chance(eventLate);
      const delayMs = isLate ? random.int(0, lateMs) : random.int(5, 500);
      const dueMs = timeline.nowMs + delayMs;
      if (isLate) tally.add(delayMs > DAY_MS ? 'event late by days' : 'event late');
      if (dueMs < this.#latestMs) tally.add('events out of order');
      this.#latestMs = Math.max(this.#latestMs, dueMs);
      const { fromMs, untilMs } = this.#world.silence;
      timeline.at(dueMs >= fromMs && dueMs < untilMs ? untilMs : dueMs, deliver);
    }
  }

  /** Lambda's asynchronous invocation: two more tries, then the queue of what was not delivered. */
  invokeAsync(name: string, invoke: (end: (end: InvocationEnd) => void) => void, tried = 0): void {
    invoke((end) => {
      if (end.kind === 'returned') return;
      const delayMs = RETRY_DELAYS_MS[tried];
      if (delayMs === undefined) this.undelivered.push(name);
      else this.#world.timeline.after(delayMs, () => this.invokeAsync(name, invoke, tried + 1));
    });
  }
}
