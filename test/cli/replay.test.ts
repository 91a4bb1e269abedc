/** `rundrop replay` over one laptop: what is stuck is shown, sent round again, decided, or removed. */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { objectCreatedEvent } from '../../lib/routing/object-created-event.ts';
import { currentAttempt, type RequestRecord } from '../../lib/runs/request-record.ts';
import { startCalled, uncertain } from '../../lib/runs/transitions.ts';
import { BUCKET, eventually, type Laptop, REMOVE_ROUTES, startLaptop } from '../end-to-end/laptop.ts';
import { rundrop } from './command-line.ts';

const ROUTES = `${REMOVE_ROUTES}
  - name: free
    on: { bucket: ${BUCKET}, key: 'free/{file}' }
    run: { workflowId: "3333333", parameters: { input: '{uri}' } }
  - name: unknown
    on: { bucket: ${BUCKET}, key: 'unknown/{file}' }
    run: { workflowId: "9999999", parameters: { input: '{uri}' } }
  - name: limited
    on: { bucket: ${BUCKET}, key: 'limited/{file}' }
    limits: { maxRunsPerDay: 1 }
    run: { workflowId: "3333333", parameters: { input: '{uri}' } }
  - name: request
    on: { bucket: ${BUCKET}, key: 'requests/{name}.json' }
    run: { fromObject: true, allow: { workflowIds: ["3333333"] } }
schedules:
  - name: nightly
    cron: "0 2 * * ? *"
    timezone: Europe/Berlin
    run: { workflowId: "222", parameters: { date: '{date}' } }
`;
const CALLER = 'arn:aws:iam::000000000000:root';

let laptop: Laptop;
let sqs: SQSClient;
beforeAll(async () => {
  laptop = await startLaptop({ routes: ROUTES });
  sqs = new SQSClient(laptop.clientSettings);
});
afterAll(async () => {
  sqs.destroy();
  await laptop.stop();
});

const replay = (...args: string[]) => rundrop(['replay', ...args], { AWS_ENDPOINT_URL: laptop.stack.endpoint });
const urlOf = (name: string) => `${laptop.stack.endpoint}/000000000000/rundrop-local-${name}`;

async function deadLetter(queue: string, body: string): Promise<string> {
  const { MessageId = '' } = await sqs.send(new SendMessageCommand({ QueueUrl: urlOf(queue), MessageBody: body }));
  return MessageId;
}

async function left(queue: string): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: urlOf(queue), AttributeNames: ['ApproximateNumberOfMessages'] }),
  );
  return Number(Attributes?.ApproximateNumberOfMessages);
}

interface Row {
  readonly kind: string;
  readonly id: string;
  readonly why: string;
  readonly what: string;
  readonly commands: readonly string[];
}

async function listed(...args: string[]): Promise<readonly Row[]> {
  return JSON.parse((await replay('--json', ...args)).stdout);
}

const requestOfKey = (key: string, isSo: (record: RequestRecord) => boolean) =>
  eventually(async () => {
    const identity = (await laptop.drops()).find((drop) => drop.key === key && drop.identity !== undefined)?.identity;
    const record = await laptop.ledger.requests.read(identity ?? '');
    return record !== undefined && isSo(record) ? record : undefined;
  });

test('nothing is stuck in the beginning', async () => {
  expect(await replay()).toMatchObject({ exitStatus: 0, stderr: expect.stringContaining('Nothing is stuck.') });
});

test('messages of the dead-letter queues are shown, stay where they are, and go back to where they are tried', async () => {
  await laptop.put('free/late');
  await requestOfKey('free/late', ({ announcedAt }) => announcedAt !== undefined);
  const head = await laptop.s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'free/late' }));
  const drop = { bucket: BUCKET, key: 'free/late', sizeBytes: head.ContentLength ?? 0, timeMs: 0 };
  const event = objectCreatedEvent(
    { ...drop, etag: (head.ETag ?? '').replaceAll('"', '') },
    { id: randomUUID(), account: '000000000000', region: 'us-east-1' },
  );
  const tick = { schedule: 'nightly', scheduleArn: 'arn:aws:scheduler:x', scheduledTime: '2026-01-02T01:00:00Z' };
  const ids = [
    await deadLetter('drops-dlq', event),
    await deadLetter('undelivered', JSON.stringify(tick)),
    await deadLetter('undelivered', JSON.stringify({ 'detail-type': 'Run Status Change', source: 'aws.omics' })),
  ];
  const poison = await deadLetter('drops-dlq', 'no event at all');
  const before = await listed();
  expect(before.map(({ id }) => id).sort()).toEqual([...ids, poison].sort());
  expect(await left('drops-dlq')).toBe(2);
  const { exitStatus, stdout } = await replay('--all', '--reason', 'the table is back');
  expect({ exitStatus, stdout }).toMatchObject({
    exitStatus: 0,
    stdout: expect.stringContaining('sent to drops again'),
  });
  expect((await listed()).map(({ id }) => id)).toEqual([poison]);
  await eventually(async () => (await laptop.ledger.requests.list(100)).find(({ route }) => route === 'nightly'));
  expect((await laptop.ledger.requests.list(100)).filter(({ route }) => route === 'free')).toHaveLength(1);
  const acts = await replay('--acts', '--json');
  expect(JSON.parse(acts.stdout)).toMatchObject([
    { what: 'replay', by: CALLER, reason: 'the table is back', count: 3 },
  ]);
});

test('a message that cannot be read is not sent, and is removed on request', async () => {
  const [poison] = await listed();
  const refused = await replay(poison?.id ?? '');
  expect(refused).toMatchObject({ exitStatus: 1, stderr: expect.stringContaining(`--discard ${poison?.id}`) });
  expect(await replay('--discard', poison?.id ?? '')).toMatchObject({ exitStatus: 0 });
  expect(await listed()).toEqual([]);
});

test('a refused request gets another attempt, and says why it was refused again', async () => {
  await laptop.put('unknown/a');
  const record = await requestOfKey('unknown/a', ({ notifiedAt }) => notifiedAt !== undefined);
  const [row] = await listed();
  expect(row).toMatchObject({ kind: 'refused', id: record.identity, why: expect.stringContaining('9999999') });
  const dry = await replay('--all', '--dry-run');
  expect(dry).toMatchObject({ exitStatus: 0, stderr: expect.stringContaining('dry run') });
  expect(await replay(record.identity.slice(0, 12))).toMatchObject({
    exitStatus: 0,
    stdout: expect.stringContaining('attempt 2 of the frozen request'),
  });
  const again = await requestOfKey('unknown/a', ({ reopened, outcome }) => reopened === 1 && outcome !== undefined);
  expect(again).toMatchObject({ outcome: 'REFUSED', acts: [{ what: 'replay', by: CALLER }] });
  expect(again.executions).toHaveLength(2);
});

test('a refused request whose route was mended is said to start as it was, and is not stuck once it was run again', async () => {
  const { identity } = await requestOfKey('unknown/a', ({ notifiedAt }) => notifiedAt !== undefined);
  const id = identity.slice(0, 12);
  const mended = `${laptop.routesFile}.mended`;
  await writeFile(mended, ROUTES.replace('9999999', '3333333'));
  const notes = async (file: string) => (await replay(id, '--dry-run', '--routes', file)).stderr;
  expect(await notes(mended)).toContain(`rundrop rerun ${id} --set PATH=VALUE`);
  for (const file of [laptop.routesFile, `${laptop.routesFile}.absent`]) {
    expect(await notes(file)).not.toContain('rundrop rerun');
  }
  const environment = { AWS_ENDPOINT_URL: laptop.stack.endpoint };
  expect((await rundrop(['rerun', id, '--set', 'workflowId=3333333'], environment)).exitStatus).toBe(0);
  expect((await listed()).map((row) => row.id)).not.toContain(identity);
  expect(await replay('--all')).toMatchObject({ exitStatus: 0, stderr: expect.stringContaining('Nothing is stuck.') });
});

test('a rejected drop is decided anew', async () => {
  await laptop.put('requests/wrong.json', '{"workflowId": "42"}');
  await eventually(async () => (await listed('--only', 'rejected-drop'))[0]);
  const [row] = await listed('--only', 'rejected-drop');
  expect(row?.what).toBe(`s3://${BUCKET}/requests/wrong.json`);
  expect((await replay(row?.id ?? '')).exitStatus).toBe(0);
  const drop = await eventually(async () => {
    const latest = await laptop.ledger.drops.read(row?.id ?? '');
    return latest?.state === 'REJECTED' && latest.acts !== undefined ? latest : undefined;
  });
  expect(drop).toMatchObject({ acts: [{ what: 'replay' }], reason: expect.stringContaining('42') });
});

async function doubtful(): Promise<RequestRecord> {
  await laptop.put('limited/first');
  await requestOfKey('limited/first', ({ state }) => state === 'ENDED');
  const key = `limited/${randomUUID()}`;
  await laptop.put(key);
  const { identity } = await requestOfKey(key, ({ reason }) => reason?.includes('its limit') === true);
  const at = new Date().toISOString();
  return laptop.ledger.requests.change(identity, (one) => uncertain(startCalled(one, 1, at), 'Nobody knows.', at));
}

test('what is uncertain waits for a person, with the commands that decide it', async () => {
  const record = await doubtful();
  const id = record.identity.slice(0, 12);
  const waiting = await rundrop(['waiting'], { AWS_ENDPOINT_URL: laptop.stack.endpoint });
  for (const option of ['--adopt RUN', '--start-again', '--give-up'])
    expect(waiting.stderr).toContain(`rundrop replay ${id} ${option}`);
  const [row] = await listed('--only', 'uncertain');
  expect(row).toMatchObject({
    id: record.identity,
    commands: [`rundrop replay ${id} --adopt RUN`, expect.any(String), expect.any(String)],
  });
  expect(await replay(id)).toMatchObject({ exitStatus: 1, stderr: expect.stringContaining('needs a decision') });
  expect(await replay(id, '--adopt', '42')).toMatchObject({
    exitStatus: 1,
    stderr: expect.stringContaining('no run 42'),
  });
  const free = (await laptop.ledger.requests.list(100)).find(({ route }) => route === 'free');
  const { runId = '' } = free === undefined ? {} : currentAttempt(free);
  expect(await replay(id, '--adopt', runId)).toMatchObject({
    exitStatus: 1,
    stderr: expect.stringContaining('of another request'),
  });
  const { exitStatus, stderr } = await replay(id, '--start-again', '--dry-run');
  expect({ exitStatus, stderr }).toMatchObject({ exitStatus: 0, stderr: expect.stringContaining('a second one') });
  expect((await replay(id, '--give-up', '--reason', 'sample withdrawn')).exitStatus).toBe(0);
  expect(await laptop.ledger.requests.read(record.identity)).toMatchObject({
    outcome: 'REMOVED',
    acts: [{ what: 'give-up', by: CALLER, reason: 'sample withdrawn' }],
  });
  expect(await listed('--only', 'uncertain')).toEqual([]);
});

test.each([
  [['--all', 'abcd'], 'not both'],
  [['--discard'], 'needs the ids'],
  [['abcd', '--start-again', '--give-up'], 'exclude each other'],
  [['a', 'b', '--give-up'], 'decide one request'],
  [['--only', 'everything'], 'none of uncertain'],
])('%j is wrong usage', async (args, message) => {
  expect(await replay(...args)).toMatchObject({ exitStatus: 2, stderr: expect.stringContaining(message) });
});

test('an id of nothing that is stuck is said to be none', async () => {
  expect(await replay('feedfacefeed')).toMatchObject({
    exitStatus: 1,
    stderr: expect.stringContaining('lists what is'),
  });
});
