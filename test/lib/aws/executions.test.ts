import type { SFNClient } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import { createExecutions } from '../../../lib/aws/executions.ts';

const stateMachineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:rundrop-dev-run-lifecycle';

function answering(name: string): SFNClient {
  const error = Object.assign(new Error('said by Step Functions'), { name });
  return { send: () => Promise.reject(error) } as unknown as SFNClient;
}

it('takes an execution whose name is taken for the one that was wanted', async () => {
  const executions = createExecutions({ sfn: answering('ExecutionAlreadyExists'), stateMachineArn });
  expect(await executions.start('germline-abc-w1', {})).toBe(
    'arn:aws:states:us-east-1:000000000000:execution:rundrop-dev-run-lifecycle:germline-abc-w1',
  );
});

it('lets every other refusal through', async () => {
  const executions = createExecutions({ sfn: answering('ExecutionLimitExceeded'), stateMachineArn });
  await expect(executions.start('germline-abc-w1', {})).rejects.toThrow('said by Step Functions');
});

it('tells an execution that is gone from one that cannot be looked at', async () => {
  const gone = createExecutions({ sfn: answering('ExecutionDoesNotExist'), stateMachineArn });
  expect(await gone.status('arn')).toBeUndefined();
  const throttled = createExecutions({ sfn: answering('ThrottlingException'), stateMachineArn });
  await expect(throttled.status('arn')).rejects.toThrow('said by Step Functions');
});

it('says that a token was spent, and throws for every other error', async () => {
  for (const name of ['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken']) {
    expect(await createExecutions({ sfn: answering(name), stateMachineArn }).succeed('token', {})).toBe('spent');
  }
  const throttled = createExecutions({ sfn: answering('ThrottlingException'), stateMachineArn });
  await expect(throttled.fail('token', 'Error', 'cause')).rejects.toThrow('said by Step Functions');
});

it('knows an execution by the state machine, whichever version or alias it was started by', async () => {
  for (const qualifier of [':live', ':7']) {
    const executions = createExecutions({
      sfn: answering('ExecutionAlreadyExists'),
      stateMachineArn: `${stateMachineArn}${qualifier}`,
    });
    expect(await executions.start('germline-abc-w1', {})).toBe(
      'arn:aws:states:us-east-1:000000000000:execution:rundrop-dev-run-lifecycle:germline-abc-w1',
    );
  }
});
