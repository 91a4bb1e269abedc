import { describe, expect, it } from 'vitest';
import { cutRunName } from '../../../lib/routing/run-name.ts';
import { START_RUN_MEMBERS } from '../../../lib/routing/start-run-members.ts';
import { checkStartRunRequest } from '../../../lib/routing/start-run-request.ts';
import { ROLE_ARN } from './load-routes.ts';

const SOUND = { workflowId: '1', roleArn: ROLE_ARN, outputUri: 's3://acme-results/x/' };

describe('a StartRun request', () => {
  it.each<[string, object]>([
    ['the least', SOUND],
    ['a duplicate of a run', { runId: '1', roleArn: ROLE_ARN, outputUri: 's3://acme-results' }],
    ['a Ready2Run workflow', { ...SOUND, workflowType: 'READY2RUN' }],
    ['a role in a path, in another partition', { ...SOUND, roleArn: 'arn:aws-us-gov:iam::123456789012:role/a/b' }],
    ['a cache', { ...SOUND, cacheId: '1', cacheBehavior: 'CACHE_ON_FAILURE' }],
    ['numbers at their limits', { ...SOUND, priority: 0, storageCapacity: 100_000 }],
    ['a name in any script', { ...SOUND, name: 'Größe \u8a66\u6599 #1 \u{1F9EC}' }],
    ['an empty tag', { ...SOUND, tags: { a: '' } }],
  ])('may be %s', (_, value) => {
    expect(checkStartRunRequest(value)).toEqual([]);
  });

  it.each<[unknown, string]>([
    [null, 'a StartRun request is a JSON object, not nothing'],
    ['x', 'a StartRun request is a JSON object, not text'],
    [{ workflowId: '1', outputUri: 's3://acme-results/x/' }, 'roleArn is missing: StartRun requires it'],
    [
      { roleArn: ROLE_ARN, outputUri: 's3://acme-results/x/' },
      'workflowId is missing: say which workflow to run (or runId, to duplicate a run)',
    ],
    [{ ...SOUND, runId: '1' }, 'workflowId and runId exclude each other: runId duplicates a run with its workflow'],
    [{ ...SOUND, workflowId: '1'.repeat(19) }, 'workflowId must have at most 18 characters, not 19'],
    [{ ...SOUND, name: '' }, 'name must not be empty'],
    [{ ...SOUND, name: 'a\tb' }, "name must be without control characters, not 'a\\u{9}b'"],
    [{ ...SOUND, priority: 1.5 }, 'priority must be a whole number from 0 to 100000, not 1.5'],
    [{ ...SOUND, priority: '1' }, "priority must be a whole number from 0 to 100000, not '1'"],
    [{ ...SOUND, storageType: 'dynamic' }, "storageType must be STATIC or DYNAMIC, not 'dynamic'"],
    [{ ...SOUND, parameters: [] }, 'parameters must be an object of names and values, not a list'],
    [{ ...SOUND, tags: { a: 1 } }, "tags has the tag 'a', which must be text, not 1"],
    [
      { ...SOUND, tags: { a: 'x'.repeat(257) } },
      "tags has the tag 'a', which must have at most 256 characters, not 257",
    ],
    [
      { ...SOUND, outputUri: 'https://x/y' },
      "outputUri must be an S3 location, s3://bucket/prefix/, not 'https://x/y'",
    ],
    [{ ...SOUND, cacheBehavior: 'CACHE_ALWAYS' }, 'cacheBehavior needs a cacheId'],
    [
      { ...SOUND, workflowType: 'READY2RUN', runGroupId: '1' },
      'runGroupId is for private workflows only, and workflowType is READY2RUN',
    ],
    [{ ...SOUND, workflowOwnerId: '1' }, "workflowOwnerId must be an account id of 12 digits, not '1'"],
    [
      { ...SOUND, workflowVersionName: '-a' },
      'workflowVersionName must be letters, digits, ".", "_" and "-", beginning with a letter or digit, not \'-a\'',
    ],
  ])('%j is wrong: %s', (value, problem) => {
    expect(checkStartRunRequest(value)).toEqual([problem]);
  });

  it('has at most 45 tags, which leaves room for those of Rundrop', () => {
    const tags = Object.fromEntries(Array.from({ length: 46 }, (_, i) => [`t${i}`, 'x']));
    expect(checkStartRunRequest({ ...SOUND, tags })).toEqual(['tags must have at most 45 tags, not 46']);
  });

  it('knows every member of the API but requestId', () => {
    expect(Object.keys(START_RUN_MEMBERS)).toHaveLength(23);
    expect(START_RUN_MEMBERS).not.toHaveProperty('requestId');
  });
});

describe('the name of a run', () => {
  it('keeps nine characters free', () => {
    expect(cutRunName('x'.repeat(119))).toHaveLength(119);
    expect(cutRunName('x'.repeat(120))).toHaveLength(119);
  });
});
