import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketNotificationConfigurationCommand,
  HeadObjectCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import type { BusEvent } from '../../../local/ports.ts';
import { BUCKET, sequencerOf, startS3 } from './s3-fixture.ts';

const put = (Key: string, Body = 'hello') => new PutObjectCommand({ Bucket: BUCKET, Key, Body });

test('sends Object Created before the client has its answer, in the shape that AWS documents', async () => {
  const { client, events, s3 } = await startS3();
  const answer = await client.send(put('fastq/red flower+1.jpg'));
  expect(events).toEqual([
    {
      source: 'aws.s3',
      detailType: 'Object Created',
      resources: [`arn:aws:s3:::${BUCKET}`],
      timeMs: expect.any(Number),
      detail: {
        version: '0',
        bucket: { name: BUCKET },
        object: {
          key: 'fastq/red flower+1.jpg',
          size: 5,
          etag: '5d41402abc4b2a76b9719d911017c592',
          sequencer: expect.stringMatching(/^[0-9A-F]{16}$/),
        },
        'request-id': answer.$metadata.requestId,
        requester: '000000000000',
        'source-ip-address': '127.0.0.1',
        reason: 'PutObject',
      },
    },
  ]);
  expect(await s3.readObject(`s3://${BUCKET}/fastq/red flower+1.jpg`)).toEqual(Buffer.from('hello'));
});

test('says by what call an object came', async () => {
  const { client, events, gateway } = await startS3();
  await client.send(put('a'));
  await client.send(new CopyObjectCommand({ Bucket: BUCKET, Key: 'b', CopySource: `/${BUCKET}/a` }));
  const form = new FormData();
  form.set('key', ['form/$', '{filename}'].join(''));
  form.set('file', new Blob(['posted']), 'page.txt');
  const posted = await fetch(`${gateway.endpoint}/${BUCKET}`, { method: 'POST', body: form });
  expect(posted.status).toBe(204);
  expect(events.map((event) => [event.detail.reason, (event.detail.object as { key: string }).key])).toEqual([
    ['PutObject', 'a'],
    ['CopyObject', 'b'],
    ['POST Object', 'form/page.txt'],
  ]);
});

test('gives a key rising sequencers through overwriting and deleting', async () => {
  const { client, events } = await startS3();
  await client.send(put('k', 'one'));
  await client.send(put('k', 'two'));
  await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'k' }));
  await client.send(put('k', 'three'));
  const sequencers = events.map(sequencerOf);
  expect(sequencers).toEqual([...sequencers].sort());
  expect(new Set(sequencers).size).toBe(4);
});

test('sends Object Deleted for what was there, once', async () => {
  const { client, events } = await startS3();
  await client.send(put('a'));
  await client.send(put('b'));
  await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a' }));
  await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a' }));
  const batch = { Objects: [{ Key: 'a' }, { Key: 'b' }] };
  await client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: batch }));
  expect(events.slice(2)).toMatchObject([
    {
      detailType: 'Object Deleted',
      detail: { object: { key: 'a' }, reason: 'DeleteObject', 'deletion-type': 'Permanently Deleted' },
    },
    { detailType: 'Object Deleted', detail: { object: { key: 'b' } } },
  ]);
});

test('sends nothing for what makes no object', async () => {
  const { client, events } = await startS3();
  await client.send(put('k'));
  const tagging = { TagSet: [{ Key: 'a', Value: '1' }] };
  await client.send(new PutObjectTaggingCommand({ Bucket: BUCKET, Key: 'k', Tagging: tagging }));
  await expect(
    client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body: 'x', IfNoneMatch: '*' })),
  ).rejects.toThrow();
  expect(events).toHaveLength(1);
});

test('a bus that fails does not fail the PUT, and is reported', async () => {
  const failing = async () => {
    throw new Error('the bus is down');
  };
  const { client, surroundings } = await startS3({ put: failing });
  await client.send(put('k'));
  expect((await client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'k' }))).ContentLength).toBe(5);
  expect(surroundings.reported.join()).toContain('the bus is down');
});

test('waits for the bus before it answers', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let reached = () => {};
  const asked = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const { client } = await startS3({
    put: () => {
      reached();
      return held;
    },
  });
  let answered = false;
  const putting = client.send(put('k')).then(() => {
    answered = true;
  });
  await asked;
  expect(answered).toBe(false);
  release();
  await putting;
});

test('announces every object again, oldest first, as it was', async () => {
  const { client, events, s3 } = await startS3();
  for (const key of ['c', 'a', 'b', 'c']) await client.send(put(key));
  const [, a, b, c] = events.splice(0);
  expect(await s3.announceAll()).toBe(3);
  const objects = (list: (BusEvent | undefined)[]) => list.map((event) => event?.detail.object);
  expect(objects(events)).toEqual(objects([a, b, c]));
  expect(events.every((event) => event.detailType === 'Object Created')).toBe(true);
});

test('sends nothing of a quiet bucket until its notifications are turned on', async () => {
  const { client, events, s3 } = await startS3();
  await s3.createBucket('quiet', { announces: false });
  const Bucket = 'quiet';
  await client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'a' }));
  expect(events).toEqual([]);
  expect(await s3.announceAll()).toBe(0);
  const configured = async () => client.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
  expect((await configured()).EventBridgeConfiguration).toBeUndefined();
  const NotificationConfiguration = { EventBridgeConfiguration: {} };
  await client.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
  expect((await configured()).EventBridgeConfiguration).toBeDefined();
  await client.send(new PutObjectCommand({ Bucket, Key: 'b', Body: 'b' }));
  expect(events).toHaveLength(1);
});
