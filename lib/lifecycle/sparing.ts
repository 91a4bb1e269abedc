/**
 * The bus and the topic, as one round of work may use them. One that is ill costs each word some time, until its client
 * gives up; many words would cost the whole round, and nothing that comes after them would ever be done.
 */
import type { Announcer, Clock, Notifier } from './ports.ts';

/** So much of a round's time may go into words that are not taken, by each of the two. */
const MOST_WASTED_MS = 10_000;

/** What was to take the word is ill, so it was not asked. Retriable. */
export class LeftAlone extends Error {
  override readonly name = 'LeftAlone';
  constructor() {
    super(`In ${MOST_WASTED_MS / 1000} seconds of this round nothing was taken: what is left waits for the next.`);
  }
}

export function sparing(ports: {
  readonly announcer: Announcer;
  readonly notifier: Notifier;
  readonly clock: Pick<Clock, 'nowMs'>;
}): { readonly announcer: Announcer; readonly notifier: Notifier } {
  const { announcer, notifier, clock } = ports;
  return {
    announcer: { announce: untilIll(clock, (announcement) => announcer.announce(announcement)) },
    notifier: { notify: untilIll(clock, (notice) => notifier.notify(notice)) },
  };
}

function untilIll<Word>(clock: Pick<Clock, 'nowMs'>, send: (word: Word) => Promise<void>) {
  let wastedMs = 0;
  return async (word: Word): Promise<void> => {
    if (wastedMs >= MOST_WASTED_MS) throw new LeftAlone();
    const begunMs = clock.nowMs();
    try {
      await send(word);
    } catch (error) {
      wastedMs += clock.nowMs() - begunMs;
      throw error;
    }
  };
}
