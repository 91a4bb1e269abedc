/** What a claim writes, and that neither a repeat nor another claimant changes it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ledgerOver } from '../../../lib/ledger/ledger.ts';
import {
  type Claim,
  claimAndStart,
  claimRequest,
  ensureWatcher,
  executionName,
  newRequest,
  startAnotherWatcher,
} from '../../../lib/lifecycle/claim-request.ts';
import { claimFor, claimOf, originOf } from '../../../lib/lifecycle/claim-set.ts';
import { loadRouteFile } from '../../../lib/routing/route-file.ts';
import { identityOf, sha256 } from '../../../lib/runs/identity.ts';
import { simulatedTable, TableStore } from '../../simulation/simulated-table.ts';
import { FakeExecutions } from '../../support/world.ts';

const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const AT = '2026-01-02T03:04:05.000Z';
const settings = { rundropVersion: '0.1.0', routesCommit: 'c0ffee' };
const origin = { kind: 'drop' as const, route: 'germline', members: [{ bucket: 'in', key: 'k', content: 'etag:1:2' }] };
const claim: Claim = {
  origin,
  route: 'germline',
  routesHash: 'f'.repeat(64),
  request: { workflowId: '1', name: 'asked', priority: 7, requestId: 'not ours' },
  members: [{ dropId: 'd1', bucket: 'in', key: 'k', etag: '1', sizeBytes: 2 }],
  maxAttempts: 2,
};

let executions: FakeExecutions;
let store: TableStore;
let lines: { message: string; fields: unknown }[];
let ports: ReturnType<typeof portsOver>;

function portsOver() {
  store = new TableStore(
    () => NOW_MS,
    () => 0,
  );
  const ledger = ledgerOver(simulatedTable(store, async (_, effect) => effect()));
  const log = (message: string, fields?: unknown) => void lines.push({ message, fields });
  return {
    ledger,
    executions,
    clock: { nowMs: () => NOW_MS, sleep: async () => undefined },
    settings,
    log: { info: log, warn: log, error: log },
  };
}

beforeEach(() => {
  lines = [];
  executions = new FakeExecutions();
  ports = portsOver();
});

describe('a new request', () => {
  it('is frozen whole, without a requestId of somebody else', () => {
    const record = newRequest(claim, settings, AT);
    expect(record).toEqual({
      identity: identityOf(origin),
      revision: 0,
      route: 'germline',
      origin,
      routesHash: claim.routesHash,
      routesCommit: 'c0ffee',
      rundropVersion: '0.1.0',
      requestText: '{"workflowId":"1","name":"asked","priority":7}',
      members: claim.members,
      maxAttempts: 2,
      priority: 7,
      createdAt: AT,
      state: 'CLAIMED',
      since: AT,
      attempts: [expect.objectContaining({ attempt: 1, changes: {}, statuses: {} })],
      watchers: 0,
      executions: [],
    });
    expect(record.attempts[0]?.name).toMatch(/^asked-[0-9a-f]{8}$/);
  });

  it('keeps what its route says of retries, limits, quotas and times, and the sheet that it is from', () => {
    const more = {
      sheet: { dropId: 'd2', lines: [2] },
      retry: { storageUpTo: 4_800 },
      maxRunsPerDay: 3,
      onQuota: 'reject' as const,
      inStatusSeconds: { PENDING: 60 },
    };
    expect(newRequest({ ...claim, ...more }, settings, AT)).toMatchObject(more);
    const plain = newRequest(claim, settings, AT);
    for (const name of Object.keys(more)) expect(plain).not.toHaveProperty(name);
  });

  it('has no commit where there is none, or no route file', () => {
    expect(newRequest(claim, { rundropVersion: '1' }, AT)).not.toHaveProperty('routesCommit');
    expect(newRequest({ ...claim, routesHash: '' }, settings, AT)).not.toHaveProperty('routesCommit');
  });

  it('has the priority 0 unless a number was asked for', () => {
    expect(newRequest({ ...claim, request: { priority: 'high' } }, settings, AT).priority).toBe(0);
  });

  it('leaves the name of a run that somebody else started as it is', () => {
    const foreign = { ...claim, origin: { kind: 'run' as const, uuid: 'u' }, request: { runId: '1', name: 'theirs' } };
    expect(newRequest(foreign, settings, AT).attempts[0]?.name).toBe('theirs');
  });
});

describe('a claim', () => {
  it('is made once; whoever comes later gets what was claimed first', async () => {
    const first = await claimRequest(ports, claim);
    const later = await claimRequest(ports, { ...claim, request: { workflowId: '2' }, maxAttempts: 9 });
    expect(first).toMatchObject({ createdAt: AT, maxAttempts: 2 });
    expect(later).toEqual(first);
  });

  it('starts one execution however often it is repeated', async () => {
    const record = await claimRequest(ports, claim);
    const watched = await ensureWatcher(ports, record);
    const name = executionName('germline', record.identity, 1);
    expect(watched).toMatchObject({ watchers: 1, executions: [`arn:execution:${name}`] });
    expect(executions.inputs.get(`arn:execution:${name}`)).toEqual({ request: record.identity });
    expect(await ensureWatcher(ports, record)).toEqual(watched);
    expect(await ensureWatcher(ports, watched)).toBe(watched);
    expect(executions.statuses.size).toBe(1);
  });

  it('starts no execution for what is over', async () => {
    const record = { ...(await claimRequest(ports, claim)), state: 'ENDED' as const };
    expect(await ensureWatcher(ports, record)).toBe(record);
    expect(executions.statuses.size).toBe(0);
  });

  it('gives another watcher the next name, whoever else does at the same time', async () => {
    const watched = await ensureWatcher(ports, await claimRequest(ports, claim));
    const [one, other] = [await startAnotherWatcher(ports, watched), await startAnotherWatcher(ports, watched)];
    expect(one.watchers).toBe(2);
    expect(other).toEqual(one);
    expect([...executions.statuses.keys()].map((arn) => arn.slice(-3))).toEqual(['-w1', '-w2']);
  });

  it('claims and starts at once: the name is allocated with the claim', async () => {
    const record = await claimAndStart(ports, claim);
    expect(record).toMatchObject({ watchers: 1, executions: [], createdAt: AT });
    const name = executionName('germline', record.identity, 1);
    expect(executions.inputs.get(`arn:execution:${name}`)).toEqual({ request: record.identity });
    const again = await claimAndStart(ports, claim);
    expect(again.executions).toEqual([`arn:execution:${name}`]);
    expect(executions.statuses.size).toBe(1);
  });
});

describe('the name of an execution', () => {
  it('is short enough and plain, whatever the route is called', () => {
    const name = executionName('a route/with: 20 signs, and many more than forty letters', 'f'.repeat(32), 12);
    expect(name).toBe(`a-route-with--20-signs--and-many-more-th-${'f'.repeat(32)}-w12`);
    expect(name.length).toBeLessThanOrEqual(80);
    expect(executionName('plain_Route-1', 'i', 1)).toBe('plain_Route-1-i-w1');
  });
});

describe('a set that is complete', () => {
  const routes = (identity: string) =>
    loadRouteFile(
      `
version: 1
defaults: { roleArn: arn:aws:iam::000000000000:role/R, outputUri: s3://results/, storageType: DYNAMIC }
routes:
  - name: pair
    on: { bucket: drops, key: '{sample}_R{read,[12]}' }
    gather: { by: [sample], needs: { read: ['1', '2'] } }
    identity: ${identity}
    limits: { maxRunsPerDay: 4 }
    run: { workflowId: '1', parameters: { one: '{uri:read=1}' } }
`,
      { fileName: 'rundrop.yaml', environment: {}, hash: sha256 },
    );
  const member = (number: number, versionId?: string) => ({
    dropId: `d${number}`,
    wildcards: { sample: 'a', read: String(number) },
    drop: {
      bucket: 'in',
      key: `a_R${number}`,
      etag: `e${number}`,
      sizeBytes: number,
      sequencer: `s${number}`,
      timeMs: NOW_MS,
      ...(versionId === undefined ? {} : { versionId }),
    },
  });
  const setOf = (identity: string, members = [member(1), member(2)]) => {
    const file = routes(identity);
    const [route] = file.routes;
    if (route === undefined) throw new Error('there is no route');
    return { file, route, members, request: { workflowId: '1' } };
  };

  it('is known by content, or by version where the route says so', () => {
    const { route, members } = setOf('content');
    expect(originOf(route, members)).toEqual({
      kind: 'drop',
      route: 'pair',
      members: [
        { bucket: 'in', key: 'a_R1', content: 'etag:e1:1' },
        { bucket: 'in', key: 'a_R2', content: 'etag:e2:2' },
      ],
    });
    const versions = setOf('version', [member(1, 'v1'), member(2)]);
    expect(originOf(versions.route, versions.members)).toMatchObject({
      members: [{ content: 'version:v1' }, { content: 'sequencer:s2' }],
    });
  });

  it('claims with its members as they were taken, and with what its route says', () => {
    const set = setOf('content', [member(1, 'v1'), member(2)]);
    expect(claimOf(set)).toMatchObject({
      route: 'pair',
      routesHash: set.file.hash,
      request: { workflowId: '1' },
      maxRunsPerDay: 4,
      members: [
        { dropId: 'd1', bucket: 'in', key: 'a_R1', etag: 'e1', sizeBytes: 1, versionId: 'v1' },
        { dropId: 'd2', bucket: 'in', key: 'a_R2', etag: 'e2', sizeBytes: 2 },
      ],
    });
    expect(claimOf(set).members[1]).not.toHaveProperty('versionId');
  });

  it('tells its drops, and its markers, which request they became part of', async () => {
    const set = setOf('content');
    const marker = member(3);
    for (const { dropId, drop } of [...set.members, marker]) {
      const { timeMs, ...facts } = drop;
      const time = new Date(timeMs).toISOString();
      await ports.ledger.drops.record({ ...facts, dropId, time, receivedAt: time, route: 'pair', state: 'GATHERING' });
    }
    const record = await claimFor(ports, claimOf(set), ['d1', 'd2', 'd3']);
    const drops = await Promise.all(['d1', 'd2', 'd3'].map((dropId) => ports.ledger.drops.read(dropId)));
    expect(drops.map((drop) => [drop?.state, drop?.identity])).toEqual(drops.map(() => ['TAKEN', record.identity]));
    expect([...executions.inputs.values()]).toEqual([{ request: record.identity }]);
    expect(lines).toEqual([
      { message: 'request claimed', fields: { identity: record.identity, route: 'pair', drops: 2 } },
    ]);
  });
});
