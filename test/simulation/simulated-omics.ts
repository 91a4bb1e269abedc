/** HealthOmics: remembers requestIds for a time, takes runs through their statuses, and forgets runs. */
import type { FaultTally } from './fault-tally.ts';
import type { Faults } from './faults.ts';
import { type Invocation, ServiceError } from './invocations.ts';
import type { Journal } from './journal.ts';
import type { RandomSource } from './random-source.ts';
import type { Timeline } from './timeline.ts';

export interface SimulatedRun {
  readonly runId: string;
  readonly uuid: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** What StartRun was given; absent of runs that somebody else started. */
  readonly input?: Readonly<Record<string, unknown>>;
  readonly inputText: string;
  readonly createdMs: number;
  status: string;
  failureReason?: string;
  readonly statuses: { readonly status: string; readonly atMs: number }[];
  endedMs?: number;
  removedMs?: number;
}

/** One StartRun call as it arrived. */
export interface StartCall {
  readonly atMs: number;
  readonly requestId: string;
  readonly inputText: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** The run's uuid, or the error's name. */
  readonly answer: string;
  readonly by: Invocation;
  /** When it left for HealthOmics: another that left later may arrive before it. */
  readonly sentMs: number;
}

export interface Window {
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface OmicsWorld {
  readonly timeline: Timeline;
  readonly random: RandomSource;
  readonly journal: Journal;
  readonly tally: FaultTally;
  faults(): Faults;
  /** A status event leaves HealthOmics. */
  announce(run: SimulatedRun): void;
}

export interface OmicsSettings {
  readonly memoryMs: number;
  readonly quotaFull: readonly Window[];
  readonly bursts: readonly Window[];
  /** Of runs, that end as FAILED. */
  readonly failureRate: number;
  /** Parameters that contain this make StartRun fail with a 500, always. */
  readonly poison: string;
  /** Of these, those that contain this make a run all the same, some time after the first call. */
  readonly late?: string;
  /** How long a run takes, from PENDING to its end; absent: as chance has it. */
  readonly lifeMs?: () => number;
}

const RETRIABLE = [
  'SERVICE_ERROR',
  'INSTANCE_RESERVATION_FAILED',
  'FILE_SYSTEM_OUT_OF_SPACE',
  'MODIFIED_INPUT_RESOURCE',
] as const;
const PERMANENT = ['OUT_OF_MEMORY_ERROR', 'RUN_TASK_FAILED', 'WORKFLOW_RUN_FAILED'] as const;
const ENDS = ['COMPLETED', 'FAILED', 'CANCELLED'];
const MINUTE_MS = 60_000;
/** When each status begins, as a share of a run's life. */
const WHOLE_LIFE: ReadonlyMap<string, number> = new Map([
  ['STARTING', 0.005],
  ['RUNNING', 0.03],
  ['STOPPING', 0.98],
]);

export class SimulatedOmics {
  readonly runs: SimulatedRun[] = [];
  readonly starts: StartCall[] = [];
  /** What DeleteRun deleted. */
  readonly deleted: SimulatedRun[] = [];
  readonly calls = { getRun: 0, listRuns: 0, findByName: 0 };
  /** GetRun calls of reconciliation that found the run as active as before. */
  readonly idleLooks = new Map<string, number>();
  readonly #memory = new Map<string, { readonly run: SimulatedRun; readonly atMs: number }>();
  readonly #freeIds: string[] = [];
  readonly #world: OmicsWorld;
  readonly #settings: OmicsSettings;
  /** Not even what is poisonous gets a 500 any more. */
  cured = false;
  #nextId = 1_000_001;

  constructor(world: OmicsWorld, settings: OmicsSettings) {
    this.#world = world;
    this.#settings = settings;
  }

  startRun(input: Readonly<Record<string, unknown>>, from: Pick<StartCall, 'by' | 'sentMs'>): SimulatedRun {
    const atMs = this.#world.timeline.nowMs;
    const requestId = String(input.requestId);
    const inputText = JSON.stringify(input);
    const record = (answer: string) => {
      this.starts.push({ atMs, requestId, inputText, input, answer, ...from });
      this.#world.journal.write(atMs, `StartRun ${requestId} ${answer}`);
    };
    try {
      const run = this.#startOrRemember(input, inputText, atMs);
      record(run.uuid);
      return run;
    } catch (error) {
      record(error instanceof Error ? error.name : 'unknown');
      throw error;
    }
  }

  #startOrRemember(input: Readonly<Record<string, unknown>>, inputText: string, nowMs: number): SimulatedRun {
    const { tally } = this.#world;
    if (within(this.#settings.bursts, nowMs)) {
      const name = this.#world.random.pick(['ThrottlingException', 'InternalServerException'] as const);
      tally.add(name === 'ThrottlingException' ? 'StartRun throttled' : 'StartRun failed with 5xx');
      throw new ServiceError(name);
    }
    if (!this.cured && inputText.includes(this.#settings.poison)) {
      const { late } = this.#settings;
      if (late !== undefined && inputText.includes(late)) this.#startLate(input, inputText);
      throw new ServiceError('InternalServerException');
    }
    const known = this.#memory.get(String(input.requestId));
    if (known !== undefined && nowMs - known.atMs <= this.#settings.memoryMs) return known.run;
    if (input.workflowId === '404') throw new ServiceError('ValidationException', 'no such workflow');
    if (within(this.#settings.quotaFull, nowMs)) {
      tally.add('quota full');
      throw new ServiceError('ServiceQuotaExceededException');
    }
    return this.#start(input, inputText);
  }

  #start(input: Readonly<Record<string, unknown>>, inputText: string): SimulatedRun {
    const tags = (input.tags ?? {}) as Record<string, string>;
    const run = this.create({ name: String(input.name), tags, input, inputText });
    this.#memory.set(String(input.requestId), { run, atMs: this.#world.timeline.nowMs });
    return run;
  }

  /** Nobody hears of the run that its first call makes after all. */
  #startLate(input: Readonly<Record<string, unknown>>, inputText: string): void {
    const requestId = String(input.requestId);
    if (this.starts.some((call) => call.requestId === requestId)) return;
    this.#world.timeline.after(this.#world.random.int(1, 90) * MINUTE_MS, () => {
      if (!this.#memory.has(requestId)) this.#start(input, inputText);
    });
  }

  create(
    given: Pick<SimulatedRun, 'name' | 'tags' | 'inputText'> & Partial<Pick<SimulatedRun, 'input'>>,
  ): SimulatedRun {
    const { timeline, random } = this.#world;
    const reused = random.chance(this.#world.faults().idReused) ? this.#freeIds.shift() : undefined;
    if (reused !== undefined) this.#world.tally.add('id reused');
    const runId = reused ?? String(this.#nextId++);
    const uuid = `uuid-${this.runs.length + 1}`;
    const run: SimulatedRun = {
      ...given,
      runId,
      uuid,
      createdMs: timeline.nowMs,
      status: 'PENDING',
      statuses: [{ status: 'PENDING', atMs: timeline.nowMs }],
    };
    this.runs.push(run);
    this.#world.announce(run);
    this.#live(run);
    return run;
  }

  /** What will become of the run, decided now. */
  #live(run: SimulatedRun): void {
    const { random, timeline } = this.#world;
    const faults = this.#world.faults();
    const ending = this.#ending();
    const steps = ['STARTING', 'RUNNING', 'STOPPING'].filter(() => !random.chance(0.15));
    // Some end before anybody has looked.
    const isQuick = random.chance(0.15);
    const lifeMs = this.#settings.lifeMs?.();
    let delayMs = 0;
    for (const status of lifeMs === undefined ? [...steps, ending.status] : [...WHOLE_LIFE.keys(), ending.status]) {
      if (lifeMs !== undefined) delayMs = lifeMs * (WHOLE_LIFE.get(status) ?? 1);
      else delayMs += isQuick ? random.int(50, 1_000) : longerMs(random);
      const failureReason = status === ending.status ? ending.failureReason : undefined;
      timeline.after(delayMs, () => this.#move(run, status, failureReason));
    }
    if (!random.chance(faults.runRemoved)) return;
    timeline.after(delayMs + random.int(1, random.chance(0.5) ? 2_000 : 10 * MINUTE_MS), () => this.remove(run));
  }

  #ending(): { readonly status: string; readonly failureReason?: string } {
    const { random } = this.#world;
    if (random.chance(this.#world.faults().runCancelled)) {
      this.#world.tally.add('run cancelled');
      return { status: 'CANCELLED' };
    }
    if (!random.chance(this.#settings.failureRate)) return { status: 'COMPLETED' };
    if (random.chance(0.1)) return { status: 'FAILED' };
    return { status: 'FAILED', failureReason: random.pick(random.chance(0.7) ? RETRIABLE : PERMANENT) };
  }

  #move(run: SimulatedRun, status: string, failureReason: string | undefined): void {
    if (ENDS.includes(run.status)) return;
    const { timeline, journal } = this.#world;
    run.status = status;
    if (failureReason !== undefined) run.failureReason = failureReason;
    run.statuses.push({ status, atMs: timeline.nowMs });
    if (ENDS.includes(status)) run.endedMs = timeline.nowMs;
    journal.write(timeline.nowMs, `run ${run.uuid} ${run.runId} ${status}`);
    this.#world.announce(run);
  }

  remove(run: SimulatedRun): void {
    if (run.removedMs !== undefined || run.endedMs === undefined) return;
    run.removedMs = this.#world.timeline.nowMs;
    this.#freeIds.push(run.runId);
    this.#world.tally.add('run removed');
    this.#world.journal.write(run.removedMs, `run ${run.uuid} ${run.runId} removed`);
    // Somebody starts another, or the same anew, which may get the id.
    const { random } = this.#world;
    if (!random.chance(0.7)) return;
    this.create({ name: random.chance(0.6) ? run.name : 'foreign', tags: {}, inputText: '' });
  }

  getRun(runId: string): SimulatedRun | undefined {
    this.calls.getRun += 1;
    return this.runs.find((run) => run.runId === runId && run.removedMs === undefined);
  }

  /** As HealthOmics: only what has ended is deleted, whatever the caller believes. */
  delete(runId: string): 'deleted' | 'gone' | 'refused' {
    const run = this.getRun(runId);
    if (run === undefined) return 'gone';
    if (!ENDS.includes(run.status)) return 'refused';
    this.deleted.push(run);
    this.#world.tally.add('run pruned');
    this.remove(run);
    return 'deleted';
  }

  /** Newest first. */
  stored(status?: string): readonly SimulatedRun[] {
    const isWanted = (run: SimulatedRun) =>
      run.removedMs === undefined && (status === undefined || run.status === status);
    return this.runs.filter(isWanted).reverse();
  }

  cancel(runId: string): void {
    const run = this.getRun(runId);
    if (run === undefined || ENDS.includes(run.status) || run.status === 'STOPPING')
      throw new ServiceError('ConflictException');
    this.#move(run, 'STOPPING', undefined);
    this.#world.timeline.after(longerMs(this.#world.random), () => this.#move(run, 'CANCELLED', undefined));
  }

  findByName(name: string): readonly SimulatedRun[] {
    this.calls.findByName += 1;
    const called = this.starts.find(({ input }) => input.name === name);
    if (called !== undefined && this.#world.timeline.nowMs - called.atMs > this.#settings.memoryMs)
      this.#world.tally.add('requestId forgotten');
    return this.runs.filter((run) => run.name === name && run.removedMs === undefined);
  }

  listRuns(status: string): readonly SimulatedRun[] {
    this.calls.listRuns += 1;
    if (this.#world.random.chance(this.#world.faults().pageTokenExpired)) {
      this.#world.tally.add('page token expired');
      throw new ServiceError('ValidationException', 'the page token has expired');
    }
    return this.runs.filter((run) => run.status === status && run.removedMs === undefined);
  }
}

function within(windows: readonly Window[], nowMs: number): boolean {
  return windows.some(({ fromMs, untilMs }) => nowMs >= fromMs && nowMs < untilMs);
}

function longerMs(random: RandomSource): number {
  return random.chance(0.2) ? random.int(5, 20) * MINUTE_MS : random.int(500, 3 * MINUTE_MS);
}
