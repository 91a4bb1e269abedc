import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DisableRuleCommand, EnableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BUCKET, type Laptop, startLaptop } from '../end-to-end/laptop.ts';
import { rundrop } from './command-line.ts';

const RESULTS = 'acme-results';
let folder: string;
let laptop: Laptop;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rundrop-backfill-'));
  laptop = await startLaptop();
});
afterAll(async () => {
  await laptop.stop();
  await rm(folder, { recursive: true, force: true });
});

async function command(args: readonly string[]) {
  const { exitStatus, stdout, stderr } = await rundrop(args, { AWS_ENDPOINT_URL: laptop.stack.endpoint });
  return { exitStatus, stderr, json: stdout === '' ? undefined : (JSON.parse(stdout) as Record<string, unknown>) };
}

const backfill = (...args: string[]) => command(['backfill', '--json', ...args]);

/** Of one route. */
function routeIn(json: Record<string, unknown> | undefined, route: string) {
  const { routes = [] } = (json ?? {}) as { routes?: { route: string }[] };
  return routes.find((one) => one.route === route);
}

async function requestsEnded(count: number) {
  return (await laptop.endedRequests(count)).length;
}

describe('replaying what is there already', () => {
  test('starts nothing that ran before, neither single objects nor sets', async () => {
    await laptop.put('cram/RAN.cram');
    for (const read of [1, 2]) await laptop.put(`fastq/RAN_R${read}.fastq.gz`);
    await requestsEnded(2);
    const dry = await backfill(`s3://${BUCKET}/`, '--dry-run');
    expect(dry.exitStatus).toBe(0);
    expect(dry.stderr).toContain('Target: laptop AWS');
    expect(dry.json).toMatchObject({ dryRun: true, objects: 3, sent: 0 });
    expect(routeIn(dry.json, 'germline')).toMatchObject({ runs: 0, halfSets: 0, objects: { known: 2 } });
    expect(routeIn(dry.json, 'single')).toMatchObject({ runs: 0, objects: { known: 1 } });
    expect(await backfill(`s3://${BUCKET}/`)).toMatchObject({ exitStatus: 0, json: { dryRun: false, sent: 0 } });
  });

  test('names the bucket that is not there', async () => {
    const { exitStatus, stderr } = await backfill('s3://no-such-bucket/fastq/');
    expect(exitStatus).toBe(1);
    expect(stderr).toContain('error: There is no bucket no-such-bucket.\n');
  });

  test('starts what no event told of, once, and leaves half a set waiting', async () => {
    // The events of a bucket that was not watched yet went nowhere.
    await quietly(async () => {
      await laptop.put('cram/LOST.cram');
      for (const read of [1, 2]) await laptop.put(`fastq/LOST_R${read}.fastq.gz`);
      await laptop.put('fastq/HALF_R1.fastq.gz');
      await laptop.put('fastq/strange.txt');
    });
    const dry = await backfill(`s3://${BUCKET}/`, '--dry-run');
    expect(routeIn(dry.json, 'germline')).toMatchObject({ runs: 1, halfSets: 1, objects: { starts: 2, waits: 1 } });
    expect(routeIn(dry.json, 'single')).toMatchObject({ runs: 1, objects: { starts: 1, known: 1 } });
    expect(dry.json?.notTaken).toEqual([
      expect.objectContaining({ nearest: 'germline', count: 1, example: `s3://${BUCKET}/fastq/strange.txt` }),
    ]);
    expect(await backfill(`s3://${BUCKET}/`)).toMatchObject({ exitStatus: 0, json: { sent: 4 } });
    await requestsEnded(4);
    const again = await backfill(`s3://${BUCKET}/`, '--dry-run');
    expect(routeIn(again.json, 'germline')).toMatchObject({ runs: 0, halfSets: 1, objects: { known: 4, waits: 1 } });
    const [half] = await laptop.ledger.gathers.open('GATHERING', 10);
    expect(half).toMatchObject({ group: { sample: 'HALF' }, missing: ['read=2'] });
  });

  test('sent again although it ran, starts nothing either: identities protect it', async () => {
    const before = (await laptop.ledger.requests.list(100)).length;
    await laptop.put('cram/LATER.cram');
    const file = join(folder, 'inventory.csv.gz');
    const keys = [
      'cram/LOST.cram',
      'fastq/LOST_R1.fastq.gz',
      'fastq/LOST_R2.fastq.gz',
      'cram%2FLATER.cram',
      'gone.cram',
    ];
    await writeFile(file, gzipSync(keys.map((key) => `"${BUCKET}","${key}"\n`).join('')));
    expect((await backfill('--inventory', file)).json).toMatchObject({ objects: 5 });
    await requestsEnded(before + 1);
    expect(await laptop.ledger.requests.list(100)).toHaveLength(before + 1);
  });

  test('leaves objects of identity: version out where the bucket keeps no versions', async () => {
    const file = join(folder, 'version.yaml');
    const run = 'run: { workflowId: "3333333", parameters: { input: "{uri}" } }';
    await writeFile(
      file,
      `version: 1
defaults: { roleArn: arn:aws:iam::123456789012:role/omics, outputUri: s3://acme-results/x/, retentionMode: REMOVE, storageType: DYNAMIC }
routes:
  - { name: versions, on: { bucket: ${BUCKET}, key: 'cram/{_s}.cram' }, identity: version, ${run} }
`,
    );
    const { exitStatus, json } = await backfill(`s3://${BUCKET}/cram/`, '--routes', file);
    expect(exitStatus).toBe(1);
    expect(json).toMatchObject({ sent: 0 });
    expect(routeIn(json, 'versions')).toMatchObject({
      runs: 0,
      reasons: [{ reason: expect.stringContaining('sequencers') }],
    });
  });

  test('keeps to the time and the number that it is given', async () => {
    const all = await backfill(`s3://${BUCKET}/`, '--dry-run');
    expect(await backfill(`s3://${BUCKET}/`, '--dry-run', '--since', '2h')).toMatchObject({
      json: { objects: all.json?.objects },
    });
    expect(await backfill(`s3://${BUCKET}/`, '--dry-run', '--until', '2h')).toMatchObject({ json: { objects: 0 } });
    expect(await backfill(`s3://${BUCKET}/`, '--dry-run', '--limit', '2')).toMatchObject({
      json: { objects: 2, isCut: true },
    });
  });
});

describe('an S3 Inventory', () => {
  test('is read from its manifest in S3: current objects only, keys decoded', async () => {
    const part = [
      `"${BUCKET}","cram/in+ventory.cram","v2","true","false","3","2026-01-01T00:00:00.000Z"`,
      `"${BUCKET}","cram/old.cram","v1","false","false","3","2026-01-01T00:00:00.000Z"`,
      `"${BUCKET}","cram/deleted.cram","v3","true","true","","2026-01-01T00:00:00.000Z"`,
    ].join('\n');
    const put = (Key: string, Body: string | Buffer) =>
      laptop.s3.send(new PutObjectCommand({ Bucket: RESULTS, Key, Body }));
    await put('inventory/data/part.csv.gz', gzipSync(part));
    const manifest = {
      sourceBucket: BUCKET,
      destinationBucket: `arn:aws:s3:::${RESULTS}`,
      fileFormat: 'CSV',
      fileSchema: 'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate',
      files: [{ key: 'inventory/data/part.csv.gz', size: 1, MD5checksum: 'x' }],
    };
    await put('inventory/manifest.json', JSON.stringify(manifest));
    await laptop.put('cram/in ventory.cram');
    await requestsEnded(6);
    const { json } = await backfill('--inventory', `s3://${RESULTS}/inventory/manifest.json`, '--dry-run');
    expect(json).toMatchObject({ objects: 1, gone: 0 });
    expect(routeIn(json, 'single')).toMatchObject({ objects: { known: 1 } });
  });

  test.each([
    ['not there', 'none.csv', undefined, 'there is no such file'],
    ['in another format', 'manifest.json', '{"fileFormat":"ORC"}', 'ORC files'],
    ['no CSV', 'quotes.csv', '"bucket","key\n', 'is not CSV'],
    ['of other columns', 'columns.csv', 'sample,fastq\nS 1,x\n', 'row 2'],
    ['torn', 'torn.csv.gz', Buffer.from([0x1f, 0x8b, 8, 0]), 'cannot be unpacked'],
  ])('that is %s is refused', async (_, name, content, message) => {
    const file = join(folder, name);
    if (content !== undefined) await writeFile(file, content);
    const { exitStatus, stderr } = await backfill('--inventory', file, '--dry-run');
    expect(exitStatus).toBe(1);
    expect(stderr).toContain(message);
  });
});

describe('what it is not told well', () => {
  test.each([
    [[], 'Name what to replay'],
    [['s3://b/', '--inventory', 'x'], 'Name what to replay'],
    [['b/prefix'], 'not of the form s3://'],
    [['s3://b/', '--since', 'monday'], '--since "monday"'],
    [['s3://b/', '--rate', '0'], '1 or more'],
    [['s3://b/', '--account', '12'], 'not twelve digits'],
  ])('%j is wrong usage', async (args, message) => {
    const { exitStatus, stderr } = await backfill(...args);
    expect(exitStatus).toBe(2);
    expect(stderr).toContain(message);
  });

  test('a real account has to be named, and is not asked for on a dry run', async () => {
    const real = { AWS_PROFILE: 'lab', AWS_REGION: 'eu-west-1' };
    const { exitStatus, stderr } = await rundrop(['backfill', 's3://acme-incoming/'], real);
    expect(exitStatus).toBe(2);
    expect(stderr).toContain('--account ID');
  });

  test('an account that is not the queue’s sends nothing', async () => {
    const { exitStatus, stderr } = await backfill(`s3://${BUCKET}/`, '--account', '123456789012');
    expect(exitStatus).toBe(2);
    expect(stderr).toContain('Nothing was sent');
  });
});

/** Runs `put` while nothing carries the events of the bucket. */
async function quietly(put: () => Promise<void>): Promise<void> {
  const bus = new EventBridgeClient({
    endpoint: laptop.stack.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await bus.send(new DisableRuleCommand({ Name: `rundrop-local-drops-${BUCKET}` }));
  await put();
  await bus.send(new EnableRuleCommand({ Name: `rundrop-local-drops-${BUCKET}` }));
  bus.destroy();
}
