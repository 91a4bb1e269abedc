import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../gateway/behind-gateway.ts';
import { BUCKET, sequencerOf, startS3 } from './s3-fixture.ts';

test('has objects, their metadata and tags, deletions and buckets again after a restart', async () => {
  const dataDir = temporaryFolder();
  const first = await startS3({ dataDir });
  const object = {
    Bucket: BUCKET,
    Key: '../key with ünicode',
    Body: 'body',
    Metadata: { sample: 'S1' },
    Tagging: 'a=1',
  };
  await first.client.send(new PutObjectCommand(object));
  await first.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'gone', Body: 'x' }));
  await first.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'gone' }));
  await first.client.send(new CreateBucketCommand({ Bucket: 'results' }));
  const target = { Bucket: BUCKET, Key: object.Key };
  const before = await first.client.send(new HeadObjectCommand({ ...target, ChecksumMode: 'ENABLED' }));
  await first.s3.close();

  const second = await startS3({ dataDir });
  const after = await second.client.send(new HeadObjectCommand({ ...target, ChecksumMode: 'ENABLED' }));
  expect({ ...after, $metadata: 0 }).toEqual({ ...before, $metadata: 0 });
  const got = await second.client.send(new GetObjectCommand(target));
  expect(await got.Body?.transformToString()).toBe('body');
  const range = await second.client.send(new GetObjectCommand({ ...target, Range: 'bytes=1-2' }));
  expect([range.ContentRange, await range.Body?.transformToString()]).toEqual(['bytes 1-2/4', 'od']);
  const { TagSet: tags } = await second.client.send(new GetObjectTaggingCommand(target));
  expect(tags).toEqual([{ Key: 'a', Value: '1' }]);
  expect(await second.s3.readObject(`s3://${BUCKET}/gone`)).toBeUndefined();
  const { Buckets: buckets } = await second.client.send(new ListBucketsCommand({}));
  expect(buckets?.map((bucket) => bucket.Name)).toEqual([BUCKET, 'results']);
});

test('sequencers go on rising after a restart, and announcing sends the old ones', async () => {
  const dataDir = temporaryFolder();
  const first = await startS3({ dataDir });
  for (const Key of ['b', 'a', 'd']) await first.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x' }));
  await first.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'd' }));
  await first.s3.close();
  const second = await startS3({ dataDir });
  expect(await second.s3.announceAll()).toBe(2);
  expect(second.events.map((event) => event.detail.object)).toEqual(
    first.events.slice(0, 2).map((event) => event.detail.object),
  );
  await second.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'd', Body: 'again' }));
  expect(sequencerOf(second.events.at(-1)) > sequencerOf(first.events.at(-1))).toBe(true);
});

test('no object key becomes a file name, and overwritten bodies leave the disk', async () => {
  const dataDir = temporaryFolder();
  const { client } = await startS3({ dataDir });
  for (const body of ['one', 'two', 'three']) {
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: '../../escape', Body: body }));
  }
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.map((file) => file.name.replace(/^[0-9A-F]{16}$/, 'BODY')).sort()).toEqual(['BODY', 'objects.jsonl']);
});

test('has every acknowledged object again after its process was killed', async () => {
  const dataDir = temporaryFolder();
  const child = spawn(process.execPath, [`${import.meta.dirname}/put-until-killed.ts`, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let acknowledged = 0;
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    acknowledged += chunk.toString('utf8').split('\n').length - 1;
    if (acknowledged >= 50) break;
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  const { s3 } = await startS3({ dataDir });
  for (let index = 0; index < acknowledged; index++) {
    expect((await s3.readObject(`s3://${BUCKET}/key-${index}`))?.toString()).toBe(`body ${index}`);
  }
});
