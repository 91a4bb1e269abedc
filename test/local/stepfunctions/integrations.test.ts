import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../local/aws-error.ts';
import type { BusEvent } from '../../../local/ports.ts';
import { createInvoke } from '../../../local/stepfunctions/integrations.ts';
import { type Integration, readIntegration } from '../../../local/stepfunctions/resources.ts';
import { FakeLambda } from './private-stepfunctions.ts';

const QUEUE_URL = 'http://127.0.0.1:4566/000000000000/starts.fifo';
const CALLER = { executionArn: 'arn:execution', stateMachineArn: 'arn:machine', region: 'us-east-1' };
const SEND = readIntegration({ Resource: 'arn:aws:states:::sqs:sendMessage', Parameters: { QueueUrl: QUEUE_URL } });
const PUT = readIntegration({ Resource: 'arn:aws:states:::events:putEvents', Parameters: { Entries: [] } });

function invoker(failure?: Error) {
  const sent: unknown[] = [];
  const put: BusEvent[] = [];
  const invoke = createInvoke({
    lambda: new FakeLambda({}),
    queues: {
      async send(...message) {
        if (failure !== undefined) throw failure;
        sent.push(message);
      },
      receive: async () => [],
      delete: async () => {},
      changeVisibility: async () => {},
    },
    events: { put: async (event) => void put.push(event) },
  });
  const call = (integration: Integration, parameters: object) => invoke(integration, parameters, CALLER);
  return { call, sent, put };
}

describe('integrations', () => {
  it('sends a message, an object as JSON', async () => {
    const { call, sent } = invoker();
    const message = { QueueUrl: QUEUE_URL, MessageBody: { a: 1 }, MessageGroupId: 'g', MessageDeduplicationId: 'd' };
    const result = await call(SEND, message);
    expect(sent).toEqual([
      [
        'arn:aws:sqs:us-east-1:000000000000:starts.fifo',
        '{"a":1}',
        { messageGroupId: 'g', messageDeduplicationId: 'd' },
      ],
    ]);
    expect(result).toMatchObject({ MD5OfMessageBody: 'bb6cb5c68df4652941caf652a366f2d8' });
  });

  it("names the service's own error", async () => {
    const { call } = invoker(new AwsError('AWS.SimpleQueueService.NonExistentQueue', 'no such queue'));
    const sending = call(SEND, { QueueUrl: QUEUE_URL, MessageBody: 'x' });
    await expect(sending).rejects.toMatchObject({ errorName: 'SQS.NonExistentQueue', causeText: 'no such queue' });
    await expect(call(SEND, { QueueUrl: 'starts' })).rejects.toMatchObject({
      errorName: 'SQS.QueueDoesNotExistException',
    });
  });

  it('puts events that name their execution', async () => {
    const { call, put } = invoker();
    const entry = {
      Source: 'rundrop',
      DetailType: 'Outcome',
      Detail: { a: 1 },
      EventBusName: 'default',
      Resources: ['r'],
    };
    expect(await call(PUT, { Entries: [entry] })).toMatchObject({ FailedEntryCount: 0 });
    const resources = ['r', CALLER.executionArn, CALLER.stateMachineArn];
    expect(put).toEqual([
      { source: 'rundrop', detailType: 'Outcome', detail: { a: 1 }, busName: 'default', resources },
    ]);
  });

  it('fails where the laptop AWS has no such service', async () => {
    const invoke = createInvoke({ lambda: new FakeLambda({}) });
    await expect(invoke(PUT, { Entries: [] }, CALLER)).rejects.toMatchObject({ errorName: 'States.Runtime' });
  });
});
