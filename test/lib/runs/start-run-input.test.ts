import { describe, expect, it } from 'vitest';
import { currentAttempt } from '../../../lib/runs/request-record.ts';
import { askedName, runNameOf, startRunInput } from '../../../lib/runs/start-run-input.ts';
import { claimedRequest } from '../../support/request-record.ts';

describe('what an attempt sends to StartRun', () => {
  it('is the frozen request, recognisable by name and tag', () => {
    const record = claimedRequest();
    const attempt = currentAttempt(record);
    expect(startRunInput(record, attempt)).toEqual({
      workflowId: '1234567',
      roleArn: 'arn:aws:iam::000000000000:role/HealthOmics',
      outputUri: 's3://results/germline/',
      name: `germline-${attempt.requestId.slice(0, 8)}`,
      tags: {
        flowcell: 'F1',
        'rundrop:requestId': attempt.requestId,
        'rundrop:request': record.identity,
        'rundrop:route': 'germline',
        'rundrop:routeFile': 'ffffffffffff',
        'rundrop:version': '0.1.0',
      },
      requestId: attempt.requestId,
    });
  });

  it('applies the changes of a retry; null leaves a member out', () => {
    const record = claimedRequest({ requestText: '{"storageType":"STATIC","storageCapacity":1200}' });
    const attempt = { ...currentAttempt(record), changes: { storageType: 'DYNAMIC', storageCapacity: null } };
    const input = startRunInput(record, attempt);
    expect(input.storageType).toBe('DYNAMIC');
    expect(input).not.toHaveProperty('storageCapacity');
  });

  it('names the run cache at every attempt, so that a retry takes what the failed run left there', () => {
    const requestText = '{"workflowId":"1","cacheId":"7","cacheBehavior":"CACHE_ON_FAILURE"}';
    const record = claimedRequest({ requestText });
    const again = { ...currentAttempt(record), attempt: 2, changes: { storageType: 'DYNAMIC' } };
    expect(startRunInput(record, again)).toMatchObject({ cacheId: '7', cacheBehavior: 'CACHE_ON_FAILURE' });
  });

  it('cuts a long name so that the suffix fits into 128 characters', () => {
    const name = runNameOf('x'.repeat(200), 'abcdef0123456789');
    expect(name).toHaveLength(128);
    expect(name.endsWith('-abcdef01')).toBe(true);
  });

  it('is named after its route when the request asks for no name', () => {
    expect(askedName('{}', 'germline')).toBe('germline');
    expect(askedName('{"name":"mine"}', 'germline')).toBe('mine');
  });
});
