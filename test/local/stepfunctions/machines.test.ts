import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeStateMachineCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  ListTagsForResourceCommand,
  StopExecutionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateStateMachineCommand,
  ValidateStateMachineDefinitionCommand,
} from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callbackMachine, type PrivateStepFunctions, ROLE_ARN, startStepFunctions } from './private-stepfunctions.ts';

const PASS = { StartAt: 'Done', States: { Done: { Type: 'Succeed' } } };

describe('state machines', () => {
  let aws: PrivateStepFunctions;
  beforeEach(async () => {
    aws = await startStepFunctions({ 'await-start': () => null });
  });
  afterEach(() => aws.stop());

  const create = (definition: object, name = 'm', more: object = {}) =>
    aws.sfn.send(
      new CreateStateMachineCommand({ name, definition: JSON.stringify(definition), roleArn: ROLE_ARN, ...more }),
    );

  it('creates once, describes, updates and lists', async () => {
    const { stateMachineArn } = await create(PASS);
    expect(stateMachineArn).toBe('arn:aws:states:us-east-1:000000000000:stateMachine:m');
    expect((await create(PASS)).stateMachineArn).toBe(stateMachineArn);
    await expect(create(callbackMachine())).rejects.toMatchObject({ name: 'StateMachineAlreadyExists' });
    await aws.sfn.send(
      new UpdateStateMachineCommand({ stateMachineArn, definition: JSON.stringify(callbackMachine()) }),
    );
    const described = await aws.sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
    expect(described).toMatchObject({ name: 'm', status: 'ACTIVE', type: 'STANDARD', roleArn: ROLE_ARN });
    expect(JSON.parse(described.definition ?? '')).toEqual(callbackMachine());
    await create(PASS, 'n');
    const first = await aws.sfn.send(new ListStateMachinesCommand({ maxResults: 1 }));
    const second = await aws.sfn.send(new ListStateMachinesCommand({ maxResults: 1, nextToken: first.nextToken }));
    expect([...(first.stateMachines ?? []), ...(second.stateMachines ?? [])].map(({ name }) => name)).toEqual([
      'm',
      'n',
    ]);
    expect(second.nextToken).toBeUndefined();
  });

  it('refuses what it cannot run, and the wrong kind of machine, role and name', async () => {
    const jsonata = { QueryLanguage: 'JSONata', ...PASS };
    await expect(create(jsonata)).rejects.toMatchObject({ name: 'InvalidDefinition' });
    await expect(create(PASS, 'm', { type: 'EXPRESS' })).rejects.toMatchObject({
      name: 'StateMachineTypeNotSupported',
    });
    await expect(create(PASS, 'm', { roleArn: 'me' })).rejects.toMatchObject({ name: 'InvalidArn' });
    await expect(create(PASS, 'm n')).rejects.toMatchObject({ name: 'InvalidName' });
  });

  it('validates without creating', async () => {
    const validate = (definition: object) =>
      aws.sfn.send(new ValidateStateMachineDefinitionCommand({ definition: JSON.stringify(definition) }));
    expect(await validate(PASS)).toMatchObject({ result: 'OK', diagnostics: [] });
    const failed = await validate({ StartAt: 'Gone', States: PASS.States });
    expect(failed).toMatchObject({
      result: 'FAIL',
      diagnostics: [{ severity: 'ERROR', message: expect.stringContaining('Gone') }],
    });
  });

  it('lets running executions end before a deleted machine is gone', async () => {
    const { stateMachineArn = '' } = await create(callbackMachine());
    const executionArn = await aws.start(stateMachineArn);
    await aws.sfn.send(new DeleteStateMachineCommand({ stateMachineArn }));
    expect((await aws.sfn.send(new DescribeStateMachineCommand({ stateMachineArn }))).status).toBe('DELETING');
    await expect(aws.start(stateMachineArn)).rejects.toMatchObject({ code: 'StateMachineDeleting' });
    await aws.sfn.send(new StopExecutionCommand({ executionArn }));
    const gone = { name: 'StateMachineDoesNotExist' };
    await expect(aws.sfn.send(new DescribeStateMachineCommand({ stateMachineArn }))).rejects.toMatchObject(gone);
    await expect(aws.sfn.send(new ListExecutionsCommand({ stateMachineArn }))).rejects.toMatchObject(gone);
  });

  it('keeps tags', async () => {
    const { stateMachineArn: resourceArn } = await create(PASS, 'm', { tags: [{ key: 'a', value: '1' }] });
    await aws.sfn.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'b', value: '2' }] }));
    await aws.sfn.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a'] }));
    const { tags } = await aws.sfn.send(new ListTagsForResourceCommand({ resourceArn }));
    expect(tags).toEqual([{ key: 'b', value: '2' }]);
  });
});
