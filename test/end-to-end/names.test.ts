/**
 * Invariant 9 through the whole laptop: sample names are planted in keys, sensitive wildcards, sheet cells, object
 * metadata, dropped requests and bad JSON, and looked for in everything that people and programs may read who may not
 * read the ledger, the parameters of runs, and the evidence itself.
 */
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetRunCommand, ListRunsCommand } from '@aws-sdk/client-omics';
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, GetExecutionHistoryCommand, ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventProblems, evidenceProblems } from '../support/schemas.ts';
import { BUCKET, eventually, type Laptop, ROLE_ARN, STATE_MACHINE_ARN, startLaptop } from './laptop.ts';

/** On a machine that does much else; it takes a quarter of it. */
const SETTLED_WITHIN_MS = 60_000;
/** In every sample's name, and in nothing else. */
const SECRET = 'JANEDOE';
const EVIDENCE_BUCKET = 'rundrop-local-evidence-000000000000-us-east-1';
const ROUTES = `version: 1
defaults:
  roleArn: ${ROLE_ARN}
  outputUri: s3://acme-results/{route}/
  retentionMode: RETAIN
  storageType: DYNAMIC
routes:
  - name: pair
    on: { bucket: ${BUCKET}, key: 'fastq/{sample}_R{read,[12]}.fastq.gz' }
    gather: { by: [sample], needs: { read: ["1", "2"] }, within: 1s }
    sensitive: [sample]
    run:
      workflowId: '1234567'
      parameters: { sample: '{sample}', fastq_1: '{uri:read=1}', fastq_2: '{uri:read=2}' }
    retry: { attempts: 2 }
  - name: counted
    on: { bucket: ${BUCKET}, key: 'counted/{sample}/{file}' }
    gather: { by: [sample], needs: { count: 2 }, within: 1s, onChange: hold }
    sensitive: [sample, file]
    run: { workflowId: '3333333', parameters: { input: '{uris}' } }
  - name: cohort
    on: { bucket: ${BUCKET}, key: 'sheets/{cohort}.csv' }
    each: row
    sensitive: [cohort, row.sample]
    run:
      workflowId: '1234567'
      parameters: { sample: '{row.sample}', fastq_1: '{row.fastq_1}', fastq_2: '{row.fastq_2}' }
  - name: missing
    on: { bucket: ${BUCKET}, key: 'missing/{sample}' }
    sensitive: [sample]
    run: { workflowId: '3333333', parameters: { input: '{uri}.bai' } }
  - name: unknown
    on: { bucket: ${BUCKET}, key: 'unknown/{sample}' }
    sensitive: [sample]
    run: { workflowId: '9999999', parameters: { input: '{uri}' } }
  - name: requests
    on: { bucket: ${BUCKET}, key: 'requests/{name}.json' }
    sensitive: [name]
    run: { fromObject: true, allow: { workflowIds: ['3333333', '1234567'] } }
`;

let laptop: Laptop;
let sqs: SQSClient;
const lines: string[] = [];
const reports: string[] = [];

beforeAll(async () => {
  laptop = await startLaptop({
    routes: ROUTES,
    quotas: { 'L-24A3B174': 1_000, 'L-C9679DBC': 12 },
    failures: [
      { when: { parameters: { sample: `${SECRET}-FAILS` } }, failureReason: 'OUT_OF_MEMORY_ERROR' },
      { when: { parameters: { sample: `${SECRET}-AGAIN` } }, failureReason: 'SERVICE_ERROR', times: 1 },
    ],
    functionLog: (name, line) => lines.push(`${name} ${line}`),
    report: (line) => reports.push(line),
    environment: {
      RUNDROP_NOTIFY: 'FAILED,REFUSED,SUPERSEDED,REMOVED,CANCELLED,COMPLETED,UNCERTAIN,INCOMPLETE,REJECTED,QUOTA',
    },
  });
  sqs = new SQSClient(settings());
  await listen();
  await plant();
  await settled();
}, 2 * SETTLED_WITHIN_MS);

afterAll(async () => {
  sqs.destroy();
  await laptop.stop();
});

function settings() {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return { endpoint: laptop.stack.endpoint, region: 'us-east-1', credentials };
}

/** Queues of our own for what goes over the bus and to people. */
async function listen(): Promise<void> {
  const events = new EventBridgeClient(settings());
  const sns = new SNSClient(settings());
  for (const QueueName of ['heard', 'mail']) await sqs.send(new CreateQueueCommand({ QueueName }));
  const bus = { EventBusName: 'rundrop-local' };
  await events.send(new PutRuleCommand({ ...bus, Name: 'all', EventPattern: '{"source":["rundrop"]}' }));
  const target = { Id: 'heard', Arn: 'arn:aws:sqs:us-east-1:000000000000:heard' };
  await events.send(new PutTargetsCommand({ ...bus, Rule: 'all', Targets: [target] }));
  await sns.send(
    new SubscribeCommand({
      TopicArn: 'arn:aws:sns:us-east-1:000000000000:rundrop-local-notifications',
      Protocol: 'sqs',
      Endpoint: 'arn:aws:sqs:us-east-1:000000000000:mail',
    }),
  );
  events.destroy();
  sns.destroy();
}

const pair = (sample: string) => [1, 2].map((read) => `fastq/${sample}_R${read}.fastq.gz`);

/** Every way in, and every way to go wrong, with a name in it. */
async function plant(): Promise<void> {
  for (const sample of [`${SECRET}-WELL`, `${SECRET}-FAILS`, `${SECRET}-AGAIN`])
    for (const key of pair(sample)) await putWithMetadata(key);
  await putWithMetadata(`fastq/${SECRET}-HALF_R1.fastq.gz`);
  await laptop.put(`counted/${SECRET}-3/${SECRET}-a`);
  await laptop.put(`missing/${SECRET}-4`);
  await laptop.put(`unknown/${SECRET}-5`);
  const uri = `s3://${BUCKET}/${pair(`${SECRET}-WELL`)[0]}`;
  const rows = [`${SECRET}-ROW,${uri},${uri}`, `${SECRET}-ROW,${uri},${uri}`, `${SECRET}-SHORT,,`];
  await laptop.put(`sheets/${SECRET}-6.csv`, ['sample,fastq_1,fastq_2', ...rows, ''].join('\n'));
  await laptop.put(`sheets/${SECRET}-7.csv`, `"${SECRET},never ends`);
  const parameters = { input: uri };
  await laptop.put(`requests/${SECRET}-8.json`, JSON.stringify({ workflowId: '3333333', parameters }));
  await laptop.put(`requests/${SECRET}-9.json`, `{"workflowId": "3333333", ${SECRET}`);
  const wrong = { workflowId: '3333333', [SECRET]: SECRET, parameters: { [SECRET]: SECRET } };
  await laptop.put(`requests/${SECRET}-10.json`, JSON.stringify(wrong));
  const unfit = { workflowId: '1234567', parameters: { [`${SECRET}-parameter`]: uri } };
  await laptop.put(`requests/${SECRET}-11.json`, JSON.stringify(unfit));
  const QueueUrl = `${laptop.stack.endpoint}/000000000000/rundrop-local-drops`;
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: `{"poison": "${SECRET}"}` }));
}

async function putWithMetadata(Key: string): Promise<void> {
  const Metadata = { sample: SECRET };
  await laptop.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: `content of ${Key}`, Metadata }));
}

async function invoke(name: string, payload: unknown = {}): Promise<void> {
  const lambda = new LambdaClient(settings());
  const Payload = Buffer.from(JSON.stringify(payload));
  await lambda.send(new InvokeCommand({ FunctionName: `rundrop-local-${name}`, Payload }));
  lambda.destroy();
}

/** All requests have ended and are told, all bad drops are rejected, the incomplete sets are announced. */
async function settled(): Promise<void> {
  const look = async () => {
    const drops = await laptop.drops();
    const requests = await laptop.ledger.requests.list(100);
    const rejected = drops.filter(({ state }) => state === 'REJECTED');
    const over = requests.filter(({ notifiedAt }) => notifiedAt !== undefined);
    return over.length === 8 && rejected.length >= 3 ? over : undefined;
  };
  await eventually(look, { withinMs: SETTLED_WITHIN_MS });
  await invoke('reconcile-runs');
  await invoke('sweep-runs', { scan: true });
}

async function received(queueName: string): Promise<Message[]> {
  const all: Message[] = [];
  for (;;) {
    const QueueUrl = `${laptop.stack.endpoint}/000000000000/${queueName}`;
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return all;
    all.push(...Messages);
  }
}

async function executionTexts(): Promise<string[]> {
  const { executions = [] } = await laptop.sfn.send(new ListExecutionsCommand({ stateMachineArn: STATE_MACHINE_ARN }));
  const texts = executions.map(async ({ executionArn, name }) => {
    const described = await laptop.sfn.send(new DescribeExecutionCommand({ executionArn }));
    const history = await laptop.sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1_000 }));
    return [name, JSON.stringify(described), ...(history.events ?? []).map((event) => JSON.stringify(event))];
  });
  return (await Promise.all(texts)).flat().filter((text) => text !== undefined);
}

const naming = (texts: readonly string[]) => texts.filter((text) => text.toUpperCase().includes(SECRET));

describe('a sample name is in', () => {
  it('no event on our bus, each of which is as documented, and each kind of which came', async () => {
    const events = (await received('heard')).map(({ Body = '' }) => Body);
    expect(naming(events)).toEqual([]);
    const parsed = events.map((text) => JSON.parse(text) as { 'detail-type': string; detail: unknown });
    expect(parsed.flatMap((event) => eventProblems(event['detail-type'], event.detail))).toEqual([]);
    const kinds = new Set(parsed.map((event) => event['detail-type']));
    expect([...kinds].sort()).toEqual(['Drop Rejected', 'Gather Incomplete', 'Run Outcome']);
  });

  it('no notification', async () => {
    const mail = (await received('mail')).map(({ Body = '' }) => Body);
    expect(naming(mail)).toEqual([]);
    const kinds = mail.map(
      (text) => (JSON.parse(text) as { MessageAttributes: { kind: { Value: string } } }).MessageAttributes,
    );
    expect([...new Set(kinds.map(({ kind }) => kind.Value))].sort()).toEqual([
      'COMPLETED',
      'FAILED',
      'INCOMPLETE',
      'REFUSED',
      'REJECTED',
    ]);
  });

  it('no log line of any function, and so no metric either, which is a log line', () => {
    expect(lines.some((line) => line.includes('_aws'))).toBe(true);
    const functions = new Set(lines.map((line) => line.split(' ')[0]));
    for (const name of ['on-drop', 'await-start', 'start-runs', 'on-run-status-change', 'reconcile-runs', 'sweep-runs'])
      expect(functions).toContain(`rundrop-local-${name}`);
    expect(naming(lines)).toEqual([]);
    expect(naming(reports)).toEqual([]);
  });

  it('no name, input, output, cause or history of an execution', async () => {
    const texts = await executionTexts();
    expect(texts.length).toBeGreaterThan(50);
    expect(naming(texts)).toEqual([]);
  });

  it('no name, tag or output location of a run', async () => {
    const { items = [] } = await laptop.omics.send(new ListRunsCommand({ maxResults: 100 }));
    expect(items.length).toBeGreaterThan(4);
    const described = await Promise.all(items.map(({ id }) => laptop.omics.send(new GetRunCommand({ id }))));
    const shown = described.map(({ name, tags, outputUri, runOutputUri }) =>
      JSON.stringify({ name, tags, outputUri, runOutputUri }),
    );
    expect(naming(shown)).toEqual([]);
    // The plant itself: the parameters do hold the names.
    expect(naming(described.map(({ parameters }) => JSON.stringify(parameters))).length).toBeGreaterThan(0);
  });

  it('no key of an evidence object, though the evidence itself names them', async () => {
    const { Contents = [] } = await laptop.s3.send(new ListObjectsV2Command({ Bucket: EVIDENCE_BUCKET }));
    const keys = Contents.map(({ Key = '' }) => Key);
    expect(keys.filter((key) => key.startsWith('outcomes/'))).toHaveLength(8);
    expect(keys.filter((key) => key.startsWith('runs/'))).toHaveLength(1);
    expect(naming(keys)).toEqual([]);
    const texts = await Promise.all(keys.filter((key) => key.endsWith('.json')).map(textOf));
    expect(texts.flatMap((text) => evidenceProblems(JSON.parse(text)))).toEqual([]);
    expect(naming(texts).length).toBeGreaterThan(4);
  });

  it("no message of ours in a dead-letter queue; S3's own events name the key, as they must", async () => {
    const queues = ['rundrop-local-drops-dlq', 'rundrop-local-starts-dlq.fifo', 'rundrop-local-undelivered'];
    const bodies = (await Promise.all(queues.map(received))).flat().map(({ Body = '' }) => Body);
    expect(naming(bodies).filter((body) => body.includes('"rundrop"'))).toEqual([]);
  });
});

async function textOf(Key: string): Promise<string> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  const { Body } = await laptop.s3.send(new GetObjectCommand({ Bucket: EVIDENCE_BUCKET, Key }));
  return (await Body?.transformToString()) ?? '';
}
