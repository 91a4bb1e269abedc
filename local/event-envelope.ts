/** The envelope that EventBridge puts around an event. */
import { randomUUID } from 'node:crypto';
import type { BusEvent, Surroundings } from './ports.ts';

/** An event as rules see it and targets get it. */
export interface EventEnvelope {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** ISO 8601, whole seconds. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** The envelope that `event` gets, with a fresh id. */
export function envelopeOf(event: BusEvent, surroundings: Surroundings): EventEnvelope {
  const timeMs = event.timeMs ?? surroundings.clock.nowMs();
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': event.detailType,
    source: event.source,
    account: surroundings.accountId,
    time: new Date(timeMs).toISOString().replace(/\.\d{3}Z$/, 'Z'),
    region: surroundings.region,
    resources: [...(event.resources ?? [])],
    detail: event.detail,
  };
}
