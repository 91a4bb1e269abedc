/** EventBridge: events are lost, doubled, late and out of order; functions that it invokes are tried three times. */
import type { Faults } from './faults.ts';
import type { InvocationEnd } from './invocations.ts';
import type { RandomSource } from './random-source.ts';
import type { Timeline } from './timeline.ts';

export interface BusWorld {
  readonly timeline: Timeline;
  readonly random: RandomSource;
  /** No event comes in it, so that everything can come to rest. */
  readonly silence: { readonly fromMs: number; readonly untilMs: number };
  faults(): Faults;
}

const RETRY_DELAYS_MS = [60_000, 120_000];

export class SimulatedBus {
  readonly undelivered: string[] = [];
  readonly #world: BusWorld;

  constructor(world: BusWorld) {
    this.#world = world;
  }

  /** `deliver` happens never, once or more often. */
  send(deliver: () => void): void {
    const { random, timeline } = this.#world;
    const { eventLost, eventDuplicated, eventLate, lateMs } = this.#world.faults();
    if (random.chance(eventLost)) return;
    const times = random.chance(eventDuplicated) ? random.int(2, 3) : 1;
    for (let time = 0; time < times; time += 1) {
      const delayMs = random.chance(eventLate) ? random.int(0, lateMs) : random.int(5, 500);
      const dueMs = timeline.nowMs + delayMs;
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
