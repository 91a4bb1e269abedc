/** The laptop's own interpreter of state machines, on any clock and without its HTTP server. */
import type { Clock, LambdaPort } from '../../local/ports.ts';
import { Engine } from '../../local/stepfunctions/engine.ts';
import { Evaluator } from '../../local/stepfunctions/evaluator.ts';
import { Executions } from '../../local/stepfunctions/execution-operations.ts';
import { createInvoke } from '../../local/stepfunctions/integrations.ts';
import { Machines } from '../../local/stepfunctions/machine-operations.ts';
import { statusOf } from '../../local/stepfunctions/records.ts';
import { Store } from '../../local/stepfunctions/store.ts';
import { taskOperations } from '../../local/stepfunctions/task-operations.ts';
import { TaskTokens } from '../../local/stepfunctions/task-tokens.ts';

const ROLE_ARN = 'arn:aws:iam::000000000000:role/StateMachine';

export interface VirtualStepFunctions {
  /** Returns its ARN. */
  machine(name: string, definition: object): string;
  /** Returns the execution's ARN; one of that name that exists is as good. */
  start(machineArn: string, name: string, input: unknown): string;
  status(executionArn: string): string | undefined;
  succeed(token: string, output: unknown): Promise<'delivered' | 'spent'>;
  fail(token: string, error: string, cause: string): Promise<'delivered' | 'spent'>;
  /** States that the execution has entered so far, and how many events that made. */
  entered(executionArn: string): { readonly states: number; readonly events: number };
}

export function virtualStepFunctions(
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
  lambda: LambdaPort,
): VirtualStepFunctions {
  const region = 'us-east-1';
  const report = (line: string) => console.error(line);
  const surroundings = { accountId: '000000000000', region, clock, random, report };
  const store = new Store({ dataDir: undefined, nowMs: clock.nowMs() });
  const tokens = new TaskTokens(store.tokenKey);
  const services = { clock, random, region, evaluator: new Evaluator(), tokens, invoke: createInvoke({ lambda }) };
  const engine = new Engine(services, store, report);
  const machines = new Machines(surroundings, store, engine);
  const executions = new Executions({ store, engine, machines, clock });
  const { SendTaskSuccess: succeed, SendTaskFailure: fail } = taskOperations(tokens);
  const answer = async (sent: unknown) => {
    try {
      await sent;
      return 'delivered';
    } catch {
      return 'spent';
    }
  };
  return {
    machine: (name, definition) =>
      machines.put({ name, definition: JSON.stringify(definition), roleArn: ROLE_ARN }).arn,
    start(stateMachineArn, name, input) {
      const arn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
      if (!store.executions.has(arn)) executions.start({ stateMachineArn, name, input: JSON.stringify(input) });
      return arn;
    },
    status(arn) {
      const execution = store.executions.get(arn);
      return execution === undefined ? undefined : statusOf(execution);
    },
    succeed: (taskToken, output) =>
      answer(Promise.resolve().then(() => succeed?.({ taskToken, output: JSON.stringify(output) }))),
    fail: (taskToken, error, cause) => answer(Promise.resolve().then(() => fail?.({ taskToken, error, cause }))),
    entered(arn) {
      const execution = store.executions.get(arn);
      const events = execution === undefined ? [] : (store.eventsOf(execution) ?? []);
      return { states: events.filter(({ type }) => type.endsWith('StateEntered')).length, events: events.length };
    },
  };
}
