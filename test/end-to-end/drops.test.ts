import { randomUUID } from 'node:crypto';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CancelRunCommand, GetRunCommand, ListRunsCommand } from '@aws-sdk/client-omics';
import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { currentAttempt, type RequestRecord } from '../../lib/runs/request-record.ts';
import { BUCKET, eventually, type Laptop, STATE_MACHINE_ARN, startLaptop } from './laptop.ts';

let laptop: Laptop;
beforeAll(async () => {
  laptop = await startLaptop({
    failures: [
      { when: { parameters: { sample: 'SYN-RETRY' } }, failureReason: 'SERVICE_ERROR', times: 1 },
      { when: { parameters: { sample: 'SYN-CANCEL' } }, failureReason: 'SERVICE_ERROR', hang: 'RUNNING' },
    ],
  });
});
afterAll(() => laptop.stop());

/** The request that came of the drop of `key`, once it has ended. */
async function endOf(key: string): Promise<RequestRecord> {
  return eventually(async () => {
    const drop = (await laptop.drops()).find((one) => one.key === key && one.identity !== undefined);
    const record = await laptop.ledger.requests.read(drop?.identity ?? '');
    return record?.announcedAt === undefined ? undefined : record;
  });
}

const fastq = (sample: string, read: number) => `fastq/${sample}_R${read}.fastq.gz`;

async function runsNamedFor(record: RequestRecord) {
  const names = record.attempts.map(({ name }) => name);
  const { items = [] } = await laptop.omics.send(new ListRunsCommand({ maxResults: 100 }));
  return items.filter(({ name }) => names.includes(name ?? ''));
}

describe('a pair of FASTQ files', () => {
  for (const [sample, reads] of [
    ['SYN-12', [1, 2]],
    ['SYN-21', [2, 1]],
  ] as const) {
    it(`becomes one COMPLETED run when R${reads[0]} comes first`, async () => {
      for (const read of reads) await laptop.put(fastq(sample, read));
      const record = await endOf(fastq(sample, 1));
      expect(record).toMatchObject({ outcome: 'COMPLETED', route: 'germline' });
      const { runId, uuid, requestId } = currentAttempt(record);
      const run = await laptop.omics.send(new GetRunCommand({ id: runId }));
      expect(run).toMatchObject({
        uuid,
        status: 'COMPLETED',
        retentionMode: 'RETAIN',
        storageType: 'DYNAMIC',
        parameters: {
          fastq_1: `s3://${BUCKET}/${fastq(sample, 1)}`,
          fastq_2: `s3://${BUCKET}/${fastq(sample, 2)}`,
          sample,
        },
        tags: { 'rundrop:requestId': requestId },
      });
      expect(await runsNamedFor(record)).toHaveLength(1);
      expect(Object.keys(currentAttempt(record).statuses)).toEqual(expect.arrayContaining(['PENDING', 'COMPLETED']));
    });
  }

  it('stays visible while its mate is missing', async () => {
    await laptop.put(fastq('SYN-HALF', 1));
    const header = await eventually(async () =>
      (await laptop.ledger.gathers.open('GATHERING', 50)).find(({ group }) => group.sample === 'SYN-HALF'),
    );
    expect(header.missing).toEqual(['read=2']);
  });

  it('is one run however often and late its events come', async () => {
    for (const read of [1, 2]) await laptop.put(fastq('SYN-DUP', read));
    const record = await endOf(fastq('SYN-DUP', 1));
    const drops = (await laptop.drops()).filter(({ key }) => key.startsWith('fastq/SYN-DUP'));
    const settings = {
      endpoint: laptop.stack.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 't', secretAccessKey: 't' },
    };
    const sqs = new SQSClient(settings);
    for (let copy = 0; copy < 10; copy += 1) {
      for (const { key, etag, sizeBytes, sequencer } of drops) {
        await sqs.send(
          new SendMessageCommand({
            QueueUrl: `${laptop.stack.endpoint}/000000000000/rundrop-local-drops`,
            MessageBody: JSON.stringify({
              version: '0',
              id: randomUUID(),
              'detail-type': 'Object Created',
              source: 'aws.s3',
              account: '000000000000',
              time: new Date().toISOString(),
              region: 'us-east-1',
              resources: [`arn:aws:s3:::${BUCKET}`],
              detail: { version: '0', bucket: { name: BUCKET }, object: { key, size: sizeBytes, etag, sequencer } },
            }),
          }),
        );
      }
    }
    const { runId, uuid } = currentAttempt(record);
    const arn = `arn:aws:omics:us-east-1:000000000000:run/${runId}`;
    const late = { source: 'aws.omics', 'detail-type': 'Run Status Change', detail: { arn, uuid, status: 'RUNNING' } };
    const answer = await new LambdaClient(settings).send(
      new InvokeCommand({
        FunctionName: 'rundrop-local-on-run-status-change',
        Payload: Buffer.from(JSON.stringify(late)),
      }),
    );
    expect(answer.FunctionError).toBeUndefined();
    // A later drop that goes the whole way shows that what was queued before it has been taken.
    for (const read of [1, 2]) await laptop.put(fastq('SYN-AFTER', read));
    await endOf(fastq('SYN-AFTER', 1));
    expect(await runsNamedFor(record)).toHaveLength(1);
    expect(await laptop.ledger.requests.read(record.identity)).toMatchObject({ outcome: 'COMPLETED' });
    const { executions = [] } = await laptop.sfn.send(
      new ListExecutionsCommand({ stateMachineArn: STATE_MACHINE_ARN }),
    );
    expect(executions.filter(({ name }) => name?.includes(record.identity))).toHaveLength(1);
  });

  it('is tried again after SERVICE_ERROR, and completes', async () => {
    for (const read of [1, 2]) await laptop.put(fastq('SYN-RETRY', read));
    const record = await endOf(fastq('SYN-RETRY', 1));
    expect(record.outcome).toBe('COMPLETED');
    expect(record.attempts.map(({ status, failureReason }) => [status, failureReason])).toEqual([
      ['FAILED', 'SERVICE_ERROR'],
      ['COMPLETED', undefined],
    ]);
    expect(await runsNamedFor(record)).toHaveLength(2);
  });

  it('ends as CANCELLED when somebody cancels its run', async () => {
    for (const read of [1, 2]) await laptop.put(fastq('SYN-CANCEL', read));
    const runId = await eventually(async () => {
      const drop = (await laptop.drops()).find(({ key }) => key === fastq('SYN-CANCEL', 1));
      const record = await laptop.ledger.requests.read(drop?.identity ?? '');
      return record === undefined ? undefined : currentAttempt(record).runId;
    });
    await laptop.omics.send(new CancelRunCommand({ id: runId }));
    const record = await endOf(fastq('SYN-CANCEL', 1));
    expect(record).toMatchObject({ outcome: 'CANCELLED', attempts: [{ status: 'CANCELLED' }] });
  });
});

describe('other drops', () => {
  it('a single object becomes one run', async () => {
    await laptop.put('cram/SYN-1.cram');
    expect(await endOf('cram/SYN-1.cram')).toMatchObject({ route: 'single', outcome: 'COMPLETED' });
  });

  it('a READY2RUN pair becomes one run', async () => {
    for (const read of [1, 2]) await laptop.put(`wgs/SYN-1_R${read}.fastq.gz`);
    const record = await endOf('wgs/SYN-1_R1.fastq.gz');
    expect(record.outcome).toBe('COMPLETED');
    const run = await laptop.omics.send(new GetRunCommand({ id: currentAttempt(record).runId }));
    expect(run.workflowType).toBe('READY2RUN');
  });

  it('a run request passes on everything that StartRun takes', async () => {
    const request = {
      workflowId: '1234567',
      name: 'by-request',
      parameters: { fastq_1: 's3://acme-incoming/x.fastq.gz' },
      retentionMode: 'REMOVE',
      storageType: 'STATIC',
      storageCapacity: 1200,
      logLevel: 'ALL',
      priority: 7,
      tags: { project: 'demo' },
    };
    await laptop.put('x.fastq.gz');
    await laptop.put('requests/full.json', JSON.stringify(request));
    const record = await endOf('requests/full.json');
    expect(record.outcome).toBe('COMPLETED');
    const run = await laptop.omics.send(new GetRunCommand({ id: currentAttempt(record).runId }));
    const { name: _, tags, ...rest } = request;
    expect(run).toMatchObject({ ...rest, tags: expect.objectContaining(tags) });
    expect(run.name).toMatch(/^by-request-[0-9a-f]{8}$/);
  });

  const refused: readonly (readonly [string, string, string, RegExp])[] = [
    ['that is not JSON', 'broken', '{"workflowId": "1234567"', /JSON/],
    ['that is not a StartRun request', 'other', '{"sampleId": "1"}', /sampleId/],
    ['for a workflow that its route does not allow', 'foreign', '{"workflowId": "4242424"}', /4242424/],
  ];
  for (const [what, name, body, reason] of refused) {
    it(`a run request ${what} is refused with the reason, beside a good one`, async () => {
      await Promise.all([laptop.put(`requests/${name}.json`, body), laptop.put(`cram/beside-${name}.cram`)]);
      const drop = await eventually(async () =>
        (await laptop.drops()).find(({ key, state }) => key === `requests/${name}.json` && state === 'REJECTED'),
      );
      expect(drop.reason).toMatch(reason);
      expect(await endOf(`cram/beside-${name}.cram`)).toMatchObject({ outcome: 'COMPLETED' });
    });
  }
});
