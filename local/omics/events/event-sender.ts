/** Sends status events on their way, best effort as AWS does, with the share of faults that was asked for. */
import type { BusEvent, Clock, EventPort } from '../../ports.ts';
import { seededRandom } from '../seeded-random.ts';
import type { EventFaults } from '../settings.ts';

const DEFAULT_DELAY_MS = 5000;
/** An event that waits to be overtaken goes after this long when nothing overtakes it. */
const LONGEST_REORDER_WAIT_MS = 1000;

export interface EventSender {
  send(event: BusEvent): void;
  close(): void;
}

export interface EventSenderOptions {
  readonly events: EventPort;
  readonly clock: Clock;
  readonly faults: EventFaults;
  readonly seed: number;
  readonly report: (line: string) => void;
}

export function createEventSender(options: EventSenderOptions): EventSender {
  const { faults } = options;
  const random = seededRandom(options.seed, 'events');
  const held: BusEvent[] = [];
  let closed = false;

  const put = (event: BusEvent) => {
    if (closed) return;
    // Never awaited: a slow or refusing target must not hold up the runs.
    Promise.resolve()
      .then(() => options.events.put(event))
      .catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        options.report(`HealthOmics: the event ${event.detailType} for ${event.resources?.[0]} was not taken: ${why}`);
      });
  };
  const releaseHeld = () => {
    for (const event of held.splice(0)) put(event);
  };
  const happens = (share: number | undefined) => share !== undefined && random() < share;

  return {
    send(event) {
      if (happens(faults.lose)) return;
      const copies = happens(faults.duplicate) ? 2 : 1;
      if (happens(faults.delay)) {
        options.clock.after(faults.delayMs ?? DEFAULT_DELAY_MS, () => {
          for (let i = 0; i < copies; i += 1) put(event);
        });
        return;
      }
      if (held.length === 0 && happens(faults.reorder)) {
        held.push(event);
        options.clock.after(LONGEST_REORDER_WAIT_MS, releaseHeld);
        return;
      }
      for (let i = 0; i < copies; i += 1) put(event);
      releaseHeld();
    },
    close() {
      closed = true;
    },
  };
}
