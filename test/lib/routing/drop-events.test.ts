import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedDropEvent, parseDropEvents } from '../../../lib/routing/drop-events.ts';

const EVENT_BRIDGE = {
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
    object: {
      key: 'red+flower 100%.jpg',
      size: 5,
      etag: 'b1946ac92492d2347c6235b4d2611184',
      'version-id': 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
      sequencer: '617f08299329d189',
    },
    'request-id': 'N4N7GDK58NMKJ12R',
    requester: '123456789012',
    'source-ip-address': '1.2.3.4',
    reason: 'PutObject',
  },
};

const RECORD = {
  eventVersion: '2.1',
  eventSource: 'aws:s3',
  awsRegion: 'us-west-2',
  eventTime: '1970-01-01T00:00:01.000Z',
  eventName: 'ObjectCreated:Put',
  s3: {
    bucket: { name: 'amzn-s3-demo-bucket', arn: 'arn:aws:s3:::amzn-s3-demo-bucket' },
    object: {
      key: 'red+flower%2B%C3%A9.jpg',
      size: 1024,
      eTag: 'd41d8cd98f00b204e9800998ecf8427e',
      sequencer: '0055AED6DCD90281E5',
    },
  },
};

const TEST_EVENT = { Service: 'Amazon S3', Event: 's3:TestEvent', Time: '2014-10-13T15:57:02.089Z', Bucket: 'b' };

const sns = (message: unknown) => ({ Type: 'Notification', MessageId: 'x', Message: JSON.stringify(message) });

function without(value: Record<string, unknown>, path: string): unknown {
  const copy = structuredClone(value);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at: Record<string, unknown> = copy;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  delete at[last];
  return copy;
}

describe('an event of EventBridge', () => {
  it('has its key as it is', () => {
    expect(parseDropEvents(EVENT_BRIDGE)).toEqual({
      kind: 'drops',
      drops: [
        {
          bucket: 'amzn-s3-demo-bucket1',
          key: 'red+flower 100%.jpg',
          sizeBytes: 5,
          etag: 'b1946ac92492d2347c6235b4d2611184',
          versionId: 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
          sequencer: '617f08299329d189',
          timeMs: Date.UTC(2021, 10, 12),
        },
      ],
      from: { account: '111122223333', region: 'ca-central-1' },
    });
  });

  it.each([
    ['detail', 'detail is missing'],
    ['detail.bucket', 'detail.bucket is missing'],
    ['detail.bucket.name', 'detail.bucket.name is missing'],
    ['detail.object.key', 'detail.object.key is missing'],
    ['detail.object.size', 'detail.object.size is nothing, not a number of bytes'],
    ['detail.object.etag', 'detail.object.etag is missing'],
    ['time', 'time is missing'],
  ])('is malformed without %s', (path, message) => {
    expect(() => parseDropEvents(without(EVENT_BRIDGE, path))).toThrow(new MalformedDropEvent(message));
  });

  it('may lack version and sequencer', () => {
    const parsed = parseDropEvents(
      without(without(EVENT_BRIDGE, 'detail.object.version-id') as never, 'detail.object.sequencer'),
    );
    expect(parsed.kind === 'drops' && Object.keys(parsed.drops[0] ?? {})).not.toContain('versionId');
  });

  it.each([
    [{ ...EVENT_BRIDGE, 'detail-type': 'Object Deleted' }, 'the event is Object Deleted, not Object Created'],
    [{ ...EVENT_BRIDGE, source: 'aws.ec2' }, 'the event comes from aws.ec2, not from aws.s3'],
  ])('of another kind is ignored', (event, reason) => {
    expect(parseDropEvents(event)).toEqual({ kind: 'ignored', reason });
  });
});

describe('a notification of S3', () => {
  it('has its keys form-URL-encoded, and may hold several', () => {
    const versioned = structuredClone(RECORD) as typeof RECORD & { s3: { object: { versionId?: string } } };
    versioned.s3.object.versionId = 'v';
    const parsed = parseDropEvents({ Records: [RECORD, versioned] });
    expect(parsed).toMatchObject({
      drops: [
        {
          bucket: 'amzn-s3-demo-bucket',
          key: 'red flower+é.jpg',
          sizeBytes: 1024,
          sequencer: '0055AED6DCD90281E5',
          timeMs: 1000,
        },
        { versionId: 'v' },
      ],
    });
  });

  it.each([
    ['as text', JSON.stringify({ Records: [RECORD] })],
    ['in an SNS message', sns({ Records: [RECORD] })],
    ['in an SNS message as text', JSON.stringify(sns(sns({ Records: [RECORD] })))],
  ])('is read %s', (_, body) => {
    expect(parseDropEvents(body)).toMatchObject({ kind: 'drops', drops: [{ key: 'red flower+é.jpg' }] });
  });

  it.each<[string, unknown, string]>([
    ['a test event', TEST_EVENT, 's3:TestEvent'],
    ['a test event in SNS', sns(TEST_EVENT), 's3:TestEvent'],
    [
      'a removal',
      { Records: [{ ...RECORD, eventName: 'ObjectRemoved:Delete' }] },
      'ObjectRemoved:Delete, not ObjectCreated',
    ],
    ['no records', { Records: [] }, 'Records is empty'],
    ['a subscription', { Type: 'SubscriptionConfirmation' }, 'subscription confirmation'],
  ])('is ignored: %s', (_, body, reason) => {
    expect(parseDropEvents(body)).toEqual({ kind: 'ignored', reason: expect.stringContaining(reason) });
  });

  it.each<[unknown, string]>([
    ['{', 'the message is not JSON'],
    [null, 'the message is nothing, not an event of S3'],
    ['[]', 'the message is a list, not an event of S3'],
    [{}, 'neither detail-type (EventBridge) nor Records (S3 notification) is there'],
    [{ Records: {} }, 'Records is not a list'],
    [{ Records: [1] }, 'Records[0] is a number'],
    [{ Records: [RECORD, without(RECORD, 's3.object.key')] }, 'Records[1].s3.object.key is missing'],
    [{ Records: [{ ...RECORD, eventTime: 'soon' }] }, 'Records[0].eventTime is not a time'],
    [
      { Records: [{ ...RECORD, s3: { ...RECORD.s3, object: { ...RECORD.s3.object, key: '%E0%A4' } } }] },
      'Records[0].s3.object.key is not URL-encoded UTF-8',
    ],
    [sns(sns(sns(sns({ Records: [RECORD] })))), 'more than 3 SNS messages inside each other'],
  ])('%j is malformed: %s', (body, message) => {
    expect(() => parseDropEvents(body)).toThrow(new MalformedDropEvent(message));
  });
});

describe('any message', () => {
  it('is read, ignored or malformed', () => {
    const names = fc.constantFrom(
      'detail-type',
      'source',
      'detail',
      'Records',
      'Event',
      'Type',
      'Message',
      '__proto__',
    );
    const object = fc.dictionary(names, fc.jsonValue());
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.jsonValue(), object, fc.string()), (body) => {
        try {
          parseDropEvents(body);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedDropEvent);
        }
      }),
    );
  });
});
