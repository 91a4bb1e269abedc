/** What one part of reconciliation cannot do keeps no other part back. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ledgerOver } from '../../../lib/ledger/ledger.ts';
import { awaitStart } from '../../../lib/lifecycle/await-start.ts';
import { cancelRequest } from '../../../lib/lifecycle/cancel-request.ts';
import { newRequest } from '../../../lib/lifecycle/claim-request.ts';
import { PassesFailed, reconcile } from '../../../lib/lifecycle/reconcile.ts';
import { startWaiting } from '../../../lib/lifecycle/start-waiting.ts';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import { ended, executionStarted, started } from '../../../lib/runs/transitions.ts';
import { simulatedTable, TableStore } from '../../simulation/simulated-table.ts';
import { newestRequest, watchedRun } from '../../support/watched-run.ts';
import { createWorld, put, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const request = () => newestRequest(world);

describe('reconciliation', () => {
  it('announces an outcome while HealthOmics lists nothing, and fails afterwards', async () => {
    const {
      record: { identity },
    } = await watchedRun(world);
    await world.ledger.requests.change(identity, (record) => ended(record, 'COMPLETED', '2026-01-02T03:04:06.000Z'));
    world.clock.now += MINUTE_MS;
    await takeDrop(world, put(world, 'cram/SYN-2.cram'));
    const [other] = await world.ledger.requests.list(1);
    const executionArn = [...world.executions.statuses.keys()].at(-1) ?? '';
    const input = { request: other?.identity };
    await awaitStart(world, { token: 'other', executionArn, executionName: 'other', input });
    await startWaiting(world, Number.MAX_SAFE_INTEGER);
    world.runs.listRuns = () => Promise.reject(new Error('throttled'));
    world.clock.now += 2 * MINUTE_MS;
    await expect(reconcile(world)).rejects.toThrow(PassesFailed);
    expect((await world.ledger.requests.read(identity))?.announcedAt).toBeDefined();
    expect(world.lines.filter((line) => line.startsWith('pass failed'))).toEqual([expect.stringContaining('runs')]);
  });

  it('follows runs while the starter cannot be nudged', async () => {
    const { runId } = await watchedRun(world);
    world.clock.now += MINUTE_MS;
    await takeDrop(world, put(world, 'cram/SYN-2.cram'));
    const [other] = await world.ledger.requests.list(1);
    const executionArn = [...world.executions.statuses.keys()].at(-1) ?? '';
    const input = { request: other?.identity };
    await awaitStart(world, { token: 'other', executionArn, executionName: 'other', input });
    world.runs.move(runId, 'COMPLETED');
    const ill = { nudge: () => Promise.reject(new Error('SQS is ill')) };
    await expect(reconcile({ ...world, starter: ill })).rejects.toThrow('1 of 11 passes');
    expect(world.executions.answers.get('watch')).toMatchObject({ output: { status: 'COMPLETED' } });
  });

  it('looks after the watcher of a run that HealthOmics does not cancel', async () => {
    const { executionArn } = await watchedRun(world);
    const act = { what: 'cancel', at: '2026-01-02T03:10:00.000Z', by: 'arn:aws:iam::000000000000:user/x' } as const;
    world.runs.cancelRun = () => Promise.reject(new Error('denied'));
    await expect(cancelRequest(world, await request(), act)).rejects.toThrow('denied');
    world.executions.statuses.delete(executionArn);
    world.clock.now += 2 * MINUTE_MS;
    await reconcile(world);
    expect((await request()).executions).toHaveLength(2);
    expect(world.lines.filter((line) => line.startsWith('repair failed'))).toHaveLength(1);
  });

  it('gives an overdue run another watcher while the bus takes no event', async () => {
    const { executionArn } = await watchedRun(world);
    world.executions.statuses.delete(executionArn);
    world.clock.now += 1_000 * HOUR_MS;
    world.announcer.refuse = 1;
    await reconcile(world);
    expect((await request()).executions).toHaveLength(2);
    expect(world.lines.filter((line) => line.startsWith('repair failed'))).toHaveLength(1);
  });

  it.each(['bus', 'topic'])('is done in time while the %s answers nobody, and has the other one told', async (ill) => {
    for (let drop = 0; drop < 20; drop += 1)
      await takeDrop(world, put(world, `requests/SYN-${drop}.json`, { text: '{"workflowId": "9"}' }));
    const silent = async () => {
      world.clock.now += 5_000;
      throw new Error('no answer');
    };
    if (ill === 'bus') world.announcer.announce = silent;
    else world.notifier.notify = silent;
    const begunMs = world.clock.now;
    await reconcile(world);
    const told: readonly unknown[] = ill === 'bus' ? world.notifier.sent : world.announcer.sent;
    expect(told).toHaveLength(20);
    expect(world.clock.now - begunMs).toBeLessThan(20_000);
    expect(await world.ledger.drops.untold(100)).toHaveLength(20);
  });

  it('tells of outcomes though HealthOmics answers no listing until Lambda ends the invocation', async () => {
    await watchedRun(world);
    await takeDrop(world, put(world, 'cram/SYN-2.cram'));
    const { identity } = await request();
    await world.ledger.requests.change(identity, (record) => ended(record, 'CANCELLED', '2026-01-02T03:04:06.000Z'));
    let hangs = Promise.withResolvers<void>();
    world.runs.listRuns = () => {
      hangs.resolve();
      return new Promise(() => undefined);
    };
    for (let minute = 0; minute < 11; minute += 1) {
      world.clock.now += MINUTE_MS;
      hangs = Promise.withResolvers();
      await Promise.race([reconcile(world), hangs.promise]);
    }
    expect(world.announcer.sent).toMatchObject([{ detail: { request: identity } }]);
  });

  it('asks for the executions of many runs by turns', async () => {
    const ledger = ledgerOver(
      simulatedTable(
        new TableStore(
          () => world.clock.now,
          () => 0,
        ),
        async (_, effect) => effect(),
      ),
    );
    const at = new Date(world.clock.now).toISOString();
    const runs = Array.from({ length: 300 }, (_, number) => ({ runId: `${number}`, uuid: `uuid-${number}` }));
    for (const run of runs) {
      const origin = { kind: 'run', uuid: run.uuid } as const;
      const claim = { origin, route: 'console', routesHash: '', request: {}, members: [], maxAttempts: 1 };
      const claimed = executionStarted(newRequest(claim, world.settings, at), `arn:execution:${run.uuid}`);
      await ledger.requests.claim(started(claimed, 1, run, at));
    }
    world.runs.listRuns = async (status) => (status === 'PENDING' ? runs.map((run) => ({ ...run, status })) : []);
    const asked = new Set<string>();
    const status = async (executionArn: string) => {
      asked.add(executionArn);
      return 'RUNNING';
    };
    const sizes: number[] = [];
    for (let minute = 0; minute < 3; minute += 1) {
      await reconcile({ ...world, ledger, executions: Object.assign(Object.create(world.executions), { status }) });
      sizes.push(asked.size);
      world.clock.now += MINUTE_MS;
    }
    expect(sizes).toEqual([0, expect.any(Number), 300]);
    expect(sizes[1]).toBeGreaterThan(100);
    expect(sizes[1]).toBeLessThan(200);
  });

  it('claims a set that had fired before its route left the file', async () => {
    await takeDrop(world, put(world, 'fastq/SYN-1_R1.fastq.gz'));
    const requests = { ...world.ledger.requests, claim: () => Promise.reject(new Error('died')) };
    const dying = { ...world, ledger: { ...world.ledger, requests } };
    await expect(takeDrop(dying, put(world, 'fastq/SYN-1_R2.fastq.gz'))).rejects.toThrow('died');
    const file = await world.routes.read();
    const routes = {
      read: async () => ({ ...file, routes: file.routes.filter(({ gather }) => gather === undefined) }),
    };
    await reconcile({ ...world, routes });
    expect(await world.ledger.requests.list(10)).toHaveLength(1);
    expect(await world.ledger.gathers.open('FIRED', 10)).toEqual([]);
  });
});
