import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dropRow } from '../../cli/rows.ts';
import { BUCKET, eventually, type Laptop, REMOVE_ROUTES, startLaptop } from './laptop.ts';

const ROUTES = `${REMOVE_ROUTES}
  - name: unknown-workflow
    on: { bucket: ${BUCKET}, key: 'unknown/{file}' }
    run: { workflowId: "9999999", parameters: { input: '{uri}' } }
  - name: wrong-parameter
    on: { bucket: ${BUCKET}, key: 'parameter/{file}' }
    run: { workflowId: "3333333", parameters: { inptu: '{uri}' } }
  - name: request
    on: { bucket: ${BUCKET}, key: 'requests/{file}' }
    run: { fromObject: true, allow: { workflowIds: ["3333333"], roleArns: ["arn:aws:iam::000000000000:role/Other"] } }
  - name: retained
    on: { bucket: ${BUCKET}, key: 'retained/{file}' }
    run: { workflowId: "3333333", retentionMode: RETAIN, parameters: { input: '{uri}' } }
  - name: impatient
    on: { bucket: ${BUCKET}, key: 'impatient/{file}' }
    onQuota: reject
    run: { workflowId: "3333333", retentionMode: RETAIN, parameters: { input: '{uri}' } }
`;

let laptop: Laptop;
beforeAll(async () => {
  laptop = await startLaptop({ routes: ROUTES, quotas: { 'L-C9679DBC': 2, 'L-24A3B174': 100 } });
});
afterAll(async () => {
  await laptop.stop();
});

/** The row of `rundrop drops` for a key, once it says REFUSED or REJECTED. */
async function refusalOf(key: string) {
  return eventually(async () => {
    const drop = (await laptop.drops()).find((one) => one.key === key);
    if (drop === undefined) return undefined;
    const row = dropRow(drop, await laptop.ledger.requests.read(drop.identity ?? ''));
    return row.reason === undefined ? undefined : row;
  });
}

describe('what cannot start shows its reason in rundrop drops', () => {
  it('an unknown workflow', async () => {
    await laptop.put('unknown/a');
    expect(await refusalOf('unknown/a')).toMatchObject({
      status: 'REFUSED',
      reason: expect.stringContaining('ResourceNotFoundException'),
    });
  });

  it('a parameter that the workflow does not take', async () => {
    await laptop.put('parameter/a');
    expect(await refusalOf('parameter/a')).toMatchObject({
      status: 'REFUSED',
      reason: expect.stringContaining('inptu'),
    });
  });

  it('a role that is not a role', async () => {
    const request = { workflowId: '3333333', roleArn: 'arn:aws:s3:::bucket', parameters: { input: 's3://x/y' } };
    await laptop.put('requests/role', JSON.stringify(request));
    expect(await refusalOf('requests/role')).toMatchObject({
      state: 'REJECTED',
      reason: expect.stringContaining('roleArn'),
    });
  });

  it('an object that is larger than a run request', async () => {
    await laptop.put('requests/large', JSON.stringify({ workflowId: '3333333', name: 'x'.repeat(300_000) }));
    expect(await refusalOf('requests/large')).toMatchObject({
      state: 'REJECTED',
      reason: expect.stringContaining('bytes'),
    });
  });

  it('an object that was gone before it was read', async () => {
    const queued = Array.from({ length: 30 }, (_, number) => `unknown/gone-${number}`);
    await Promise.all(
      queued.map(async (key) => {
        await laptop.put(key);
        await laptop.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }));
      }),
    );
    const reasons = (await Promise.all(queued.map(refusalOf))).map(({ reason }) => reason);
    expect(reasons).toEqual(
      queued.map(() => expect.stringMatching(/gone before it was read|deleted before the run|no object's name/)),
    );
  });
});

describe('a stored-run quota full of RETAIN runs', () => {
  it('makes the next drop wait, with the reason', async () => {
    for (const name of ['a', 'b', 'c']) await laptop.put(`retained/${name}`);
    const waiting = await eventually(async () => {
      const open = await laptop.ledger.requests.open('WAITING', 10);
      const records = await Promise.all(open.map((identity) => laptop.ledger.requests.read(identity)));
      return records.find((record) => record?.reason !== undefined);
    });
    expect(waiting).toMatchObject({
      state: 'WAITING',
      reason: expect.stringContaining('ServiceQuotaExceededException'),
    });
  });

  it('refuses the drop of a route that says onQuota: reject', async () => {
    await laptop.put('impatient/a');
    expect(await refusalOf('impatient/a')).toMatchObject({
      status: 'REFUSED',
      reason: expect.stringMatching(/ServiceQuotaExceededException.*onQuota: reject/),
    });
  });
});
