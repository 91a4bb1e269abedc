import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, type Laptop, startLaptop } from '../end-to-end/laptop.ts';
import { rundrop } from './command-line.ts';

let laptop: Laptop;
beforeAll(async () => {
  laptop = await startLaptop();
});
afterAll(() => laptop.stop());

const release = (...args: string[]) =>
  rundrop(['waiting', '--release', ...args], { AWS_ENDPOINT_URL: laptop.stack.endpoint });

async function waiting(sample: string) {
  return eventually(async () =>
    (await laptop.ledger.gathers.open('GATHERING', 10)).find(({ group }) => group.sample === sample),
  );
}

test('a held set is released by the beginning of its id, and the reason stays with it', async () => {
  for (const read of [1, 2]) await laptop.put(`fastq/HELD_R${read}.fastq.gz`);
  await laptop.endedRequests(1);
  await laptop.put('fastq/HELD_R1.fastq.gz', 'another read');
  const { gatherId, missing } = await waiting('HELD');
  expect(missing).toEqual([expect.stringContaining('a newer read=2')]);
  const { exitStatus, stdout, stderr } = await release(gatherId.slice(0, 12), '--reason', 'R1 was trimmed again');
  expect(exitStatus).toBe(0);
  expect(stdout).toContain('Released germline sample=HELD');
  expect(stderr).toContain('Target: laptop AWS');
  const { header } = await laptop.ledger.gathers.read(gatherId);
  expect(header).toMatchObject({ released: true, release: { reason: 'R1 was trimmed again' } });
});

test('a set that lacks a member cannot be released', async () => {
  await laptop.put('fastq/HALF_R1.fastq.gz');
  const { gatherId } = await waiting('HALF');
  const { exitStatus, stderr } = await release(gatherId);
  expect(exitStatus).toBe(1);
  expect(stderr).toContain('it lacks read=2');
});

test('an id that no set has is said to be none', async () => {
  const { exitStatus, stderr } = await release('feedfacefeed');
  expect(exitStatus).toBe(1);
  expect(stderr).toContain('`rundrop waiting` lists them');
});

test.each([
  [['abcd', '--reason', ''], '--reason must have'],
  [['abcd', '--account', '1'], 'not twelve digits'],
])('%j is wrong usage', async (args, message) => {
  expect(await release(...args)).toMatchObject({ exitStatus: 2, stderr: expect.stringContaining(message) });
});

test('what it is for is in the help of waiting, and its list is as it was', async () => {
  const { stdout } = await rundrop(['waiting', '--help']);
  expect(stdout).toContain('--release <id>');
  const list = await rundrop(['waiting', '--json'], { AWS_ENDPOINT_URL: laptop.stack.endpoint });
  expect(JSON.parse(list.stdout)).toEqual(expect.arrayContaining([expect.objectContaining({ kind: 'gather' })]));
});
