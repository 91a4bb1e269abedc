/**
 * Rundrop on virtual time: the code of functions/ and lib/ and run-lifecycle.asl.json in the laptop's own interpreter.
 * HealthOmics, DynamoDB, S3, SQS and EventBridge are the simulation's, each call as long as it would take on AWS.
 */
import type { LambdaOutcome } from '../../local/ports.ts';
import { NO_FAULTS } from '../../test/simulation/faults.ts';
import type { InvocationEnd } from '../../test/simulation/invocations.ts';
import type { Ports } from '../../test/simulation/ports.ts';
import { RandomSource } from '../../test/simulation/random-source.ts';
import { DEFINITION } from '../../test/simulation/simulated-executions.ts';
import type { SimulatedRun } from '../../test/simulation/simulated-omics.ts';
import { POISON, ROUTE_FILES } from '../../test/simulation/workload.ts';
import { START_MS, World } from '../../test/simulation/world.ts';
import { type VirtualStepFunctions, virtualStepFunctions } from './step-functions.ts';

export interface VirtualOptions {
  readonly seed: number;
  /** Whether HealthOmics' status events arrive. */
  readonly events: boolean;
  /** Of each run, from PENDING to its end. */
  readonly lifeMs: (random: RandomSource) => number;
}

const TRUST_SECONDS = 1800;
const MOST_STEPS = 50_000_000;
/** Milliseconds that a call of each service takes: most of them, and one in twenty. */
const LATENCIES: Readonly<Record<string, readonly [number, number, number]>> = {
  table: [4, 12, 40],
  s3: [15, 50, 200],
  sqs: [8, 25, 80],
  events: [15, 50, 150],
  states: [20, 80, 250],
  omics: [80, 300, 900],
};
const SELDOM = 0.05;
/** A function that has not run for ten minutes starts anew. */
const KEPT_WARM_MS = 600_000;
const WARM_MS: readonly [number, number] = [5, 25];
const COLD_MS: readonly [number, number] = [350, 800];
const PAGE_SIZE = 100;
const TEMPLATE_FRESH_MS = 3_600_000;
const SILENCE = { fromMs: Number.POSITIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY };

export class VirtualLaptop extends World {
  /** Calls of HealthOmics so far, by name. */
  readonly omicsCalls = new Map<string, number>();
  readonly stepFunctions: VirtualStepFunctions;
  /** Functions that are not Rundrop's. */
  readonly answers = new Map<string, () => unknown>();
  readonly #machineArn: string;
  readonly #events: boolean;
  /** Of its own, so that how long something takes does not change what happens. */
  readonly #latencies: RandomSource;
  #templateMs = Number.NEGATIVE_INFINITY;
  readonly #lastRunMs = new Map<string, number>();

  constructor({ seed, events, lifeMs }: VirtualOptions) {
    const latencies = new RandomSource(seed + 1);
    const lives = new RandomSource(seed + 2);
    super({
      seed,
      faults: NO_FAULTS,
      routes: ROUTE_FILES,
      omics: {
        memoryMs: TRUST_SECONDS * 1000,
        quotaFull: [],
        bursts: [],
        failureRate: 0,
        poison: POISON,
        lifeMs: () => lifeMs(lives),
      },
      requestIdTrustSeconds: TRUST_SECONDS,
      reconciles: true,
      silence: SILENCE,
      crashPoints: [],
      keepsJournal: false,
      latencyMs: (name) => latencyMs(latencies, name),
      mostSteps: MOST_STEPS,
      plant: { name: 'bench', what: 'counts calls', ports: (ports) => this.#portsOf(ports) },
    });
    this.#latencies = latencies;
    this.#events = events;
    const { timeline, random } = this;
    this.stepFunctions = virtualStepFunctions(
      {
        random: () => random.next(),
        clock: {
          nowMs: () => timeline.nowMs,
          after(delayMs, action) {
            let isOn = true;
            timeline.after(delayMs, () => isOn && action());
            return () => {
              isOn = false;
            };
          },
        },
      },
      { invoke: (functionName, payload) => this.#answerOf(functionName, payload) },
    );
    this.#machineArn = this.stepFunctions.machine('run-lifecycle', DEFINITION);
  }

  override announce(run: SimulatedRun): void {
    if (this.#events) super.announce(run);
  }

  override invoke(functionName: string, event: unknown, end: (end: InvocationEnd) => void): void {
    this.timeline.after(this.#startMs(functionName), () => super.invoke(functionName, event, end));
  }

  /** From START_MS. */
  runFor(durationMs: number): Promise<void> {
    return this.timeline.runUntil(START_MS + durationMs);
  }

  #startMs(functionName: string): number {
    const { nowMs } = this.timeline;
    const lastMs = this.#lastRunMs.get(functionName) ?? Number.NEGATIVE_INFINITY;
    this.#lastRunMs.set(functionName, nowMs);
    return this.#latencies.int(...(nowMs - lastMs > KEPT_WARM_MS ? COLD_MS : WARM_MS));
  }

  #answerOf(functionName: string, payload: unknown): Promise<LambdaOutcome> {
    const { promise, resolve } = Promise.withResolvers<LambdaOutcome>();
    const answer = this.answers.get(functionName);
    if (answer !== undefined)
      this.timeline.after(this.#startMs(functionName), () => resolve({ kind: 'returned', payload: answer() }));
    else this.invoke(functionName, payload, (end) => resolve(outcomeOf(end)));
    return promise;
  }

  #count(name: string): void {
    this.omicsCalls.set(name, (this.omicsCalls.get(name) ?? 0) + 1);
  }

  #portsOf(ports: Ports): Ports {
    const { call } = ports;
    const states = this.stepFunctions;
    const machineArn = this.#machineArn;
    const whole = <T>(name: string, effect: () => T | Promise<T>) => call(name, effect).then((value) => value);
    return {
      ...ports,
      runs: {
        ...counted(ports.runs, (name) => this.#count(name)),
        listRuns: async (status) => {
          const runs = await ports.runs.listRuns(status);
          for (let page = 0; page < Math.max(1, Math.ceil(runs.length / PAGE_SIZE)); page += 1) this.#count('listRuns');
          return runs;
        },
        parameterTemplate: (workflow) => {
          // lib/aws asks once in so long for each workflow, and remembers.
          const { nowMs } = this.timeline;
          if (nowMs - this.#templateMs >= TEMPLATE_FRESH_MS) {
            this.#templateMs = nowMs;
            this.#count('getWorkflow');
          }
          return ports.runs.parameterTemplate(workflow);
        },
      },
      archive: counted(ports.archive, (name) => this.#count(`evidence ${name}`)),
      executions: {
        ...ports.executions,
        start: (name, input) => whole('states.start', () => states.start(machineArn, name, input)),
        status: (arn) => whole('states.status', () => states.status(arn)),
        succeed: (token, output) => whole('states.succeed', () => states.succeed(token, output)),
        fail: (token, error, cause) => whole('states.fail', () => states.fail(token, error, cause)),
      },
    };
  }
}

/** The same port, each call of which is told of by its name. */
function counted<T extends object>(port: T, count: (name: string) => void): T {
  const methods = Object.entries(port).map(([name, method]) => [
    name,
    (...parameters: unknown[]) => {
      count(name);
      return (method as (...parameters: unknown[]) => unknown)(...parameters);
    },
  ]);
  return Object.fromEntries(methods) as T;
}

function latencyMs(random: RandomSource, name: string): number {
  const [least, most, seldom] = LATENCIES[name.slice(0, name.indexOf('.'))] ?? [1, 5, 10];
  return random.chance(SELDOM) ? random.int(most, seldom) : random.int(least, most);
}

function outcomeOf(end: InvocationEnd): LambdaOutcome {
  if (end.kind === 'returned') return { kind: 'returned', payload: end.value ?? null };
  const errorMessage = end.kind === 'threw' ? end.message : end.name;
  return { kind: 'threw', payload: { errorType: end.name, errorMessage } };
}
