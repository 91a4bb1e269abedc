/** What a route says of failures, from its file to the runs that HealthOmics was asked for. */
import { GetRunCommand } from '@aws-sdk/client-omics';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RequestRecord } from '../../lib/runs/request-record.ts';
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
`;

const reads = (key: string) => ({ parameters: { input: `s3://${BUCKET}/${key}` } });

let laptop: Laptop;
beforeAll(async () => {
  laptop = await startLaptop({
    routes: ROUTES,
    quotas: { 'L-24A3B174': 100 },
    failures: [
      { when: reads('growing/a'), failureReason: 'FILE_SYSTEM_OUT_OF_SPACE' },
      { when: reads('patient/a'), failureReason: 'RUN_TASK_FAILED', times: 1 },
      { when: reads('strict/a'), failureReason: 'SERVICE_ERROR', times: 1 },
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
