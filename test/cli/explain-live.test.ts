import { afterAll, beforeAll, expect, test } from 'vitest';
import { currentAttempt } from '../../lib/runs/request-record.ts';
import { BUCKET, eventually, type Laptop, ROLE_ARN, startLaptop } from '../end-to-end/laptop.ts';
import { rundrop } from './command-line.ts';

let laptop: Laptop;
beforeAll(async () => {
  laptop = await startLaptop();
});
afterAll(() => laptop.stop());

async function explained(key: string) {
  const environment = { AWS_ENDPOINT_URL: laptop.stack.endpoint };
  const { exitStatus, stdout, stderr } = await rundrop(
    ['explain', `s3://${BUCKET}/${key}`, '--live', '--json'],
    environment,
  );
  const [answer] = JSON.parse(stdout) as Record<string, unknown>[];
  return { exitStatus, stderr, answer };
}

test('the identity and request of an object that ran are those that ran', async () => {
  await laptop.put('cram/RAN.cram');
  const [record] = await eventually(async () => {
    const ended = (await laptop.ledger.requests.list(10)).filter(({ announcedAt }) => announcedAt !== undefined);
    return ended.length > 0 ? ended : undefined;
  });
  if (record === undefined) throw new Error('nothing ran');
  const { exitStatus, stderr, answer } = await explained('cram/RAN.cram');
  expect(exitStatus).toBe(0);
  expect(stderr).toContain('Target: laptop AWS');
  const { requestId, name } = currentAttempt(record);
  expect(answer).toMatchObject({
    route: 'single',
    assumes: [],
    doubts: [],
    identity: record.identity,
    requestId,
    known: expect.stringMatching(/^COMPLETED, asked for at 20/),
    request: { ...JSON.parse(record.requestText), name, requestId, tags: { 'rundrop:requestId': requestId } },
  });
});

test('a set is explained with what the ledger has of it', async () => {
  await laptop.put('fastq/SYN-1_R1.fastq.gz');
  await eventually(async () => (await laptop.ledger.gathers.open('GATHERING', 10))[0]);
  const half = await explained('fastq/SYN-1_R1.fastq.gz');
  expect(half.answer?.gather).toMatchObject({ complete: false, waitsFor: ['read=2'], members: [{ slot: 'read=1' }] });
  const mate = await explained('fastq/SYN-1_R2.fastq.gz');
  expect(mate.answer).toMatchObject({
    notes: [expect.stringContaining('not there now')],
    gather: { members: [{ slot: 'read=1' }, { slot: 'read=2' }] },
  });
});

test('a run request is read from S3, and what it would be refused for is said', async () => {
  await laptop.put('requests/good.json', '{"workflowId":"1234567","parameters":{"sample":"x"}}');
  const good = await explained('requests/good.json');
  expect(good.answer).toMatchObject({ request: { workflowId: '1234567', parameters: { sample: 'x' } } });
  await laptop.put('requests/bad.json', '{"workflowId":"1"}');
  const bad = await explained('requests/bad.json');
  expect(bad.exitStatus).toBe(1);
  expect(bad.answer?.refused).toEqual([expect.stringContaining('is not allowed')]);
});

test('nothing is started or written by it', async () => {
  const before = [(await laptop.drops()).length, (await laptop.ledger.requests.list(100)).length];
  for (const key of ['cram/NEW.cram', 'fastq/NEW_R1.fastq.gz']) await explained(key);
  expect([(await laptop.drops()).length, (await laptop.ledger.requests.list(100)).length]).toEqual(before);
});

test('check --live looks at the buckets and workflows of the target, and says what is missing', async () => {
  const environment = { AWS_ENDPOINT_URL: laptop.stack.endpoint, HEALTHOMICS_ROLE_ARN: ROLE_ARN };
  const { exitStatus, stdout, stderr } = await rundrop(['check', '--live'], environment);
  expect(stderr).toContain('Target: laptop AWS');
  expect(stdout).toContain(`✓ s3://${BUCKET}: in us-east-1, encrypted (AES256), announces its objects`);
  expect(stdout).toContain(`note: ${ROLE_ARN}: not looked at: there is no IAM here`);
  expect(stdout).toMatch(/workflow 1234567: /);
  expect(stdout).toMatch(/✓ quota of stored runs: [\d,]+, applied to this account/);
  const wrong = stdout.match(/^✗ (?!rundrop\.yaml)/gm)?.length ?? 0;
  expect(stdout).toMatch(new RegExp(`0 errors, 0 warnings; in the account: ${wrong} errors?\\n$`));
  expect(exitStatus).toBe(wrong > 0 ? 1 : 0);
});
