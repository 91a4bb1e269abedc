import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bareEnvironment, ROOT, rundrop } from './command-line.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rundrop-explain-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** As the S3 documentation shows an Object Created event of EventBridge. */
const objectCreated = (key: string) => ({
  version: '0',
  id: '17793124-05d4-b198-2fde-7ededc63b103',
  'detail-type': 'Object Created',
  source: 'aws.s3',
  account: '111122223333',
  time: '2021-11-12T00:00:00Z',
  region: 'ca-central-1',
  resources: ['arn:aws:s3:::acme-incoming'],
  detail: {
    version: '0',
    bucket: { name: 'acme-incoming' },
    object: {
      key,
      size: 5,
      etag: 'b1946ac92492d2347c6235b4d2611184',
      'version-id': 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
      sequencer: '617f08299329d189',
    },
    'request-id': 'N4N7GDK58NMKJ12R',
    requester: '123456789012',
    'source-ip-address': '1.2.3.4',
    reason: 'PutObject',
  },
});

async function explained(args: readonly string[]) {
  const { exitStatus, stdout, stderr } = await rundrop(['explain', '--json', ...args]);
  return { exitStatus, stderr, answers: JSON.parse(stdout) as Record<string, unknown>[] };
}

describe('offline', () => {
  test('an object: its route, the others, its set, and the request that the set would make', async () => {
    const { exitStatus, stderr, answers } = await explained(['s3://acme-incoming/fastq/SYN-1_R1.fastq.gz']);
    expect({ exitStatus, stderr }).toEqual({ exitStatus: 0, stderr: '' });
    expect(answers).toEqual([
      expect.objectContaining({
        route: 'germline',
        wildcards: { sample: 'SYN-1', read: '1' },
        assumes: ['the object is not empty'],
        others: expect.arrayContaining([
          { route: 'single', verdict: 'no', reason: "the key does not begin with 'cram/'" },
        ]),
        gather: expect.objectContaining({
          group: { sample: 'SYN-1' },
          slot: 'read=1',
          complete: false,
          waitsFor: ['read=2'],
          expected: ['s3://acme-incoming/fastq/SYN-1_R2.fastq.gz'],
        }),
        doubts: [expect.stringContaining('when the set is complete')],
        request: expect.objectContaining({
          workflowId: '1234567',
          retentionMode: 'RETAIN',
          name: 'germline-????????',
          parameters: expect.objectContaining({ fastq_2: 's3://acme-incoming/fastq/SYN-1_R2.fastq.gz' }),
        }),
      }),
    ]);
    expect(answers[0]).not.toHaveProperty('identity');
  });

  test('an event of one object: identity and requestId, and what they rest on', async () => {
    const event = await file('event.json', objectCreated('cram/SYN-1.cram'));
    const { exitStatus, answers } = await explained(['--event', event]);
    expect(exitStatus).toBe(0);
    const [answer] = answers;
    expect(answer).toMatchObject({
      route: 'single',
      identity: expect.stringMatching(/^[0-9a-f]{32}$/),
      doubts: [expect.stringContaining('full-object checksum')],
    });
    expect(answer?.request).toMatchObject({
      requestId: answer?.requestId,
      name: `single-${String(answer?.requestId).slice(0, 8)}`,
    });
    const again = await explained(['--event', event]);
    expect(again.answers[0]?.identity).toBe(answer?.identity);
  });

  test('an event of both members: a complete set', async () => {
    const events = ['fastq/SYN-1_R1.fastq.gz', 'fastq/SYN-1_R2.fastq.gz'].map(objectCreated);
    const body = (event: unknown) => ({ messageId: '1', eventSource: 'aws:sqs', body: JSON.stringify(event) });
    const { answers } = await explained(['--event', await file('sqs.json', { Records: events.map(body) })]);
    expect(answers).toHaveLength(2);
    for (const { gather } of answers) expect(gather).toMatchObject({ complete: true, waitsFor: [], expected: [] });
    expect(answers[0]?.identity).toBe(answers[1]?.identity);
  });

  test('an object that no route takes: the nearest route and why, exit status 1', async () => {
    const { exitStatus, stdout } = await rundrop(['explain', 's3://acme-incoming/fastq/SYN-1_R3.fastq.gz']);
    expect(exitStatus).toBe(1);
    expect(stdout).toMatch(
      /no route takes it[\s\S]*germline: the key matches 'fastq\/SYN-1_R' but then '3\.fastq\.gz' does not match/,
    );
  });

  test('a run request: from its file, filled with what the route gives', async () => {
    const body = await file('request.json', { workflowId: '1234567', name: 'mine', parameters: { a: 1 } });
    const uri = 's3://acme-incoming/requests/mine.json';
    const { exitStatus, answers } = await explained([uri, '--body', body, '--size', '200', '--etag', 'abc']);
    expect(exitStatus).toBe(0);
    expect(answers[0]).toMatchObject({
      route: 'run-request',
      assumes: [],
      request: { workflowId: '1234567', parameters: { a: 1 }, outputUri: 's3://acme-results/run-request/' },
    });
    const refused = await explained([uri, '--body', await file('bad.json', { workflowId: '42' })]);
    expect(refused.exitStatus).toBe(1);
    expect(refused.answers[0]?.refused).toEqual([expect.stringContaining('workflowId')]);
    const without = await explained([uri]);
    expect(without.answers[0]?.notes).toEqual([expect.stringContaining('--body FILE')]);
  });

  test('an event from standard input', async () => {
    const child = spawn(process.execPath, [join(ROOT, 'cli', 'rundrop.mjs'), 'explain', '--event', '-'], {
      env: bareEnvironment(),
    });
    child.stdin.end(JSON.stringify(objectCreated('cram/SYN-2.cram')));
    let stdout = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) stdout += chunk;
    expect(stdout).toMatch(/route +single\n/);
  });
});

describe('what it is not told well', () => {
  test.each([
    [[], 'Name one object'],
    [['s3://b/k', '--event', '-'], 'Name one object'],
    [['acme/key'], 'not of the form s3://'],
    [['s3://bucket'], 'names a bucket'],
    [['s3://b/k', '--size', 'big'], '--size "big"'],
    [['--event', '-', '--etag', 'x'], '--etag goes with'],
  ])('%j is wrong usage', async (args, message) => {
    const { exitStatus, stderr } = await rundrop(['explain', ...args]);
    expect(exitStatus).toBe(2);
    expect(stderr).toContain(message);
  });

  test('a file that is no event says so', async () => {
    const broken = await rundrop(['explain', '--event', await file('broken.json', '{')]);
    expect(broken).toMatchObject({ exitStatus: 1, stderr: expect.stringContaining('is not JSON') });
    const other = await rundrop(['explain', '--event', await file('other.json', { hello: 1 })]);
    expect(other).toMatchObject({ exitStatus: 1, stderr: expect.stringContaining('holds no event of S3') });
    const none = await rundrop(['explain', '--event', await file('none.json', [])]);
    expect(none).toMatchObject({ exitStatus: 1, stderr: expect.stringContaining('holds no event of S3') });
    const test = await rundrop(['explain', '--event', await file('test.json', { Event: 's3:TestEvent' })]);
    expect(test).toMatchObject({ exitStatus: 1, stderr: expect.stringContaining('s3:TestEvent') });
  });
});
