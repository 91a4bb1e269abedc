/** Step Functions, as the lifecycle uses it. */
import {
  DescribeExecutionCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { Executions, TokenAnswer } from '../lifecycle/ports.ts';
import { config } from './config.ts';
import { traced } from './tracing.ts';

/** Step Functions takes at most so many characters of a cause. */
const LONGEST_CAUSE = 32_768;
const SPENT = new Set(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken']);

let client: SFNClient | undefined;

/** In a function over its own client and machine; a command gives those of its target. */
export function createExecutions(given?: { readonly sfn: SFNClient; readonly stateMachineArn: string }): Executions {
  if (given === undefined) client ??= traced(new SFNClient({}));
  const sfn = given?.sfn ?? client ?? new SFNClient({});
  return {
    async start(name, input) {
      const stateMachineArn = given?.stateMachineArn ?? config().stateMachineArn;
      try {
        const answer = await sfn.send(
          new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
        );
        return answer.executionArn ?? executionArnOf(stateMachineArn, name);
      } catch (error) {
        // Closed already, under this name: it did run, and a name is never given to two requests.
        if (error instanceof Error && error.name === 'ExecutionAlreadyExists')
          return executionArnOf(stateMachineArn, name);
        throw error;
      }
    },
    async status(executionArn) {
      try {
        return (await sfn.send(new DescribeExecutionCommand({ executionArn }))).status;
      } catch (error) {
        if (error instanceof Error && error.name === 'ExecutionDoesNotExist') return undefined;
        throw error;
      }
    },
    succeed: (taskToken, output) =>
      answered(sfn.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }))),
    fail: (taskToken, error, cause) =>
      answered(sfn.send(new SendTaskFailureCommand({ taskToken, error, cause: cause.slice(0, LONGEST_CAUSE) }))),
  };
}

/** An execution's ARN does not say by which alias it was started. */
function executionArnOf(stateMachineArn: string, name: string): string {
  const [arn, partition, states, region, account, , machine] = stateMachineArn.split(':');
  return [arn, partition, states, region, account, 'execution', machine, name].join(':');
}

async function answered(sent: Promise<unknown>): Promise<TokenAnswer> {
  try {
    await sent;
    return 'delivered';
  } catch (error) {
    if (error instanceof Error && SPENT.has(error.name)) return 'spent';
    throw error;
  }
}
