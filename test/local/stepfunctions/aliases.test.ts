import { DescribeStateMachineForExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callbackMachine, type PrivateStepFunctions, startStepFunctions } from './private-stepfunctions.ts';

let aws: PrivateStepFunctions;
beforeEach(async () => {
  aws = await startStepFunctions({ 'await-start': () => null });
});
afterEach(() => aws.stop());

const send = (stateMachineArn: string, name: string) =>
  aws.sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: '{}' }));

describe('an alias of a state machine', () => {
  it('starts executions, whose ARN does not say so, and one for a name whichever way it is started', async () => {
    const arn = aws.machine(callbackMachine(), 'machine');
    aws.service.createStateMachineAlias({ machineName: 'machine', alias: 'live' });
    const { executionArn } = await send(`${arn}:live`, 'once');
    expect(executionArn).toBe(`${arn.replace(':stateMachine:', ':execution:')}:once`);
    expect((await send(arn, 'once')).executionArn).toBe(executionArn);
  });

  it('goes to the newest definition, while what runs ends on the one that it began with', async () => {
    const arn = aws.machine(callbackMachine(), 'machine');
    aws.service.createStateMachineAlias({ machineName: 'machine', alias: 'live' });
    const { executionArn: before } = await send(`${arn}:live`, 'before');
    aws.machine({ StartAt: 'Done', States: { Done: { Type: 'Succeed' } } }, 'machine');
    const { executionArn: after } = await send(`${arn}:live`, 'after');
    const definitionOf = async (executionArn: string | undefined) =>
      (await aws.sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn }))).definition;
    expect(await definitionOf(before)).toContain('waitForTaskToken');
    expect(await definitionOf(after)).not.toContain('waitForTaskToken');
  });

  it('that nobody declared starts nothing', async () => {
    const arn = aws.machine(callbackMachine(), 'machine');
    await expect(send(`${arn}:live`, 'once')).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
    await expect(send(`${arn}:live:more`, 'once')).rejects.toMatchObject({ name: 'InvalidArn' });
  });
});
