/** One announcement, to programs and then to people. */
import { newlyTold, type Told } from '../runs/told.ts';
import { errorName } from './error-name.ts';
import type { Announcement, Announcer, Log, Notice, Notifier } from './ports.ts';

export interface TellPorts {
  readonly announcer: Announcer;
  readonly notifier: Notifier;
  readonly log: Log;
}

/** What is in the ledger before it is told. Both go under one eventId, however often they are sent. */
export interface Word {
  readonly event: Announcement & { readonly detail: { readonly eventId: string } };
  readonly notice: Notice;
}

/**
 * Sends the event and then the notice to whom they have not reached `before`, and has that marked. An ill bus keeps no word
 * from people, nor an ill topic from programs; and what one has taken is marked, so that trying the other again repeats
 * nothing. What was not taken is logged; the bus's error is thrown besides, after all else.
 */
export async function tell(
  { announcer, notifier, log }: TellPorts,
  { event, notice }: Word,
  before: Told,
  mark: (told: Told) => Promise<unknown>,
): Promise<void> {
  const notAnnounced = before.programs ? undefined : await errorOf(announcer.announce(event));
  const notNotified = before.people ? undefined : await errorOf(notifier.notify(notice));
  const { eventId, about } = notice;
  // Before the mark: should that fail, too, its error is the one that is thrown.
  if (notAnnounced !== undefined)
    log.error('the event was not taken', { eventId, about, error: errorName(notAnnounced.error) });
  if (notNotified !== undefined)
    log.error('the notification was not taken', { eventId, about, error: errorName(notNotified.error) });
  const told = { programs: notAnnounced === undefined, people: notNotified === undefined };
  if (newlyTold(told, before) !== undefined) await mark(told);
  if (notAnnounced !== undefined) throw notAnnounced.error;
}

async function errorOf(sending: Promise<unknown>): Promise<{ readonly error: unknown } | undefined> {
  try {
    await sending;
    return undefined;
  } catch (error) {
    return { error };
  }
}
