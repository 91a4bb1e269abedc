/** Step Functions: executions by name, which may be lost or stopped. */
import { readFileSync } from 'node:fs';
import type { FaultTally } from './fault-tally.ts';
import type { Faults } from './faults.ts';
import type { InvocationEnd } from './invocations.ts';
import type { Journal } from './journal.ts';
import type { RandomSource } from './random-source.ts';
import { type Definition, type Execution, StateMachine } from './state-machine.ts';
import type { Timeline } from './timeline.ts';

export interface ExecutionsWorld {
  readonly tally: FaultTally;
  readonly timeline: Timeline;
  readonly random: RandomSource;
  readonly journal: Journal;
  faults(): Faults;
  invoke(functionName: string, payload: unknown, end: (end: InvocationEnd) => void): void;
}

const FUNCTION_OF: Readonly<Record<string, string>> = {
  AwaitStartFunctionArn: 'await-start',
  WatchRunFunctionArn: 'watch-run',
  RecordOutcomeFunctionArn: 'record-outcome',
};

/** The machine as it is deployed, with names for functions. */
export const DEFINITION = JSON.parse(
  readFileSync(new URL('../../statemachines/run-lifecycle.asl.json', import.meta.url), 'utf8').replace(
    /\$\{(\w+)\}/g,
    (_, name: string) => FUNCTION_OF[name] ?? name,
  ),
) as Definition;

const LATEST_HARM_MS = 20 * 60_000;

export class SimulatedExecutions {
  readonly all = new Map<string, Execution>();
  /** Those that Step Functions does not know any more. */
  readonly lost = new Set<Execution>();
  readonly stopped = new Set<Execution>();
  readonly #world: ExecutionsWorld;
  readonly #machine: StateMachine;

  constructor(world: ExecutionsWorld) {
    this.#world = world;
    this.#machine = new StateMachine(DEFINITION, {
      nowMs: () => world.timeline.nowMs,
      after: (delayMs, action) => world.timeline.after(delayMs, action),
      random: () => world.random.next(),
      invoke: (functionName, payload, end) => this.#invoke(functionName, payload, end),
    });
  }

  start(name: string, input: unknown): string {
    const arn = `arn:execution:${name}`;
    const known = this.all.get(arn);
    // Its name is taken for 90 days, however it ended.
    if (known !== undefined) return arn;
    const { timeline, random, journal } = this.#world;
    journal.write(timeline.nowMs, `execution ${name}`);
    const execution = this.#machine.start(name, arn, JSON.parse(JSON.stringify(input)));
    this.all.set(arn, execution);
    const { executionLost, executionStopped } = this.#world.faults();
    if (random.chance(executionLost)) this.#later(() => this.#lose(execution));
    if (random.chance(executionStopped)) this.#later(() => this.stop(execution));
    return arn;
  }

  #later(action: () => void): void {
    const { timeline, random } = this.#world;
    timeline.after(random.chance(0.3) ? random.int(0, 1_000) : random.int(0, LATEST_HARM_MS), action);
  }

  #lose(execution: Execution): void {
    if (execution.status !== 'RUNNING') return;
    this.#world.journal.write(this.#world.timeline.nowMs, `execution ${execution.name} is lost`);
    this.#world.tally.add('execution lost');
    this.#machine.stop(execution);
    this.lost.add(execution);
  }

  stop(execution: Execution): void {
    if (execution.status !== 'RUNNING') return;
    this.#world.journal.write(this.#world.timeline.nowMs, `execution ${execution.name} is stopped`);
    this.#world.tally.add('execution stopped');
    this.#machine.stop(execution);
    this.stopped.add(execution);
  }

  status(arn: string): string | undefined {
    const execution = this.all.get(arn);
    return execution === undefined || this.lost.has(execution) ? undefined : execution.status;
  }

  succeed(token: string, output: unknown): 'delivered' | 'spent' {
    return this.#told(this.#machine.succeed(token, JSON.parse(JSON.stringify(output))));
  }

  fail(token: string, error: string, cause: string): 'delivered' | 'spent' {
    return this.#told(this.#machine.fail(token, error, cause));
  }

  #told(answer: 'delivered' | 'spent'): 'delivered' | 'spent' {
    if (answer === 'spent') this.#world.tally.add('token spent');
    return answer;
  }

  /** Step Functions' own call of Lambda can fail, before the function has run or after. */
  #invoke(functionName: string, payload: unknown, end: (end: InvocationEnd) => void): void {
    const { random, timeline } = this.#world;
    if (!random.chance(this.#world.faults().invokeFails)) {
      this.#world.invoke(functionName, payload, end);
      return;
    }
    this.#world.tally.add('function not invoked');
    const failed = { kind: 'threw', name: 'Lambda.ServiceException', message: '' } as const;
    if (random.chance(0.5)) timeline.after(100, () => end(failed));
    else this.#world.invoke(functionName, payload, () => end(failed));
  }
}
