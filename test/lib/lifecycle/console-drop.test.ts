import { afterEach, beforeEach, expect, it } from 'vitest';
import { awaitStart } from '../../../lib/lifecycle/await-start.ts';
import { startWaiting } from '../../../lib/lifecycle/start-waiting.ts';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import { loadRouteFile } from '../../../lib/routing/route-file.ts';
import { sha256 } from '../../../lib/runs/identity.ts';
import { createWorld, put, ROUTES, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

let executions = 0;

/** What an execution that names this object is told, if anything yet. */
async function execute(key: string, more: object = {}) {
  executions += 1;
  const name = `by-hand-${executions}`;
  const input = { drop: { bucket: 'drops', key, ...more } };
  await awaitStart(world, { token: name, executionArn: `arn:execution:${name}`, executionName: name, input });
  return { name, answer: () => world.executions.answers.get(name) };
}

const requests = () => world.ledger.requests.list(100);

it('starts what the event of the object would have started, and follows it', async () => {
  put(world, 'cram/SYN-1.cram');
  const { name, answer } = await execute('cram/SYN-1.cram');
  expect(answer()).toBeUndefined();
  await startWaiting(world, Number.MAX_SAFE_INTEGER);
  const [record, ...others] = await requests();
  expect(others).toEqual([]);
  expect(record).toMatchObject({ route: 'single', state: 'STARTED' });
  expect(record?.executions).toContain(`arn:execution:${name}`);
  expect(answer()).toMatchObject({ output: { request: record?.identity, runId: '1000001' } });
});

it('attaches to the request that the event made before, or makes after: never a second run', async () => {
  const before = put(world, 'cram/SYN-1.cram', { checksum: 'sha256:abc' });
  await takeDrop(world, { ...before, checksum: 'sha256:abc' });
  await execute('cram/SYN-1.cram');
  const after = put(world, 'cram/SYN-2.cram');
  await execute('cram/SYN-2.cram');
  await takeDrop(world, after);
  await startWaiting(world, Number.MAX_SAFE_INTEGER);
  expect(await requests()).toHaveLength(2);
  expect(world.runs.all).toHaveLength(2);
});

it('says what an incomplete set waits for, and follows the set once it is complete', async () => {
  put(world, 'fastq/SYN-1_R1.fastq.gz');
  const early = await execute('fastq/SYN-1_R1.fastq.gz');
  expect(early.answer()).toMatchObject({ error: 'DropNotStarted', cause: expect.stringContaining('waits for read=2') });
  await takeDrop(world, put(world, 'fastq/SYN-1_R2.fastq.gz'));
  const late = await execute('fastq/SYN-1_R1.fastq.gz');
  await startWaiting(world, Number.MAX_SAFE_INTEGER);
  const [record, ...others] = await requests();
  expect(others).toEqual([]);
  expect(late.answer()).toMatchObject({ output: { request: record?.identity } });
});

it('names no other member of a set that waits for newer ones', async () => {
  const counted = `  - name: counted
    on: { bucket: drops, key: 'counted/{set}/{part}.bam' }
    gather: { by: [set], needs: { count: 2 } }
    run: { workflowId: "9", parameters: { uris: '{uris}' } }
`;
  const file = loadRouteFile(ROUTES.replace('schedules:', `${counted}schedules:`), {
    fileName: 'rundrop.yaml',
    environment: {},
    hash: sha256,
  });
  world = Object.assign(world, { routes: { read: async () => file } });
  for (const part of ['SYN-1', 'SYN-2', 'SYN-2']) await takeDrop(world, put(world, `counted/a/${part}.bam`));
  const { answer } = await execute('counted/a/SYN-2.bam');
  expect(answer()).toMatchObject({ error: 'DropNotStarted', cause: expect.stringContaining('a newer object') });
  expect(JSON.stringify(answer())).not.toContain('SYN-1');
});

it('follows the set of an object that its event knows by another name', async () => {
  for (const read of [1, 2]) await takeDrop(world, put(world, `fastq/SYN-1_R${read}.fastq.gz`));
  const { answer } = await execute('fastq/SYN-1_R2.fastq.gz');
  await startWaiting(world, Number.MAX_SAFE_INTEGER);
  const [record, ...others] = await requests();
  expect(others).toEqual([]);
  expect(answer()).toMatchObject({ output: { request: record?.identity } });
});

it('says which route is nearest when none takes the object', async () => {
  put(world, 'cram/SYN-1.bam');
  const { answer } = await execute('cram/SYN-1.bam');
  expect(answer()).toMatchObject({
    error: 'DropNotStarted',
    cause: expect.stringMatching(/nearest is single, whose keys are cram\/\{sample\}\.cram.*explain/),
  });
});

it('asks S3 for nothing of a key that no route looks at', async () => {
  world.objects.head = async ({ key }) => {
    throw new Error(`S3 was asked for ${key}`);
  };
  const { answer } = await execute('cram/SYN-1.bam');
  expect(answer()).toMatchObject({ error: 'DropNotStarted' });
});

it('says that the key fits and a condition does not hold, without a word of the key', async () => {
  put(world, 'cram/SYN-SECRET.cram', { sizeBytes: 0 });
  const { answer } = await execute('cram/SYN-SECRET.cram');
  expect(answer()).toMatchObject({ error: 'DropNotStarted', cause: expect.stringContaining('single: the key fits') });
  expect(JSON.stringify(answer())).not.toContain('SECRET');
});

it('says why an object is refused, and how to have it looked at again', async () => {
  put(world, 'requests/one.json', { text: '{"workflowId": "999"}' });
  const { answer } = await execute('requests/one.json');
  expect(answer()).toMatchObject({ error: 'DropNotStarted', cause: expect.stringMatching(/999.*rundrop replay/s) });
});

it('says so when there is no such object', async () => {
  const { answer } = await execute('cram/none.cram');
  expect(answer()).toMatchObject({ error: 'InvalidInput', cause: expect.stringContaining('no such object') });
});

it('does not guess whether an upload has run when nothing tells it from another', async () => {
  const text = ROUTES.replace(
    '    run: { workflowId: "3333333", parameters: { input: \'{uri}\' } }',
    '    identity: version\n    run: { workflowId: "3333333", parameters: { input: \'{uri}\' } }',
  );
  const file = loadRouteFile(text, { fileName: 'rundrop.yaml', environment: {}, hash: sha256 });
  world = Object.assign(world, { routes: { read: async () => file } });
  await takeDrop(world, put(world, 'cram/SYN-1.cram'));
  const { answer } = await execute('cram/SYN-1.cram');
  expect(answer()).toMatchObject({ error: 'DropNotStarted', cause: expect.stringContaining('identity: version') });
  expect(await requests()).toHaveLength(1);
  await execute('cram/SYN-1.cram', { versionId: 'v1' });
  expect(await requests()).toHaveLength(2);
});

it('keeps what the input names out of the logs', async () => {
  put(world, 'cram/SYN-SECRET.bam');
  put(world, 'fastq/SYN-SECRET_R1.fastq.gz');
  for (const key of ['cram/SYN-SECRET.bam', 'fastq/SYN-SECRET_R1.fastq.gz', 'none/SYN-SECRET']) await execute(key);
  expect(world.lines.join('\n')).toContain('execution input starts nothing');
  expect(world.lines.join('\n')).not.toContain('SECRET');
});
