/** A batch of the drops queue: one bad record harms itself only. */
import type { Drop } from '../routing/drop.ts';
import { parseDropEvents } from '../routing/drop-events.ts';
import { type EventSender, type TrustedSenders, whyNotTrusted } from '../routing/event-sender.ts';
import { errorName } from './error-name.ts';
import type { Metrics } from './metrics.ts';
import { type Taken, takeDrop } from './take-drop.ts';
import type { TakeSheetPorts } from './take-sheet.ts';

export interface QueueRecord {
  readonly messageId: string;
  readonly body: string;
}

/** SQS' partial batch response: what is named comes back after its visibility timeout, and at last to the DLQ. */
export interface BatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}

/** on-drop was invoked with something else than messages of its queue. Permanent. */
export class InvalidQueueEvent extends Error {
  override readonly name = 'InvalidQueueEvent';
}

/** Drops of one batch are looked at side by side, so many at a time: as many as a batch has, so that their reads meet. */
const CONCURRENCY = 10;

export interface TakeDropsPorts extends TakeSheetPorts {
  readonly metrics: Metrics;
  readonly trusted: TrustedSenders;
}

export async function takeDrops(ports: TakeDropsPorts, records: readonly QueueRecord[]): Promise<BatchResponse> {
  if (!Array.isArray(records)) {
    throw new InvalidQueueEvent(
      'on-drop takes messages of the drops queue, as Lambda hands them over: {"Records": […]}.',
    );
  }
  const batchItemFailures: { itemIdentifier: string }[] = [];
  for (let from = 0; from < records.length; from += CONCURRENCY) {
    const results = await Promise.all(
      records.slice(from, from + CONCURRENCY).map((record) => takeRecord(ports, record)),
    );
    batchItemFailures.push(...results.flatMap((failed) => (failed === undefined ? [] : [{ itemIdentifier: failed }])));
  }
  return { batchItemFailures };
}

/** Returns the message's id when it is to come back. */
async function takeRecord(ports: TakeDropsPorts, { messageId, body }: QueueRecord): Promise<string | undefined> {
  try {
    const parsed = parseDropEvents(JSON.parse(body));
    if (parsed.kind === 'ignored') {
      ports.log.info('message ignored', { messageId, reason: parsed.reason });
      ports.metrics.record({ kind: 'drop', outcome: 'ignored' });
      return undefined;
    }
    if (parsed.kind === 'sheet') await (await import('./take-sheet.ts')).takeSheetPart(ports, parsed.part);
    else if (parsed.kind === 'again') await (await import('./take-drop-again.ts')).takeDropAgain(ports, parsed.dropId);
    else
      for (const drop of parsed.drops)
        ports.metrics.record({ kind: 'drop', outcome: await takeOne(ports, drop, parsed.from) });
    return undefined;
  } catch (error) {
    ports.metrics.record({ kind: 'drop', outcome: 'failed' });
    ports.log.error('drop not taken, it comes back', {
      messageId,
      error: errorName(error),
    });
    return messageId;
  }
}

async function takeOne(ports: TakeDropsPorts, drop: Drop, from: EventSender): Promise<Taken> {
  const reason = whyNotTrusted(from, ports.trusted);
  if (reason === undefined) return takeDrop(ports, drop);
  return (await import('./refuse-drop.ts')).refuseDrop(ports, { drop, from, reason });
}
