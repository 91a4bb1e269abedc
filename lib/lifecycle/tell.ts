/** One announcement, to programs and then to people. */
import type { Told } from '../runs/request-record.ts';
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
 * Sends the event, unless the bus has it already, and the notice. Rejects when the bus does not take the event. A topic
 * that is ill must not repeat the event, so that is an answer: the caller marks what was told, and tries the rest again.
 */
export async function tell(
  { announcer, notifier, log }: TellPorts,
  { event, notice }: Word,
  isAnnounced: boolean,
): Promise<Told> {
  if (!isAnnounced) await announcer.announce(event);
  try {
    await notifier.notify(notice);
    return 'everybody';
  } catch (error) {
    const { eventId, about } = notice;
    log.error('the notification was not taken', { eventId, about, error: errorName(error) });
    return 'programs';
  }
}
