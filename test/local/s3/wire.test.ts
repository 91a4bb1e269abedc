import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { CHECKSUM_ALGORITHMS, computeChecksum } from '../../../local/s3/checksums.ts';
import { BUCKET, startS3 } from './s3-fixture.ts';

/** Sends a PUT as it stands, and gives the status and the error code. */
async function put(endpoint: string, headers: Record<string, string>, body: string): Promise<string> {
  const response = await fetch(`${endpoint}/${BUCKET}/k`, { method: 'PUT', headers, body });
  const code = /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1] ?? '';
  return `${response.status} ${code}`.trim();
}

const md5 = (text: string) => createHash('md5').update(text).digest('base64');
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('computes the published check values of every checksum', () => {
  const check = Buffer.from('123456789');
  const values = Object.fromEntries(CHECKSUM_ALGORITHMS.map((name) => [name, computeChecksum(name, [check])]));
  const hex = (text: string) => Buffer.from(text, 'hex').toString('base64');
  expect(values).toEqual({
    CRC32: hex('cbf43926'),
    CRC32C: hex('e3069283'),
    CRC64NVME: hex('ae8b14860a799888'),
    SHA1: createHash('sha1').update(check).digest('base64'),
    SHA256: createHash('sha256').update(check).digest('base64'),
  });
  for (const name of CHECKSUM_ALGORITHMS) {
    expect(computeChecksum(name, [check.subarray(0, 4), check.subarray(4)])).toBe(values[name]);
  }
});

test('takes a body that has the digests that came with it', async () => {
  const { gateway } = await startS3();
  expect(
    await put(gateway.endpoint, { 'content-md5': md5('body'), 'x-amz-content-sha256': sha256('body') }, 'body'),
  ).toBe('200');
  for (const name of CHECKSUM_ALGORITHMS) {
    const value = computeChecksum(name, [Buffer.from('body')]);
    expect(await put(gateway.endpoint, { [`x-amz-checksum-${name.toLowerCase()}`]: value }, 'body')).toBe('200');
  }
});

test('refuses a body that lacks a digest that came with it, and keeps nothing', async () => {
  const { gateway, s3, events } = await startS3();
  const attempt = (headers: Record<string, string>) => put(gateway.endpoint, headers, 'body');
  expect(await attempt({ 'content-md5': md5('other') })).toBe('400 BadDigest');
  expect(await attempt({ 'content-md5': 'short' })).toBe('400 InvalidDigest');
  expect(await attempt({ 'x-amz-content-sha256': sha256('other') })).toBe('400 XAmzContentSHA256Mismatch');
  for (const name of CHECKSUM_ALGORITHMS) {
    const value = computeChecksum(name, [Buffer.from('other')]);
    expect(await attempt({ [`x-amz-checksum-${name.toLowerCase()}`]: value })).toBe('400 BadDigest');
  }
  expect(await attempt({ 'x-amz-checksum-crc32': '!' })).toBe('400 InvalidRequest');
  expect(await s3.readObject(`s3://${BUCKET}/k`)).toBeUndefined();
  expect(events).toEqual([]);
});

const CHUNKED = { 'content-encoding': 'aws-chunked', 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' };

test('decodes aws-chunked bodies, signed or not, with their trailers', async () => {
  const { gateway, s3 } = await startS3();
  const trailer = `x-amz-checksum-crc32:${computeChecksum('CRC32', [Buffer.from('hello world')])}\r\n\r\n`;
  const headers = { ...CHUNKED, 'x-amz-trailer': 'x-amz-checksum-crc32', 'x-amz-decoded-content-length': '11' };
  const frames = `6;chunk-signature=00\r\nhello \r\n5\r\nworld\r\n0\r\n`;
  expect(await put(gateway.endpoint, headers, frames + trailer)).toBe('200');
  expect((await s3.readObject(`s3://${BUCKET}/k`))?.toString()).toBe('hello world');
  expect(await put(gateway.endpoint, headers, `${frames}x-amz-checksum-crc32:AAAAAA==\r\n\r\n`)).toBe('400 BadDigest');
  expect(await put(gateway.endpoint, headers, `${frames}\r\n`)).toBe('400 MalformedTrailerError');
});

test.each([
  ['a frame that ends early', 'ff\r\nshort\r\n0\r\n\r\n'],
  ['no last frame', '5\r\nhello\r\n'],
  ['a size that is no number', 'zz\r\nhello\r\n0\r\n\r\n'],
  ['no framing at all', 'hello'],
  ['another length than declared', '4\r\nhell\r\n0\r\n\r\n'],
  ['nothing', ''],
])('refuses an aws-chunked body with %s', async (_what, body) => {
  const { gateway } = await startS3();
  expect(await put(gateway.endpoint, { ...CHUNKED, 'x-amz-decoded-content-length': '5' }, body)).toBe(
    '400 IncompleteBody',
  );
});

test('refuses a declared size beyond the limit without reading it', async () => {
  const { gateway } = await startS3();
  const socket = connect(gateway.port, '127.0.0.1');
  const head = `PUT /${BUCKET}/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${513 * 1024 * 1024}\r\n\r\n`;
  socket.write(head);
  const [answer] = await new Promise<Buffer[]>((resolve) => socket.once('data', (chunk: Buffer) => resolve([chunk])));
  socket.destroy();
  expect(answer?.toString()).toContain('<Code>EntityTooLarge</Code>');
});

test('keeps nothing of a body that its client did not finish', async () => {
  const { gateway, s3, surroundings, events } = await startS3();
  const socket = connect(gateway.port, '127.0.0.1');
  socket.write(`PUT /${BUCKET}/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf`, () =>
    socket.destroy(),
  );
  await new Promise((resolve) => socket.once('close', resolve));
  expect(await put(gateway.endpoint, {}, 'whole')).toBe('200');
  expect((await s3.readObject(`s3://${BUCKET}/k`))?.toString()).toBe('whole');
  expect(events).toHaveLength(1);
  expect(surroundings.reported).toEqual([]);
});

test('answers an unreadable key, a long key, an unknown parameter and an unreadable document with an error', async () => {
  const { gateway } = await startS3();
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${gateway.endpoint}${path}`, init);
    return /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1];
  };
  expect(await ask(`/${BUCKET}/%ff%fe`)).toBe('InvalidURI');
  expect(await ask(`/${BUCKET}/${'k'.repeat(1025)}`)).toBe('KeyTooLongError');
  expect(await ask(`/${BUCKET}/k?newSubresource`, { method: 'PUT', body: 'x' })).toBe('NotImplemented');
  expect(await ask(`/${BUCKET}?delete`, { method: 'POST', body: 'not xml' })).toBe('MalformedXML');
  const hidden = '<Delete><!-- --><Object><Key>k</Key></Object></Delete>';
  expect(await ask(`/${BUCKET}?delete`, { method: 'POST', body: hidden })).toBe('MalformedXML');
  expect(await ask(`/${BUCKET}/k`, { method: 'PATCH' })).toBe('NotImplemented');
});

test('serves a bucket under its own host name', async () => {
  const { gateway, s3 } = await startS3();
  expect(await put(gateway.endpoint, {}, 'body')).toBe('200');
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(gateway.port, '127.0.0.1', () =>
      socket.write(`GET /k HTTP/1.1\r\nHost: ${BUCKET}.localhost:${gateway.port}\r\nConnection: close\r\n\r\n`),
    );
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString();
    });
    socket.on('close', () => resolve(received));
  });
  expect(answer).toMatch(/\r\n\r\nbody$/);
  expect((await s3.readObject(`s3://${BUCKET}/k`))?.toString()).toBe('body');
});
