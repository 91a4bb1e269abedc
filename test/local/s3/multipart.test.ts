import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { computeChecksum } from '../../../local/s3/checksums.ts';
import { BUCKET, startS3 } from './s3-fixture.ts';

const MIB = 1024 * 1024;
const TARGET = { Bucket: BUCKET, Key: 'large.bam' };
const PARTS = [Buffer.alloc(5 * MIB, 'A'), Buffer.alloc(5 * MIB, 'C'), Buffer.from('the end')];

async function upload(client: S3Client, create: Partial<CreateMultipartUploadCommandInput> = {}, parts = PARTS) {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...TARGET, ...create }));
  const uploaded: { PartNumber: number; ETag: string | undefined }[] = [];
  for (const [index, Body] of parts.entries()) {
    const PartNumber = index + 1;
    const { ETag } = await client.send(new UploadPartCommand({ ...TARGET, UploadId, PartNumber, Body }));
    uploaded.push({ PartNumber, ETag });
  }
  const complete = (Parts: typeof uploaded = uploaded, more: object = {}) =>
    client.send(new CompleteMultipartUploadCommand({ ...TARGET, UploadId, MultipartUpload: { Parts }, ...more }));
  return { UploadId, uploaded, complete };
}

test('makes one object of the parts, and one event', async () => {
  const { client, events, s3 } = await startS3();
  const { complete } = await upload(client, { Metadata: { sample: 'S1' }, Tagging: 'a=1' });
  expect(events).toEqual([]);
  const { ETag: etag } = await complete();
  expect(etag).toMatch(/^"[0-9a-f]{32}-3"$/);
  expect(events.map((event) => event.detail)).toMatchObject([
    {
      reason: 'CompleteMultipartUpload',
      object: { key: 'large.bam', size: 10 * MIB + 7, etag: etag?.replaceAll('"', '') },
    },
  ]);
  const head = await client.send(new HeadObjectCommand(TARGET));
  expect(head).toMatchObject({ ContentLength: 10 * MIB + 7, Metadata: { sample: 'S1' } });
  const third = await client.send(new GetObjectCommand({ ...TARGET, PartNumber: 3 }));
  expect(third).toMatchObject({
    TagCount: 1,
    PartsCount: 3,
    ContentRange: `bytes ${10 * MIB}-${10 * MIB + 6}/${10 * MIB + 7}`,
  });
  expect(await third.Body?.transformToString()).toBe('the end');
  expect((await s3.readObject(`s3://${BUCKET}/large.bam`))?.equals(Buffer.concat(PARTS))).toBe(true);
});

test('gives the type of checksum that the upload was created with', async () => {
  const { client } = await startS3();
  const head = () => client.send(new HeadObjectCommand({ ...TARGET, ChecksumMode: 'ENABLED' }));
  await (await upload(client, { ChecksumAlgorithm: 'SHA256' })).complete();
  expect(await head()).toMatchObject({ ChecksumType: 'COMPOSITE', ChecksumSHA256: expect.stringMatching(/-3$/) });
  await (await upload(client, { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' })).complete();
  expect(await head()).toMatchObject({ ChecksumType: 'FULL_OBJECT', ChecksumCRC32: computeChecksum('CRC32', PARTS) });
  await (await upload(client, { ChecksumAlgorithm: 'CRC64NVME' })).complete();
  expect(await head()).toMatchObject({
    ChecksumType: 'FULL_OBJECT',
    ChecksumCRC64NVME: computeChecksum('CRC64NVME', PARTS),
  });
  const impossible = upload(client, { ChecksumAlgorithm: 'SHA256', ChecksumType: 'FULL_OBJECT' });
  await expect(impossible).rejects.toMatchObject({ name: 'InvalidRequest' });
});

test('refuses parts that are not there, out of order or too small, and an object whose checksum is another', async () => {
  const { client, events } = await startS3();
  const { uploaded, complete } = await upload(client, { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
  await expect(complete([])).rejects.toMatchObject({ name: 'MalformedXML' });
  await expect(complete([...uploaded].reverse())).rejects.toMatchObject({ name: 'InvalidPartOrder' });
  await expect(complete([{ PartNumber: 9, ETag: '"0"' }])).rejects.toMatchObject({ name: 'InvalidPart' });
  await expect(complete(uploaded, { ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject({ name: 'BadDigest' });
  const small = await upload(client, {}, [Buffer.from('a'), Buffer.from('b')]);
  await expect(small.complete()).rejects.toMatchObject({ name: 'EntityTooSmall' });
  expect(events).toEqual([]);
  await complete();
  expect(events).toHaveLength(1);
});

test('answers 412 to a completion whose condition does not hold', async () => {
  const { client } = await startS3();
  const { complete } = await upload(client);
  await client.send(new PutObjectCommand({ ...TARGET, Body: 'there first' }));
  await expect(complete(undefined, { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
});

test('copies a part of another object', async () => {
  const { client, s3 } = await startS3();
  await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'source', Body: '0123456789' }));
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(TARGET));
  const copy = { ...TARGET, UploadId, PartNumber: 1, CopySource: `${BUCKET}/source`, CopySourceRange: 'bytes=2-5' };
  const { CopyPartResult: part } = await client.send(new UploadPartCopyCommand(copy));
  const parts = { Parts: [{ PartNumber: 1, ETag: part?.ETag }] };
  await client.send(new CompleteMultipartUploadCommand({ ...TARGET, UploadId, MultipartUpload: parts }));
  expect((await s3.readObject(`s3://${BUCKET}/large.bam`))?.toString()).toBe('2345');
});

test('forgets an upload that was aborted, and does not lend one key’s upload to another', async () => {
  const { client } = await startS3();
  const { UploadId, uploaded, complete } = await upload(client, {}, [Buffer.from('x')]);
  const other = { Bucket: BUCKET, Key: 'other', UploadId, MultipartUpload: { Parts: uploaded } };
  await expect(client.send(new CompleteMultipartUploadCommand(other))).rejects.toMatchObject({ name: 'NoSuchUpload' });
  await client.send(new AbortMultipartUploadCommand({ ...TARGET, UploadId }));
  await expect(complete()).rejects.toMatchObject({ name: 'NoSuchUpload' });
  await expect(client.send(new ListPartsCommand({ ...TARGET, UploadId }))).rejects.toMatchObject({
    name: 'NotImplemented',
  });
});
