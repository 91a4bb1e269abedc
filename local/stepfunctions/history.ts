/** The event history of one execution, in GetExecutionHistory's own words. */
import type { JsonObject } from '../aws-json.ts';
import { HistoryFull } from './failures.ts';

export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly type: string;
  /** One member of details, named for the type. */
  readonly [details: string]: unknown;
}

/** What the last attempt of a task had come to, when it had come to something. */
export type TaskOutcome =
  | { readonly kind: 'succeeded'; readonly output: string }
  | { readonly kind: 'failed'; readonly error?: string; readonly cause?: string };

/** The state, not inside a Parallel or Map, that an execution was last in: where it goes on after a restart. */
export interface ResumePoint {
  readonly state: string;
  readonly input: string;
  readonly enteredMs: number;
  /** The last event outside Parallel and Map. */
  readonly eventId: number;
  readonly outcome?: TaskOutcome;
}

export interface NewEvent {
  readonly type: string;
  readonly details?: JsonObject;
  readonly previousEventId: number;
  /** Inside a Parallel or Map. */
  readonly nested?: boolean;
}

/** AWS's hard quota; the last place is kept for the event that closes the execution. */
const MOST_EVENTS = 25_000;
const OUTCOME = /^(?:Task|LambdaFunction)(Scheduled|Succeeded|Failed|TimedOut)$/;
/** Event types whose details are not named for the type itself. */
const DETAIL_NAMES = [
  [/StateEntered$/, 'stateEnteredEventDetails'],
  [/StateExited$/, 'stateExitedEventDetails'],
] as const;

export class History {
  readonly #events: HistoryEvent[];
  readonly #onRecord: (event: HistoryEvent, nested: boolean) => void;
  #point: ResumePoint | undefined;
  #closed = false;

  constructor(onRecord: (event: HistoryEvent, nested: boolean) => void, past: PastHistory = { events: [] }) {
    this.#events = [...past.events];
    this.#point = past.point;
    this.#onRecord = onRecord;
  }

  get events(): readonly HistoryEvent[] {
    return this.#events;
  }

  get point(): ResumePoint | undefined {
    return this.#point;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Adds one event and returns its id. @throws HistoryFull when only the closing event still fits. */
  record(event: NewEvent, nowMs: number): number {
    if (this.#events.length >= MOST_EVENTS - 1 && event.type !== 'ExecutionSucceeded') {
      throw new HistoryFull(`The execution reached the maximum number of history events (${MOST_EVENTS}).`);
    }
    return this.#add(event, nowMs);
  }

  /** Adds the last event. Whatever a straggler still tries to record after it is for nobody. */
  close(event: NewEvent, nowMs: number): void {
    this.#add(event, nowMs);
    this.#closed = true;
  }

  /** For a process that ends: what is recorded from now on would be nobody's. */
  detach(): void {
    this.#closed = true;
  }

  /** Takes in an event read back from disk. */
  restore(event: HistoryEvent, nested: boolean): void {
    this.#events.push(event);
    if (!nested) this.#point = advance(this.#point, event);
  }

  #add({ type, details, previousEventId, nested = false }: NewEvent, nowMs: number): number {
    const id = this.#events.length + 1;
    const base = { timestamp: nowMs / 1000, type, id, previousEventId };
    const event: HistoryEvent = details === undefined ? base : { ...base, [detailsName(type)]: details };
    this.#events.push(event);
    if (!nested) this.#point = advance(this.#point, event);
    this.#onRecord(event, nested);
    return id;
  }
}

/** What is kept of a history outside memory. */
export interface PastHistory {
  readonly events: readonly HistoryEvent[];
  readonly point?: ResumePoint | undefined;
}

function detailsName(type: string): string {
  const special = DETAIL_NAMES.find(([pattern]) => pattern.test(type));
  return special?.[1] ?? `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}

function advance(point: ResumePoint | undefined, event: HistoryEvent): ResumePoint | undefined {
  const details = (event[detailsName(event.type)] ?? {}) as Record<string, string>;
  if (event.type.endsWith('StateEntered')) {
    const enteredMs = Math.round(event.timestamp * 1000);
    return { state: details.name ?? '', input: details.input ?? '{}', enteredMs, eventId: event.id };
  }
  if (point === undefined) return undefined;
  const { outcome: before, ...rest } = point;
  const step = OUTCOME.exec(event.type)?.[1];
  const outcome = step === undefined ? before : outcomeOf(step, details);
  return { ...rest, eventId: event.id, ...(outcome === undefined ? {} : { outcome }) };
}

function outcomeOf(step: string, details: Record<string, string>): TaskOutcome | undefined {
  if (step === 'Scheduled') return undefined;
  if (step === 'Succeeded') return { kind: 'succeeded', output: details.output ?? 'null' };
  const { error, cause } = details;
  return { kind: 'failed', ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
}
