import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../lib/ledger/ledger.ts';
import { RequestMissingError } from '../../../lib/ledger/requests.ts';
import { currentAttempt, type RequestRecord } from '../../../lib/runs/request-record.ts';
import * as transitions from '../../../lib/runs/transitions.ts';
import { realLedger } from '../../support/real-ledger.ts';
import { CREATED_AT, claimedRequest, EVERYBODY } from '../../support/request-record.ts';

const AT = '2026-01-02T04:00:00.000Z';

describe('requests in the ledger', () => {
  let ledger: Ledger;
  let stop: () => Promise<void>;
  let next = 0;
  const fresh = (change: Partial<RequestRecord> = {}) => {
    next += 1;
    return claimedRequest({ identity: `identity-${next}`, ...change });
  };

  beforeAll(async () => {
    ({ ledger, stop } = await realLedger());
  });
  afterAll(() => stop());

  it('reads back what was claimed', async () => {
    const record = fresh();
    expect(await ledger.requests.claim(record)).toEqual({ record, created: true });
    expect(await ledger.requests.read(record.identity)).toEqual(record);
  });

  it('lets the first claim of an identity win, of twenty at once', async () => {
    const record = fresh();
    const claims = Array.from({ length: 20 }, (_, number) => ({ ...record, requestText: `{"name":"${number}"}` }));
    const results = await Promise.all(claims.map((claim) => ledger.requests.claim(claim)));
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(results.map((result) => result.record.requestText)).size).toBe(1);
  });

  it('loses no step of twenty writers at once', async () => {
    const { identity } = (await ledger.requests.claim(fresh())).record;
    const step = (record: RequestRecord) => transitions.watcherAllocated(record);
    await Promise.all(Array.from({ length: 15 }, () => ledger.requests.change(identity, step)));
    expect(await ledger.requests.read(identity)).toMatchObject({ watchers: 15, revision: 15 });
  });

  it('loses no step of writers that start from what they knew', async () => {
    const { record } = await ledger.requests.claim(fresh());
    const step = (latest: RequestRecord) => transitions.watcherAllocated(latest);
    await Promise.all(Array.from({ length: 3 }, () => ledger.requests.change(record.identity, step, record)));
    expect(await ledger.requests.read(record.identity)).toMatchObject({ watchers: 3, revision: 3 });
  });

  it('does not believe what a writer knew when that asks for no change', async () => {
    const { record } = await ledger.requests.claim(fresh());
    await ledger.requests.change(record.identity, transitions.watcherAllocated);
    const step = (latest: RequestRecord) => (latest.watchers === 1 ? transitions.watcherAllocated(latest) : latest);
    expect(await ledger.requests.change(record.identity, step, record)).toMatchObject({ watchers: 2, revision: 2 });
  });

  it('writes nothing when a step changes nothing', async () => {
    const { identity } = (await ledger.requests.claim(fresh())).record;
    await ledger.requests.change(identity, (record) => record);
    expect((await ledger.requests.read(identity))?.revision).toBe(0);
  });

  it('says so when there is no such request', async () => {
    await expect(ledger.requests.change('nobody', (record) => record)).rejects.toThrow(RequestMissingError);
    expect(await ledger.requests.read('nobody')).toBeUndefined();
  });

  it('finds a request by what HealthOmics calls its run', async () => {
    const { identity } = (await ledger.requests.claim(fresh())).record;
    const waiting = await ledger.requests.change(identity, (record) => transitions.waiting(record, AT));
    await ledger.requests.change(identity, (record) =>
      transitions.started(record, 1, { runId: '7000001', uuid: `uuid-of-${identity}` }, AT),
    );
    expect(await ledger.requests.findByUuid(`uuid-of-${identity}`)).toEqual({ identity, attempt: 1 });
    expect(await ledger.requests.findByRunId('7000001')).toEqual([
      { identity, attempt: 1, uuid: `uuid-of-${identity}` },
    ]);
    expect(await ledger.requests.findByRequestId(currentAttempt(waiting).requestId)).toBe(identity);
    expect(await ledger.requests.findByUuid('unknown')).toBeUndefined();
  });

  it('keeps apart two runs that had the same id', async () => {
    for (const uuid of ['first', 'second']) {
      const { identity } = (await ledger.requests.claim(fresh())).record;
      await ledger.requests.change(identity, (record) =>
        transitions.started(record, 1, { runId: '7000002', uuid }, AT),
      );
    }
    expect((await ledger.requests.findByRunId('7000002')).map(({ uuid }) => uuid)).toEqual(['first', 'second']);
  });

  it('nominates unfinished work until it is announced', async () => {
    const { identity } = (await ledger.requests.claim(fresh())).record;
    expect(await ledger.requests.open('CLAIMED', 100)).toContain(identity);
    await ledger.requests.change(identity, (record) => transitions.ended(record, 'REFUSED', AT, 'no'));
    expect(await ledger.requests.open('CLAIMED', 100)).not.toContain(identity);
    expect(await ledger.requests.open('UNANNOUNCED', 100)).toContain(identity);
    await ledger.requests.change(identity, (record) => transitions.announced(record, AT, EVERYBODY));
    expect(await ledger.requests.open('UNANNOUNCED', 100)).not.toContain(identity);
  });

  it('lists the newest first', async () => {
    const older = fresh({ createdAt: CREATED_AT });
    const newer = fresh({ createdAt: '2027-01-01T00:00:00.000Z' });
    await ledger.requests.claim(newer);
    await ledger.requests.claim(older);
    expect((await ledger.requests.list(1)).map(({ identity }) => identity)).toEqual([newer.identity]);
  });
});
