import { afterEach, beforeEach, expect, it } from 'vitest';
import { awaitStart } from '../../../lib/lifecycle/await-start.ts';
import { changedMembers } from '../../../lib/lifecycle/changed-members.ts';
import {
  asItIs,
  membersLeft,
  NonceTaken,
  rerunRequest,
  sourceOfRequest,
  sourceOfRun,
} from '../../../lib/lifecycle/rerun-request.ts';
import { startWaiting } from '../../../lib/lifecycle/start-waiting.ts';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import { currentAttempt, type RequestRecord } from '../../../lib/runs/request-record.ts';
import { createWorld, put, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

const act = { what: 'rerun', at: '2026-01-02T04:00:00.000Z', by: 'arn:aws:iam::000000000000:user/ada' } as const;

async function claimed(): Promise<RequestRecord> {
  for (const read of [1, 2]) await takeDrop(world, put(world, `fastq/SYN-1_R${read}.fastq.gz`));
  const [record] = await world.ledger.requests.list(1);
  if (record === undefined) throw new Error('nothing was claimed');
  return record;
}

async function start(record: RequestRecord): Promise<void> {
  const executionArn = record.executions[0] ?? '';
  const input = { request: record.identity };
  await awaitStart(world, { token: executionArn, executionArn, executionName: executionArn, input });
  await startWaiting(world, Number.MAX_SAFE_INTEGER);
}

it('starts another run, of another identity, once for each nonce', async () => {
  const record = await claimed();
  await start(record);
  const source = sourceOfRequest(record, currentAttempt(record));
  const request = { ...source.request, storageType: 'STATIC' };
  const copies = [];
  for (const nonce of ['n1', 'n1', 'n2']) {
    copies.push(await rerunRequest(world, { source, request, members: source.members, nonce, act }));
  }
  const [first, repeat, second] = copies;
  expect(repeat?.identity).toBe(first?.identity);
  expect(new Set([record.identity, first?.identity, second?.identity]).size).toBe(3);
  expect(first).toMatchObject({ route: 'germline', origin: { kind: 'rerun', of: record.identity, nonce: 'n1' } });
  expect(first?.executions).toHaveLength(1);
  if (first !== undefined) await start(first);
  expect(world.runs.all).toHaveLength(2);
  const source2 = await world.ledger.requests.read(record.identity);
  expect(source2?.acts?.map(({ note }) => note)).toEqual([`as ${first?.identity}`, `as ${second?.identity}`]);
  expect(first?.acts).toEqual([act]);
});

it('does not give a nonce another meaning', async () => {
  const record = await claimed();
  const source = sourceOfRequest(record, currentAttempt(record));
  const given = { source, members: [], nonce: 'n1', act };
  await rerunRequest(world, { ...given, request: source.request });
  const other = { ...source.request, storageType: 'STATIC' };
  await expect(rerunRequest(world, { ...given, request: other })).rejects.toThrow(NonceTaken);
});

it('copies an attempt as it was sent, with what its retry changed', async () => {
  const record = await claimed();
  const changes = { storageType: 'STATIC', retentionMode: null };
  const { request } = sourceOfRequest(record, { ...currentAttempt(record), changes });
  expect(request).toMatchObject({ workflowId: '1234567', storageType: 'STATIC' });
  expect(request).not.toHaveProperty('retentionMode');
});

it('runs again what somebody else started', async () => {
  const foreign = world.runs.add({ name: 'foreign', tags: {} });
  const source = sourceOfRun(foreign, { workflowId: '1', roleArn: 'r', outputUri: 's3://results/' });
  const copy = await rerunRequest(world, { source, request: source.request, members: [], nonce: 'n', act });
  expect(copy).toMatchObject({ route: 'console', origin: { kind: 'rerun', of: foreign.uuid } });
});

it('keeps the inputs that the changed request still reads', async () => {
  const record = await claimed();
  const source = sourceOfRequest(record, currentAttempt(record));
  const parameters = { ...(source.request.parameters as object), fastq_2: 's3://drops/other.fastq.gz' };
  const left = membersLeft(source, { ...source.request, parameters });
  expect(left.map(({ key }) => key)).toEqual(['fastq/SYN-1_R1.fastq.gz']);
  expect(membersLeft({ ...source, request: {} }, {})).toHaveLength(2);
});

it('tells inputs that were overwritten or deleted since, and how they are now', async () => {
  const record = await claimed();
  put(world, 'fastq/SYN-1_R1.fastq.gz', { etag: 'newer', text: 'newer' });
  world.store.delete('drops/fastq/SYN-1_R2.fastq.gz');
  const changed = await changedMembers(world, record.members);
  expect(changed.map(asItIs)).toMatchObject([{ etag: 'newer', sizeBytes: 5 }, undefined]);
});
