/** What a message of a dead-letter queue is about, and where it has to go so that it is tried again. Pure. */
import { MalformedDropEvent, parseDropEvents } from '../routing/drop-events.ts';
import { isRecord } from '../routing/json.ts';
import { InvalidTick, parseTick } from './take-schedule.ts';

/** `drops` and `starts`: what their functions could not do. `undelivered`: what EventBridge, Scheduler and Lambda could not. */
export type DeadLetterQueue = 'drops' | 'starts' | 'undelivered';

export interface DeadLetter {
  readonly what:
    | 'drop'
    | 'sheet part'
    | 'nudge'
    | 'schedule tick'
    | 'status event'
    | 'own event'
    | 'background work'
    | 'unreadable';
  /** For people at their own terminal: may name keys. */
  readonly about: string;
  /** The drop that it is a part of. */
  readonly dropId?: string;
  /** `nowhere`: reconciliation, or the next tick, has long done what it asked for. `stays`: it would come back at once. */
  readonly goesTo: 'drops' | 'starts' | 'on-schedule' | 'nowhere' | 'stays';
  /** What is sent there, where it is not the message itself. */
  readonly payload?: string;
}

export function readDeadLetter(queue: DeadLetterQueue, body: string): DeadLetter {
  if (queue === 'starts') return { what: 'nudge', about: 'tells the starter that something waits', goesTo: 'starts' };
  const value = parse(body);
  return (queue === 'undelivered' ? readUndelivered(value) : undefined) ?? readDrop(value);
}

function readDrop(value: unknown): DeadLetter {
  try {
    const events = parseDropEvents(value);
    if (events.kind === 'sheet') {
      const { dropId, part } = events.part;
      return { what: 'sheet part', about: `part ${part + 1} of drop ${dropId}`, dropId, goesTo: 'drops' };
    }
    if (events.kind === 'again') {
      const { dropId } = events;
      return { what: 'drop', about: `what lies now where drop ${dropId} lay`, dropId, goesTo: 'drops' };
    }
    if (events.kind === 'ignored') return { what: 'background work', about: events.reason, goesTo: 'nowhere' };
    const about = events.drops.map(({ bucket, key }) => `s3://${bucket}/${key}`).join(' ');
    return { what: 'drop', about, goesTo: 'drops' };
  } catch (error) {
    if (!(error instanceof MalformedDropEvent)) throw error;
    return { what: 'unreadable', about: error.message, goesTo: 'stays' };
  }
}

/** Three shapes: the event itself, a schedule's input, or Lambda's record of an asynchronous invocation that failed. */
function readUndelivered(value: unknown): DeadLetter | undefined {
  if (!isRecord(value)) return undefined;
  const context = isRecord(value.requestContext) ? value.requestContext : undefined;
  if (context !== undefined && 'requestPayload' in value) return readInvocation(value.requestPayload);
  return readInvocation(value);
}

function readInvocation(payload: unknown): DeadLetter | undefined {
  if (!isRecord(payload)) return undefined;
  if (payload['detail-type'] === 'Run Status Change') {
    return { what: 'status event', about: 'reconciliation has looked at the run since', goesTo: 'nowhere' };
  }
  if (payload.source === 'rundrop') {
    const about = `${String(payload['detail-type'])}, which the ledger has, and the bus or whom it forwards to has not`;
    return { what: 'own event', about, goesTo: 'stays' };
  }
  const isOfSweepOrReconcile = Object.keys(payload).length === 0 || 'scan' in payload;
  if (isOfSweepOrReconcile) {
    return { what: 'background work', about: 'the next tick has done it since', goesTo: 'nowhere' };
  }
  try {
    const { schedule, scheduledTime } = parseTick(payload);
    const about = `${schedule}, due ${scheduledTime}`;
    return { what: 'schedule tick', about, goesTo: 'on-schedule', payload: JSON.stringify(payload) };
  } catch (error) {
    if (error instanceof InvalidTick) return undefined;
    throw error;
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return body;
    throw error;
  }
}
