import type { HistoryEvent } from '@aws-sdk/client-sfn';
import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  GetExecutionHistoryCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { AwsError } from '../../../local/aws-error.ts';
import type { LambdaOutcome, LambdaPort, Surroundings } from '../../../local/ports.ts';
import { createStepFunctions, type StepFunctions } from '../../../local/stepfunctions/stepfunctions.ts';
import { serve, testSurroundings } from '../../support/service-server.ts';

export const ROLE_ARN = 'arn:aws:iam::000000000000:role/StateMachine';
export const CALLBACK = 'arn:aws:states:::lambda:invoke.waitForTaskToken';
export const INVOKE = 'arn:aws:states:::lambda:invoke';

type Handler = (payload: Record<string, unknown>) => unknown;

/** Functions that a test writes down, and what they were invoked with. An Error that one throws is the function's own. */
export class FakeLambda implements LambdaPort {
  readonly invocations: { readonly functionName: string; readonly payload: Record<string, unknown> }[] = [];
  readonly handlers: Record<string, Handler>;

  constructor(handlers: Record<string, Handler>) {
    this.handlers = handlers;
  }

  get tokens(): string[] {
    return this.invocations.map(({ payload }) => String(payload.token));
  }

  async invoke(functionName: string, payload: unknown): Promise<LambdaOutcome> {
    const handler = this.handlers[functionName];
    if (handler === undefined) throw new AwsError('ResourceNotFoundException', `Function not found: ${functionName}`);
    this.invocations.push({ functionName, payload: payload as Record<string, unknown> });
    try {
      return { kind: 'returned', payload: await handler(payload as Record<string, unknown>) };
    } catch (error) {
      const { name, message } = error as Error;
      return { kind: 'threw', payload: { errorType: name, errorMessage: message, trace: [] } };
    }
  }
}

export interface PrivateStepFunctions {
  readonly service: StepFunctions;
  readonly sfn: SFNClient;
  readonly lambda: FakeLambda;
  readonly reported: string[];
  /** Creates a machine and returns its ARN. */
  machine(definition: object, name?: string): string;
  /** Starts an execution and returns its ARN. */
  start(stateMachineArn: string, input?: unknown, name?: string): Promise<string>;
  /** Resolves when the execution is closed. */
  closed(executionArn: string): Promise<DescribeExecutionOutput>;
  history(executionArn: string): Promise<HistoryEvent[]>;
  /** Starts an execution of a definition and waits for its end. */
  outcome(definition: object, input?: unknown): Promise<DescribeExecutionOutput>;
  stop(): Promise<void>;
}

/** A Step Functions of its own on a free port, with functions that the test writes down. */
export async function startStepFunctions(
  handlers: Record<string, Handler> = {},
  overrides: Partial<Surroundings> = {},
): Promise<PrivateStepFunctions> {
  const lambda = new FakeLambda(handlers);
  const surroundings = testSurroundings(overrides);
  const service = createStepFunctions(surroundings, { lambda });
  const served = await serve(service);
  const sfn = new SFNClient(served.client);
  let machines = 0;

  const machine = (definition: object, name?: string): string => {
    machines += 1;
    return service.createStateMachine({ name: name ?? `machine-${machines}`, definition, roleArn: ROLE_ARN })
      .stateMachineArn;
  };
  const start = async (stateMachineArn: string, input: unknown = {}, name?: string): Promise<string> => {
    const request = { stateMachineArn, input: JSON.stringify(input), ...(name === undefined ? {} : { name }) };
    return (await service.startExecution(request)).executionArn;
  };
  const closed = async (executionArn: string): Promise<DescribeExecutionOutput> => {
    for (;;) {
      const described = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      if (described.status !== 'RUNNING') return described;
    }
  };
  return {
    service,
    sfn,
    lambda,
    reported: surroundings.reported,
    machine,
    start,
    closed,
    async history(executionArn) {
      const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
      return events;
    },
    outcome: async (definition, input) => closed(await start(machine(definition), input)),
    async stop() {
      sfn.destroy();
      await served.stop();
    },
  };
}

/** A machine of one callback task that passes its token to the function `await-start`. */
export function callbackMachine(fields: object = {}): object {
  const Parameters = { FunctionName: 'await-start', Payload: { 'token.$': '$$.Task.Token', 'input.$': '$' } };
  return {
    StartAt: 'Await',
    States: { Await: { Type: 'Task', Resource: CALLBACK, Parameters, End: true, ...fields } },
  };
}

/** An error that a function throws, under the name that the machine sees. */
export function thrown(name: string, message = 'as the test asks'): Error {
  return Object.assign(new Error(message), { name });
}
