import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reconcile } from '../../../lib/lifecycle/reconcile.ts';
import { takeStatusEvent } from '../../../lib/lifecycle/status-event.ts';
import { takeDrops } from '../../../lib/lifecycle/take-drops.ts';
import { createWorld, put, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

interface Sender {
  readonly account?: string;
  readonly region?: string;
}

/** What SQS hands over of an object's event, from the sender that EventBridge wrote into it. */
function message(key: string, sender: Sender, bucket = 'drops'): { messageId: string; body: string } {
  const { etag, sizeBytes, sequencer } = put(world, key);
  const detail = { bucket: { name: bucket }, object: { key, size: sizeBytes, etag, sequencer } };
  const event = { source: 'aws.s3', 'detail-type': 'Object Created', time: '2026-01-02T03:04:05Z', ...sender, detail };
  return { messageId: key, body: JSON.stringify(event) };
}

const HERE = { account: '000000000000', region: 'us-east-1' };

describe('an event of a drop', () => {
  it.each([
    ['another account', { account: '999999999999', region: 'us-east-1' }],
    ['another region', { account: '000000000000', region: 'eu-west-1' }],
  ])('of %s starts nothing, is on record, told, and does not come back', async (_what, sender) => {
    const records = [message('cram/SYN-1.cram', sender)];
    expect(await takeDrops(world, records)).toEqual({ batchItemFailures: [] });
    expect(await takeDrops(world, records)).toEqual({ batchItemFailures: [] });
    expect(await world.ledger.requests.list(10)).toEqual([]);
    expect(await world.ledger.drops.list(10)).toMatchObject([
      { state: 'REJECTED', route: 'single', reasonCode: 'NOT_ALLOWED' },
    ]);
    await reconcile(world);
    expect(world.announcer.sent).toMatchObject([{ detailType: 'Drop Rejected', detail: { code: 'NOT_ALLOWED' } }]);
    expect(world.lines.join()).not.toContain('SYN-1');
  });

  it('of our own account and region, or without either, is taken', async () => {
    await takeDrops(world, [message('cram/SYN-1.cram', HERE), message('cram/SYN-2.cram', {})]);
    expect(await world.ledger.requests.list(10)).toHaveLength(2);
  });

  it('of an account that forwards its buckets is taken', async () => {
    const trusted = { accounts: ['000000000000', '210987654321'], regions: ['us-east-1'] };
    await takeDrops({ ...world, trusted }, [
      message('cram/SYN-1.cram', { account: '210987654321', region: 'us-east-1' }),
    ]);
    expect(await world.ledger.requests.list(10)).toHaveLength(1);
  });

  it('that was forged does not take the place of the true one', async () => {
    const forged = message('cram/SYN-1.cram', { account: '999999999999' });
    await takeDrops(world, [forged]);
    await takeDrops(world, [{ messageId: 'true', body: forged.body.replace('999999999999', '000000000000') }]);
    expect(await world.ledger.requests.list(10)).toHaveLength(1);
  });

  it('of a bucket that no route has starts nothing, whoever sent it', async () => {
    for (const sender of [HERE, { account: '999999999999' }])
      expect(await takeDrops(world, [message('cram/SYN-1.cram', sender, 'elsewhere')])).toEqual({
        batchItemFailures: [],
      });
    expect(await world.ledger.drops.list(10)).toEqual([]);
    expect(await world.ledger.requests.list(10)).toEqual([]);
  });
});

describe('a status event', () => {
  const arn = 'arn:aws:omics:us-east-1:000000000000:run/1000001';
  it.each([
    ['another account', { ...HERE, account: '999999999999', detail: { arn, status: 'FAILED' } }],
    ['another region', { ...HERE, region: 'eu-west-1', detail: { arn, status: 'FAILED' } }],
    [
      "another account's run",
      { ...HERE, detail: { arn: arn.replace('000000000000', '999999999999'), status: 'FAILED' } },
    ],
    ["another region's run", { ...HERE, detail: { arn: arn.replace('us-east-1', 'eu-west-1'), status: 'FAILED' } }],
  ])('of %s is not followed, and not an error', async (_what, event) => {
    await takeStatusEvent(world, event);
    expect(world.runs.calls).toEqual([]);
    expect(world.lines.join()).toContain('ignored');
  });

  it('of our own is', async () => {
    await takeStatusEvent(world, { ...HERE, detail: { arn, status: 'FAILED' } });
    expect(world.lines.join()).toContain('run status');
  });
});
