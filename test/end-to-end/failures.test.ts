/** What a route says of failures, from its file to the runs that HealthOmics was asked for. */
import { GetRunCommand } from '@aws-sdk/client-omics';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SweepResult } from '../../lib/lifecycle/sweep-ports.ts';
import type { PruneRules } from '../../lib/quota/prune-settings.ts';
import { currentAttempt, type RequestRecord } from '../../lib/runs/request-record.ts';
import { BUCKET, eventually, type Laptop, REMOVE_ROUTES, startLaptop } from './laptop.ts';

const ROUTES = `${REMOVE_ROUTES}
  - name: growing
    on: { bucket: ${BUCKET}, key: 'growing/{file}' }
    retry: { attempts: 5, storage: { upTo: 4800 } }
    run: { workflowId: "3333333", storageType: STATIC, storageCapacity: 1200, parameters: { input: '{uri}' } }
  - name: patient
    on: { bucket: ${BUCKET}, key: 'patient/{file}' }
    retry: { on: { RUN_TASK_FAILED: retry } }
    run: { workflowId: "3333333", parameters: { input: '{uri}' } }
  - name: strict
    on: { bucket: ${BUCKET}, key: 'strict/{file}' }
    retry: { on: { SERVICE_ERROR: give-up } }
    run: { workflowId: "3333333", parameters: { input: '{uri}' } }
  - name: retained
    on: { bucket: ${BUCKET}, key: 'retained/{file}' }
    run: { workflowId: "3333333", retentionMode: RETAIN, parameters: { input: '{uri}' } }
`;
/** A route file asks for a day at least. */
const PRUNE: PruneRules = {
  olderThanMs: 1,
  statuses: ['FAILED'],
  keepNewest: 0,
  keepTag: 'keep',
  runs: 'ours',
  mostPerSweep: 5,
  dryRun: false,
};

const reads = (key: string) => ({ parameters: { input: `s3://${BUCKET}/${key}` } });

let laptop: Laptop;
beforeAll(async () => {
  laptop = await startLaptop({
    routes: ROUTES,
    environment: { RUNDROP_PRUNE: JSON.stringify(PRUNE) },
    quotas: { 'L-24A3B174': 100 },
    failures: [
      { when: reads('growing/a'), failureReason: 'FILE_SYSTEM_OUT_OF_SPACE' },
      { when: reads('patient/a'), failureReason: 'RUN_TASK_FAILED', times: 1 },
      { when: reads('strict/a'), failureReason: 'SERVICE_ERROR', times: 1 },
      { when: reads('retained/a'), failureReason: 'RUN_TASK_FAILED' },
    ],
  });
});
afterAll(async () => {
  await laptop.stop();
});

async function endOf(key: string): Promise<RequestRecord> {
  await laptop.put(key);
  return eventually(async () => {
    const drop = (await laptop.drops()).find((one) => one.key === key && one.identity !== undefined);
    const record = await laptop.ledger.requests.read(drop?.identity ?? '');
    return record?.announcedAt === undefined ? undefined : record;
  });
}

it('gives a run that is out of space the next STATIC size each time, up to the cap', async () => {
  const { outcome, attempts } = await endOf('growing/a');
  expect(outcome).toBe('FAILED');
  const runs = await Promise.all(attempts.map(({ runId }) => laptop.omics.send(new GetRunCommand({ id: runId }))));
  expect(runs.map(({ storageType, storageCapacity }) => `${storageType} ${storageCapacity}`)).toEqual([
    'STATIC 1200',
    'STATIC 2400',
    'STATIC 4800',
  ]);
});

it('starts a run again, or does not, as the route says of its failureReason', async () => {
  const [patient, strict] = await Promise.all([endOf('patient/a'), endOf('strict/a')]);
  expect(patient.attempts).toMatchObject([{ outcome: 'FAILED' }, { outcome: 'COMPLETED' }]);
  expect(strict).toMatchObject({ outcome: 'FAILED', attempts: [{ failureReason: 'SERVICE_ERROR' }] });
});

it('prunes a RETAIN run that failed, once what HealthOmics knows of it and of its tasks is kept', async () => {
  const { runId = '', uuid } = currentAttempt(await endOf('retained/a'));
  const { pruned } = await laptop.invoke<SweepResult>('sweep-runs', { scan: true });
  expect(pruned).toMatchObject({ outcomes: { deleted: 1 }, runs: [runId] });
  await expect(laptop.omics.send(new GetRunCommand({ id: runId }))).rejects.toThrow(`Run ${runId} not found`);
  const Bucket = 'rundrop-local-evidence-000000000000-us-east-1';
  const { Body } = await laptop.s3.send(new GetObjectCommand({ Bucket, Key: `runs/${uuid}.json` }));
  const kept = JSON.parse((await Body?.transformToString()) ?? '');
  expect(kept).toMatchObject({ run: { id: runId, status: 'FAILED' }, tasks: { complete: true } });
  expect(kept.tasks.items).toContainEqual(expect.objectContaining({ status: 'FAILED', logStream: expect.any(String) }));
});
