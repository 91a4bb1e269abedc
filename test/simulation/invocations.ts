/** Lambda: runs functions, each call of which may take time, fail, or be the last thing that the process does. */
import type { FaultName, FaultTally } from './fault-tally.ts';
import type { Faults } from './faults.ts';
import type { Journal } from './journal.ts';
import type { RandomSource } from './random-source.ts';
import type { Caller } from './simulated-table.ts';
import type { Timeline } from './timeline.ts';

export interface Invocation {
  readonly id: number;
  readonly functionName: string;
  readonly event: unknown;
  readonly beganMs: number;
  readonly deadlineMs: number;
  readonly skewMs: number;
  alive: boolean;
  /** Something went wrong in it that the world did. */
  harmed: boolean;
  readonly end: (end: InvocationEnd) => void;
}

export type InvocationEnd =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly name: string; readonly message: string }
  | { readonly kind: 'died'; readonly name: string };

/** An error that a service answers, or that the SDK makes of silence. */
export class ServiceError extends Error {
  override readonly name: string;
  constructor(name: string, message: string = name) {
    super(message);
    this.name = name;
  }
}

/** Dies at this call, counted over the whole simulation. */
export interface CrashPoint {
  readonly call: number;
  readonly side: 'before' | 'after';
}

type Fate = 'ok' | 'crash-before' | 'crash-after' | 'fail' | 'lost' | 'hang' | 'repeated';
const FAULT_OF_FATE: Readonly<Record<Exclude<Fate, 'ok'>, FaultName>> = {
  'crash-before': 'crash before a call',
  'crash-after': 'crash after a call',
  fail: 'call failed',
  lost: 'reply lost after success',
  hang: 'call without end',
  repeated: 'call repeated by the SDK',
};

type Run = (invocation: Invocation) => Promise<unknown>;

export interface InvocationWorld {
  readonly timeline: Timeline;
  readonly random: RandomSource;
  readonly journal: Journal;
  readonly tally: FaultTally;
  /** How long each call takes; absent: as the faults say. */
  readonly latencyMs: ((name: string) => number) | undefined;
  faults(): Faults;
}

const ERROR_OF_SERVICE: Readonly<Record<string, string>> = {
  table: 'InternalServerError',
  omics: 'ThrottlingException',
  states: 'ThrottlingException',
  s3: 'SlowDown',
  sqs: 'TimeoutError',
  events: 'AnnouncementRefused',
  sns: 'InternalErrorException',
};

export class Invocations {
  /** Remote calls so far, in the order in which they were made. */
  calls = 0;
  readonly all: Invocation[] = [];
  readonly crashPoints: readonly CrashPoint[];
  readonly #world: InvocationWorld;

  constructor(world: InvocationWorld, crashPoints: readonly CrashPoint[]) {
    this.#world = world;
    this.crashPoints = crashPoints;
  }

  /** Runs a function once; `end` is called when it has returned, thrown, died or run out of time. */
  invoke(
    functionName: string,
    { event, timeoutMs }: { readonly event: unknown; readonly timeoutMs: number },
    run: Run,
    end: (end: InvocationEnd) => void,
  ): void {
    const { timeline, random, journal } = this.#world;
    const invocation: Invocation = {
      id: this.all.length + 1,
      functionName,
      event,
      beganMs: timeline.nowMs,
      deadlineMs: timeline.nowMs + timeoutMs,
      skewMs: Math.round((random.next() - 0.5) * 2 * this.#world.faults().skewMs),
      alive: true,
      harmed: false,
      end,
    };
    this.all.push(invocation);
    if (invocation.skewMs !== 0) this.#world.tally.add('clock skewed');
    journal.write(timeline.nowMs, `${functionName}#${invocation.id} begins`);
    timeline.after(timeoutMs, () => this.#timeOut(invocation));
    run(invocation).then(
      (value) => this.#finish(invocation, { kind: 'returned', value }),
      (error: unknown) => {
        const name = error instanceof Error ? error.name : 'unknown';
        this.#finish(invocation, { kind: 'threw', name, message: error instanceof Error ? error.message : '' });
      },
    );
  }

  #timeOut(invocation: Invocation): void {
    if (!invocation.alive) return;
    const { tally } = this.#world;
    tally.add('function timed out');
    const { Records = [] } = (invocation.event ?? {}) as { readonly Records?: readonly unknown[] };
    if (Records.length > 1) tally.add('timeout in mid-batch');
    this.kill(invocation, 'Sandbox.Timedout');
  }

  kill(invocation: Invocation, name: string): void {
    if (!invocation.alive) return;
    invocation.alive = false;
    invocation.harmed = true;
    this.#world.journal.write(this.#world.timeline.nowMs, `${invocation.functionName}#${invocation.id} dies: ${name}`);
    this.#world.timeline.after(0, () => invocation.end({ kind: 'died', name }));
  }

  #finish(invocation: Invocation, end: InvocationEnd): void {
    if (!invocation.alive) return;
    invocation.alive = false;
    const { journal, timeline } = this.#world;
    journal.write(timeline.nowMs, `${invocation.functionName}#${invocation.id} ${JSON.stringify(end)}`);
    invocation.end(end);
  }

  callerOf(invocation: Invocation): Caller {
    return <T>(name: string, effect: () => T) => this.#call(invocation, name, effect);
  }

  #call<T>(invocation: Invocation, name: string, effect: () => T): Promise<T> {
    // What is dead neither calls nor hears.
    if (!invocation.alive) return new Promise(() => {});
    this.calls += 1;
    const fate = this.#fate(name);
    const { journal, timeline } = this.#world;
    journal.write(
      timeline.nowMs,
      `${invocation.functionName}#${invocation.id} ${name}${fate === 'ok' ? '' : ` ${fate}`}`,
    );
    if (fate !== 'ok') {
      invocation.harmed = true;
      this.#world.tally.add(FAULT_OF_FATE[fate]);
      if (name === 'events.announce' && fate === 'fail') this.#world.tally.add('PutEvents refused');
    }
    switch (fate) {
      case 'crash-before':
        this.kill(invocation, 'Runtime.ExitError');
        return new Promise(() => {});
      case 'crash-after':
        attempt(effect);
        this.kill(invocation, 'Runtime.ExitError');
        return new Promise(() => {});
      case 'fail':
        return Promise.reject(errorOf(name));
      case 'lost':
        attempt(effect);
        // Whoever throttles does nothing, so a lost answer looks otherwise.
        return Promise.reject(new ServiceError('TimeoutError', 'the answer was lost'));
      case 'hang':
        if (this.#world.random.chance(0.5)) attempt(effect);
        return new Promise(() => {});
      case 'repeated':
        attempt(effect);
        return this.#timed(invocation, name, effect);
      case 'ok':
        return this.#timed(invocation, name, effect);
      default:
        return fate satisfies never;
    }
  }

  #fate(name: string): Fate {
    const point = this.crashPoints.find(({ call }) => call === this.calls);
    if (point !== undefined) return `crash-${point.side}`;
    const { random } = this.#world;
    const { crash, fail, lostReply, hang, announcementRefused, repeatedBySdk } = this.#world.faults();
    if (name === 'events.announce' && random.chance(announcementRefused)) return 'fail';
    if (crash + fail + lostReply + hang + repeatedBySdk === 0 || name.startsWith('clock')) return 'ok';
    if (random.chance(crash)) return random.chance(0.5) ? 'crash-before' : 'crash-after';
    if (random.chance(fail)) return 'fail';
    if (random.chance(lostReply)) return 'lost';
    if (random.chance(hang)) return 'hang';
    return random.chance(repeatedBySdk) ? 'repeated' : 'ok';
  }

  /** The effect comes with the call or with the reply; in between others may act. */
  #timed<T>(invocation: Invocation, name: string, effect: () => T): Promise<T> {
    const { random, timeline } = this.#world;
    const { latency, slow } = this.#world.faults();
    const givenMs = this.#world.latencyMs?.(name);
    if (givenMs === undefined && !random.chance(latency)) {
      const result = attempt(effect);
      return result.ok ? Promise.resolve(result.value) : Promise.reject(result.error);
    }
    const delayMs = givenMs ?? drawnMs(random, slow);
    if (delayMs >= 1_000) invocation.harmed = true;
    const early = random.chance(0.5) ? attempt(effect) : undefined;
    return new Promise((resolve, reject) => {
      timeline.after(delayMs, () => {
        const result = early ?? attempt(effect);
        if (!invocation.alive) return;
        if (result.ok) resolve(result.value);
        else reject(result.error);
      });
    });
  }
}

function drawnMs(random: RandomSource, slow: number): number {
  return random.chance(slow) ? random.int(1_000, random.chance(0.3) ? 20_000 : 3_000) : random.int(1, 200);
}

function errorOf(name: string): ServiceError {
  const service = name.slice(0, name.indexOf('.'));
  return new ServiceError(ERROR_OF_SERVICE[service] ?? 'TimeoutError', 'the simulated service was ill');
}

type Attempted<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

function attempt<T>(effect: () => T): Attempted<T> {
  try {
    return { ok: true, value: effect() };
  } catch (error) {
    return { ok: false, error };
  }
}
