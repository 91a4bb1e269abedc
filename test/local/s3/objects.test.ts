import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { BUCKET, startS3 } from './s3-fixture.ts';

const KEYS = [
  'plain.fastq.gz',
  'with space and + plus.txt',
  'ünïcödé/文件.txt',
  '../../etc/passwd',
  'a//b///c',
  '/leading',
  'percent%20encoded%2Fkey',
  'quotes"\'&<>.xml',
  'emoji-🧬.fa',
  'trailing/',
];

test.each(KEYS)('keeps the key %s as it is', async (key) => {
  const { client, events } = await startS3();
  await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: `body of ${key}` }));
  const got = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
  expect(await got.Body?.transformToString()).toBe(`body of ${key}`);
  const listed = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  expect(listed.Contents?.map((object) => object.Key)).toEqual([key]);
  expect(events[0]?.detail.object).toMatchObject({ key });
  await client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: [{ Key: key }] } }));
  expect((await client.send(new ListObjectsV2Command({ Bucket: BUCKET }))).KeyCount).toBe(0);
});

test('keeps empty objects, metadata and content headers', async () => {
  const { client } = await startS3();
  const put = {
    Bucket: BUCKET,
    Key: 'empty',
    Body: Buffer.alloc(0),
    Metadata: { sample: 'S1' },
    ContentType: 'text/plain',
    CacheControl: 'no-store',
    ContentEncoding: 'gzip',
  };
  await client.send(new PutObjectCommand(put));
  const head = await client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'empty' }));
  expect(head).toMatchObject({
    ContentLength: 0,
    Metadata: { sample: 'S1' },
    ContentType: 'text/plain',
    CacheControl: 'no-store',
    ContentEncoding: 'gzip',
    ETag: '"d41d8cd98f00b204e9800998ecf8427e"',
  });
});

test('takes a single PUT far beyond 11 MiB, and answers ranges of it', async () => {
  const { client } = await startS3();
  const body = Buffer.alloc(24 * 1024 * 1024, 'ACGT');
  body.write('end', body.length - 3);
  await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'large', Body: body }));
  const range = async (value: string) => {
    const got = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'large', Range: value }));
    return [got.ContentRange, await got.Body?.transformToString()];
  };
  expect(await range('bytes=0-3')).toEqual([`bytes 0-3/${body.length}`, 'ACGT']);
  expect(await range('bytes=-3')).toEqual([`bytes ${body.length - 3}-${body.length - 1}/${body.length}`, 'end']);
  expect((await range('bytes=9-1'))[0]).toBeUndefined();
  expect((await range(`bytes=-${body.length + 1}`))[0]).toBe(`bytes 0-${body.length - 1}/${body.length}`);
  await expect(range(`bytes=${body.length}-`)).rejects.toMatchObject({ name: 'InvalidRange' });
});

test('says which full-object checksum an object has', async () => {
  const { client } = await startS3();
  const head = async (Key: string) =>
    client.send(new HeadObjectCommand({ Bucket: BUCKET, Key, ChecksumMode: 'ENABLED' }));
  await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'sdk', Body: '123456789' }));
  expect(await head('sdk')).toMatchObject({ ChecksumCRC32: 'y/Q5Jg==', ChecksumType: 'FULL_OBJECT' });
  await client.send(
    new PutObjectCommand({ Bucket: BUCKET, Key: 'sha', Body: '123456789', ChecksumAlgorithm: 'SHA256' }),
  );
  expect((await head('sha')).ChecksumSHA256).toBe('FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=');
  await client.send(new CopyObjectCommand({ Bucket: BUCKET, Key: 'copy', CopySource: `${BUCKET}/sha` }));
  expect((await head('copy')).ChecksumSHA256).toBe('FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=');
});

test('answers 412 to a PUT whose condition does not hold, and keeps the object', async () => {
  const { client, events } = await startS3();
  const put = (body: string, more: object = {}) =>
    client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body: body, ...more }));
  await expect(put('x', { IfMatch: '"0"' })).rejects.toMatchObject({ name: 'NoSuchKey' });
  const { ETag: etag } = await put('first', { IfNoneMatch: '*' });
  const refusal = { name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } };
  await expect(put('second', { IfNoneMatch: '*' })).rejects.toMatchObject(refusal);
  await expect(put('second', { IfMatch: '"0"' })).rejects.toMatchObject(refusal);
  await put('third', { IfMatch: etag });
  expect(events).toHaveLength(2);
});

test('of many PUTs with If-None-Match at once, one succeeds', async () => {
  const { client } = await startS3();
  const puts = Array.from({ length: 10 }, (_, index) =>
    client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'once', Body: String(index), IfNoneMatch: '*' })),
  );
  const outcomes = await Promise.allSettled(puts);
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
});

test('answers reads by their conditions', async () => {
  const { client } = await startS3();
  const { ETag: etag } = await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body: 'x' }));
  const head = (more: object) => client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'k', ...more }));
  await expect(head({ IfMatch: '"0"' })).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
  await expect(head({ IfNoneMatch: etag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
  expect((await head({ IfMatch: etag })).ETag).toBe(etag);
});

test('pages through keys of every alphabet without losing or repeating one', async () => {
  const { client } = await startS3();
  const keys = ['B', 'a', 'Z', 'b', 'a-1', 'a/1', 'a/2', 'A_', 'é', 'z/1/x', 'z/2', '🧬', '\uffee', '10', '9'];
  for (const Key of keys) await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x' }));
  const paged: string[] = [];
  for await (const page of paginateListObjectsV2({ client, pageSize: 2 }, { Bucket: BUCKET })) {
    paged.push(...(page.Contents ?? []).map((object) => object.Key ?? ''));
  }
  expect(paged).toEqual([...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  const folders: string[] = [];
  const files: string[] = [];
  for await (const page of paginateListObjectsV2(
    { client, pageSize: 1 },
    { Bucket: BUCKET, Delimiter: '/', Prefix: '' },
  )) {
    folders.push(...(page.CommonPrefixes ?? []).map((each) => each.Prefix ?? ''));
    files.push(...(page.Contents ?? []).map((object) => object.Key ?? ''));
  }
  expect(folders).toEqual(['a/', 'z/']);
  expect(files).toHaveLength(keys.length - 4);
  const under = await client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'a/', StartAfter: 'a/1' }));
  expect(under.Contents?.map((object) => object.Key)).toEqual(['a/2']);
});

test('keeps tags, which never overwrite the object', async () => {
  const { client } = await startS3();
  await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body: 'body', Tagging: 'a=1' }));
  const tags = async () => (await client.send(new GetObjectTaggingCommand({ Bucket: BUCKET, Key: 'k' }))).TagSet;
  expect(await tags()).toEqual([{ Key: 'a', Value: '1' }]);
  const set = [{ Key: 'b & c', Value: '<2>' }];
  await client.send(new PutObjectTaggingCommand({ Bucket: BUCKET, Key: 'k', Tagging: { TagSet: set } }));
  expect(await tags()).toEqual(set);
  const got = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'k' }));
  expect([await got.Body?.transformToString(), got.TagCount]).toEqual(['body', 1]);
});

test('names what it does not offer, and changes nothing', async () => {
  const { client } = await startS3();
  await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body: 'body' }));
  const refused = (name: string) => ({
    name: 'NotImplemented',
    message: expect.stringContaining(name),
    $metadata: { httpStatusCode: 501 },
  });
  const setAcl = client.send(new PutObjectAclCommand({ Bucket: BUCKET, Key: 'k', ACL: 'private' }));
  await expect(setAcl).rejects.toMatchObject(refused('acl'));
  const getAcl = client.send(new GetObjectAclCommand({ Bucket: BUCKET, Key: 'k' }));
  await expect(getAcl).rejects.toMatchObject(refused('acl'));
  const versioning = { Bucket: BUCKET, VersioningConfiguration: { Status: 'Enabled' as const } };
  await expect(client.send(new PutBucketVersioningCommand(versioning))).rejects.toMatchObject(refused('versioning'));
  const customerKey = { Bucket: BUCKET, Key: 'k', Body: 'x', SSECustomerAlgorithm: 'AES256' };
  await expect(client.send(new PutObjectCommand(customerKey))).rejects.toMatchObject(refused('customer'));
  const got = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'k' }));
  expect(await got.Body?.transformToString()).toBe('body');
});

test('tells what is true of every bucket', async () => {
  const { client } = await startS3();
  expect((await client.send(new GetBucketVersioningCommand({ Bucket: BUCKET }))).Status).toBeUndefined();
  expect((await client.send(new GetBucketLocationCommand({ Bucket: BUCKET }))).LocationConstraint).toBeUndefined();
  const notification = await client.send(new GetBucketNotificationConfigurationCommand({ Bucket: BUCKET }));
  expect(notification.EventBridgeConfiguration).toEqual({});
  expect((await client.send(new HeadBucketCommand({ Bucket: BUCKET }))).BucketRegion).toBe('us-east-1');
});

test('makes, lists and deletes buckets', async () => {
  const { client } = await startS3();
  await client.send(new CreateBucketCommand({ Bucket: 'results' }));
  await client.send(new CreateBucketCommand({ Bucket: 'results' }));
  const names = async () => (await client.send(new ListBucketsCommand({}))).Buckets?.map((bucket) => bucket.Name);
  expect(await names()).toEqual([BUCKET, 'results']);
  await client.send(new PutObjectCommand({ Bucket: 'results', Key: 'k', Body: 'x' }));
  await expect(client.send(new DeleteBucketCommand({ Bucket: 'results' }))).rejects.toMatchObject({
    name: 'BucketNotEmpty',
  });
  await client.send(new DeleteObjectCommand({ Bucket: 'results', Key: 'k' }));
  await client.send(new DeleteBucketCommand({ Bucket: 'results' }));
  expect(await names()).toEqual([BUCKET]);
  await expect(client.send(new CreateBucketCommand({ Bucket: 'No_Good' }))).rejects.toMatchObject({
    name: 'InvalidBucketName',
  });
});

test('names a bucket or a key that is not there', async () => {
  const { client, s3 } = await startS3();
  const put = new PutObjectCommand({ Bucket: 'nowhere', Key: 'k', Body: 'x' });
  await expect(client.send(put)).rejects.toMatchObject({ name: 'NoSuchBucket' });
  await expect(client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'no' }))).rejects.toMatchObject({
    name: 'NoSuchKey',
  });
  await expect(client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'no' }))).rejects.toMatchObject({
    name: 'NotFound',
  });
  expect(await s3.readObject(`s3://${BUCKET}/no`)).toBeUndefined();
  expect(await s3.readObject('not a uri')).toBeUndefined();
});
