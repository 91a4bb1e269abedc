import { OmicsClient, StartRunCommand } from '@aws-sdk/client-omics';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { QuotaReport } from '../../../cli/quota/report.ts';
import { type OmicsStack, startOmicsStack } from '../../../local/omics-stack.ts';
import { germlineRequest } from '../../local/omics/harness.ts';
import { rundrop } from '../command-line.ts';

let stack: OmicsStack;
beforeAll(async () => {
  stack = await startOmicsStack({ port: 0, settings: { speed: 1 }, quotas: { 'L-C9679DBC': 8 }, report: () => {} });
  const credentials = { accessKeyId: 'laptop', secretAccessKey: 'laptop' };
  const omics = new OmicsClient({
    endpoint: stack.endpoint,
    region: 'us-east-1',
    credentials,
    disableHostPrefix: true,
  });
  for (const retentionMode of ['RETAIN', 'RETAIN', 'REMOVE'] as const)
    await omics.send(new StartRunCommand(germlineRequest({ retentionMode, storageType: 'DYNAMIC' })));
});
afterAll(() => stack.close());

it('`rundrop quota --live` needs nothing but HealthOmics: no deployment, no ledger', async () => {
  const { stdout, stderr, exitStatus } = await rundrop(['quota', '--live', '--json', '--if', '9'], {
    AWS_ENDPOINT_URL: stack.endpoint,
  });
  expect(exitStatus, stderr).toBe(0);
  expect(stderr).toContain("There is no ledger to read here: every run's retention mode is asked for with one GetRun.");
  const report = JSON.parse(stdout) as QuotaReport;
  expect(report).toMatchObject({ storedRuns: 3, storedRunsQuota: 8, unknownRetention: 0 });
  expect(Object.keys(report.byRetentionMode).sort()).toEqual(['REMOVE', 'RETAIN']);
  expect(report.whatIf).toMatchObject({ RETAIN: { fit: 5, refused: 4 }, REMOVE: { fit: 5 }, queue: null });
});
