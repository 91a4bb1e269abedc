/**
 * AWS Step Functions on a laptop: Standard state machines in JSONPath, with task tokens and histories as AWS writes them.
 *
 * With a data folder, whatever was answered survives a kill of the process. An execution that was running then goes on,
 * once `resumeExecutions` is called, in the state that it was last in, with that state's input: its task is invoked
 * again, with a new token, and tokens from before answer TaskTimedOut. So a task is invoked **at least once** for each
 * attempt. An outcome that SendTaskSuccess or SendTaskFailure was told before the kill is not asked for again. A state
 * inside a Parallel or Map goes on at the outermost of these, from its start. Retries and TimeoutSeconds of a task
 * count anew; a Wait, and the execution's own TimeoutSeconds, keep their end.
 *
 * Deviations from AWS: no JSONata, variables, distributed Map, Express machines, versions, aliases, activities and
 * EventBridge events of executions; definitions that need what is missing are refused with InvalidDefinition. Paths
 * lead to one place. Intrinsic functions drop backslashes from strings that they return. Lambda, SQS and EventBridge
 * are the only integrations; their results have no SDK headers beside the request id, and sendMessage no MessageId.
 * Roles are not assumed. Closed executions are kept for 90 days, at most 50,000; without a data folder their
 * histories, at most 64 MiB, the newest.
 */
import { answerAwsJson, type JsonObject, type JsonOperations } from '../aws-json.ts';
import type { EventPort, LambdaPort, LocalService, QueuePort, Surroundings } from '../ports.ts';
import { Engine } from './engine.ts';
import { Evaluator } from './evaluator.ts';
import { Executions } from './execution-operations.ts';
import { createInvoke } from './integrations.ts';
import { Machines } from './machine-operations.ts';
import { Store } from './store.ts';
import { taskOperations } from './task-operations.ts';
import { TaskTokens } from './task-tokens.ts';

export interface StepFunctions extends LocalService {
  /**
   * Creates the machine, or gives it this definition; does nothing when it has it. `definition` is an object or JSON text.
   * @throws AwsError `InvalidDefinition` that names the state and the reason, or `InvalidName`
   */
  createStateMachine(request: {
    readonly name: string;
    readonly definition: object | string;
    readonly roleArn: string;
  }): {
    readonly stateMachineArn: string;
  };
  /** Lets executions be started by `STATE_MACHINE_ARN:alias`, too. Not kept: to be declared at every start. */
  createStateMachineAlias(request: { readonly machineName: string; readonly alias: string }): void;
  /** Starts an execution for another service, with a name of its own unless given. `input` is JSON text. @throws AwsError as the API */
  startExecution(request: {
    readonly stateMachineArn: string;
    readonly name?: string;
    readonly input: string;
  }): Promise<{
    readonly executionArn: string;
  }>;
  /** Goes on with the executions that were running when the last process ended. To be called once Lambda is ready. */
  resumeExecutions(): void;
}

export function createStepFunctions(
  surroundings: Surroundings,
  ports: { readonly lambda: LambdaPort; readonly queues?: QueuePort; readonly events?: EventPort },
): StepFunctions {
  const { clock, random, region, report } = surroundings;
  const store = new Store({ dataDir: surroundings.dataDir, nowMs: clock.nowMs() });
  const tokens = new TaskTokens(store.tokenKey);
  const services = { clock, random, region, evaluator: new Evaluator(), tokens, invoke: createInvoke(ports) };
  const engine = new Engine(services, store, report);
  const machines = new Machines(surroundings, store, engine);
  const executions = new Executions({ store, engine, machines, clock });
  const operations = kept({ ...machines.operations(), ...executions.operations(), ...taskOperations(tokens) }, store);
  return {
    signingNames: ['states'],
    handle: (request, response) =>
      answerAwsJson(request, response, { serviceName: 'Step Functions', version: '1.0', operations, report }),
    createStateMachine: ({ name, definition, roleArn }) => {
      const text = typeof definition === 'string' ? definition : JSON.stringify(definition);
      const { arn } = machines.put({ name, definition: text, roleArn });
      store.flush();
      return { stateMachineArn: arn };
    },
    createStateMachineAlias: ({ machineName, alias }) => machines.putAlias(machineName, alias),
    startExecution: async (request) => {
      const { arn } = executions.start(request);
      store.flush();
      return { executionArn: arn };
    },
    resumeExecutions: () => {
      for (const execution of [...store.executions.values()])
        if (execution.closing === undefined) engine.resume(execution);
    },
    close: async () => {
      engine.close();
      store.close();
    },
  };
}

/** The same operations, each answered only when what it changed is on disk. */
function kept(operations: JsonOperations, store: Store): JsonOperations {
  return Object.fromEntries(
    Object.entries(operations).map(([name, operation]) => [
      name,
      async (request: JsonObject) => {
        const answer = await operation(request);
        store.flush();
        return answer;
      },
    ]),
  );
}
