import { describe, expect, it } from 'vitest';
import { MalformedDropEvent } from '../../../lib/routing/drop-events.ts';
import { parseEventEnvelopes } from '../../../lib/routing/event-envelopes.ts';

const eventBridge = (key: string) => ({
  version: '0',
  id: '17793124-05d4-b198-2fde-7ededc63b103',
  'detail-type': 'Object Created',
  source: 'aws.s3',
  account: '111122223333',
  time: '2021-11-12T00:00:00Z',
  region: 'ca-central-1',
  resources: ['arn:aws:s3:::amzn-s3-demo-bucket1'],
  detail: {
    version: '0',
    bucket: { name: 'amzn-s3-demo-bucket1' },
    object: { key, size: 5, etag: 'b1946ac92492d2347c6235b4d2611184', sequencer: '617f08299329d189' },
    reason: 'PutObject',
  },
});

const notification = (...keys: string[]) => ({
  Records: keys.map((key) => ({
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: 'us-west-2',
    eventTime: '1970-01-01T00:00:00.000Z',
    eventName: 'ObjectCreated:Put',
    s3: {
      bucket: { name: 'amzn-s3-demo-bucket', arn: 'arn:aws:s3:::amzn-s3-demo-bucket' },
      object: { key, size: 1024, eTag: 'd41d8cd98f00b204e9800998ecf8427e', sequencer: '0055AED6DCD90281E5' },
    },
  })),
});

const sns = (message: unknown) => ({ Type: 'Notification', Message: JSON.stringify(message) });
const keysOf = (value: unknown) =>
  parseEventEnvelopes(value).flatMap((event) => (event.kind === 'drops' ? event.drops.map(({ key }) => key) : []));

describe('the messages of an event that a person has at hand', () => {
  it.each([
    ['EventBridge', eventBridge('a b+c'), ['a b+c']],
    ['an S3 notification, its keys decoded', notification('red+flower.jpg', 'b%2Bc'), ['red flower.jpg', 'b+c']],
    ['SNS', sns(notification('a')), ['a']],
    ['a list of events', [eventBridge('a'), eventBridge('b')], ['a', 'b']],
    [
      'what SQS gives to Lambda',
      {
        Records: [
          { messageId: '1', eventSource: 'aws:sqs', body: JSON.stringify(eventBridge('a')) },
          { messageId: '2', eventSource: 'aws:sqs', body: JSON.stringify(sns(notification('b', 'c'))) },
        ],
      },
      ['a', 'b', 'c'],
    ],
    [
      'what SNS gives to Lambda',
      { Records: [{ EventSource: 'aws:sns', Sns: { Message: JSON.stringify(notification('a')) } }] },
      ['a'],
    ],
    ['an answer of ReceiveMessage', { Messages: [{ Body: JSON.stringify(eventBridge('a')) }] }, ['a']],
  ])('are found in %s', (_, value, keys) => {
    expect(keysOf(value)).toEqual(keys);
  });

  it('say why they drop nothing', () => {
    const test = { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'b' };
    expect(parseEventEnvelopes({ Records: [{ eventSource: 'aws:sqs', body: JSON.stringify(test) }] })).toEqual([
      { kind: 'ignored', reason: expect.stringContaining('s3:TestEvent') },
    ]);
  });

  it.each([[null], [{}], ['text'], [{ Messages: [{}] }], [{ Records: [{ eventSource: 'aws:sqs' }] }], [[[1]]]])(
    'are refused when they are none: %j',
    (value) => {
      expect(() => parseEventEnvelopes(value)).toThrow(MalformedDropEvent);
    },
  );
});
