import { describe, expect, it } from 'vitest';
import { policyOf } from '../../../lib/routing/route-policy.ts';
import { fileOf, load, problemsOf } from './load-routes.ts';

const OBJECT = `on: { bucket: acme-incoming, key: 'fastq/{sample}.fastq.gz' }`;

function policy(life: string) {
  const [route] = load(fileOf(`${OBJECT}\n${life}`)).routes;
  if (route === undefined) throw new Error('there is no route');
  return policyOf(route);
}

describe('what a route says about the life of its requests', () => {
  it('is three attempts and no more when it says nothing', () => {
    expect(policy('')).toEqual({ maxAttempts: 3 });
    expect(policy('onQuota: wait')).toEqual({ maxAttempts: 3 });
  });

  it('is frozen with each request, durations in seconds', () => {
    const life = `retry: { attempts: 5, on: { RUN_TASK_FAILED: retry, SERVICE_ERROR: give-up }, storage: { upTo: 9600 } }
limits: { maxRunsPerDay: 7, inStatus: { PENDING: 24h, STOPPING: 90s } }
onQuota: reject`;
    expect(policy(life)).toEqual({
      maxAttempts: 5,
      retry: { on: { RUN_TASK_FAILED: 'retry', SERVICE_ERROR: 'give-up' }, storageUpTo: 9600 },
      maxRunsPerDay: 7,
      inStatusSeconds: { PENDING: 86_400, STOPPING: 90 },
      onQuota: 'reject',
    });
  });

  it('may name DYNAMIC storage, which is what a run gets that ran out of space', () => {
    expect(policy('retry: { storage: DYNAMIC }')).toEqual({ maxAttempts: 3 });
  });

  it('is the same for schedules', () => {
    const file = load(`version: 1
schedules:
  - name: nightly
    cron: "0 2 * * ? *"
    onQuota: reject
    limits: { inStatus: { RUNNING: 2h } }
    run: { workflowId: "222", roleArn: "arn:aws:iam::123456789012:role/x", outputUri: s3://acme-results/ }
`);
    expect(file.schedules.map(policyOf)).toEqual([
      { maxAttempts: 3, inStatusSeconds: { RUNNING: 7200 }, onQuota: 'reject' },
    ]);
  });

  it('warns of a failureReason that HealthOmics does not document, and takes it', () => {
    const text = fileOf(`${OBJECT}\nretry: { on: { SERVICE_EROR: retry } }`);
    expect(load(text).warnings.filter(({ path }) => path.includes('retry'))).toMatchObject([
      { message: 'SERVICE_EROR is no failureReason that HealthOmics documents', suggestion: 'SERVICE_ERROR' },
    ]);
  });

  it.each([
    ['grows by itself', 'storageType: DYNAMIC', 'no effect with storageType DYNAMIC'],
    ['is as large at first', 'storageType: STATIC\nstorageCapacity: 9600', 'no more than the storageCapacity'],
    ['can grow', 'storageType: STATIC\nstorageCapacity: 7200', undefined],
  ])('warns of a cap on storage that %s, if it is one', (_, run, expected) => {
    const text = fileOf(`${OBJECT}\nretry: { storage: { upTo: 9600 } }`, run);
    const warnings = load(text.replace('  storageType: DYNAMIC\n', '')).warnings.map(
      ({ path, message }) => `${path}: ${message}`,
    );
    const about = warnings.filter((warning) => warning.startsWith('routes[0].retry.storage'));
    expect(about).toEqual(expected === undefined ? [] : [expect.stringContaining(expected)]);
  });

  it.each([
    ['a rule that there is not', 'retry: { on: { SERVICE_ERROR: again } }', 'must be retry or enlarge or give-up'],
    ['a status in the place of a reason', 'retry: { on: { CANCELLED: retry } }', 'only runs that FAILED'],
    ['a reason in small letters', 'retry: { on: { service_error: retry } }', 'must be a failureReason'],
    [
      'more storage for what needs more memory',
      'retry: { on: { OUT_OF_MEMORY_ERROR: enlarge } }',
      'helps only against',
    ],
    ['another storage type', 'retry: { storage: STATIC }', 'must be DYNAMIC'],
    ['storage that grows to nowhere', 'retry: { storage: {} }', 'say how far'],
    ['a status that ends a run', 'limits: { inStatus: { FAILED: 1h } }', 'unknown member "FAILED"'],
    ['a way to meet a full quota that there is not', 'onQuota: refuse', 'must be wait or reject'],
  ])('rejects %s', (_, life, expected) => {
    expect(problemsOf(fileOf(`${OBJECT}\n${life}`)).join('\n')).toContain(expected);
  });
});
