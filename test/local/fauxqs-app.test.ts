import { expect, test } from 'vitest';
import { createFauxqsApp, isFauxqsError } from '../../local/fauxqs-app.ts';

test('finds the stores and actions of the pinned fauxqs, and shares them', async () => {
  const app = createFauxqsApp();
  const [s3, sqs, sns] = await Promise.all([app.s3(), app.sqs(), app.sns()]);
  expect(await app.s3()).toBe(s3);
  expect(await app.sqs()).toBe(sqs);
  expect(await app.sns()).toBe(sns);
  for (const { actions } of [s3, sqs, sns])
    for (const action of Object.values(actions)) expect(action).toBeTypeOf('function');
  expect(sns.store.createTopic).toBeTypeOf('function');
  const methods = [
    'createBucket',
    'putObject',
    'getObject',
    'deleteObject',
    'restoreObject',
    'completeMultipartUpload',
  ] as const;
  for (const method of methods) expect(s3.store[method]).toBeTypeOf('function');
});

test('knows the errors of fauxqs from others', async () => {
  const { store } = await createFauxqsApp().s3();
  expect(() => store.headObject('none', 'k')).toThrow(expect.toSatisfy(isFauxqsError));
  expect(isFauxqsError(new TypeError('other'))).toBe(false);
});

test('an S3 persistence is called before a change shows', async () => {
  const { store } = await createFauxqsApp().s3();
  store.createBucket('bucket');
  const seen: (string | undefined)[] = [];
  const persistence = {
    insertBucket: () => {},
    deleteBucket: () => {},
    upsertObject: (bucket: string) => void seen.push(store.buckets.get(bucket)?.get('k')?.etag),
    deleteObject: () => {},
    readBody: () => Buffer.from('kept'),
    insertMultipartUpload: () => {},
    upsertMultipartPart: () => {},
    deleteMultipartUpload: () => {},
    completeMultipartUpload: () => {},
  };
  store.persistence = persistence;
  store.putObject('bucket', 'k', Buffer.from('body'), 'text/plain', {}, {}, undefined);
  expect(seen).toEqual([undefined]);
  expect(store.getObject('bucket', 'k').body.toString()).toBe('kept');
});
