import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announceUncertain } from '../../../lib/lifecycle/announce-uncertain.ts';
import { awaitStart } from '../../../lib/lifecycle/await-start.ts';
import { keepEvidence } from '../../../lib/lifecycle/keep-evidence.ts';
import { reconcile } from '../../../lib/lifecycle/reconcile.ts';
import { recordOutcome } from '../../../lib/lifecycle/record-outcome.ts';
import { startWaiting } from '../../../lib/lifecycle/start-waiting.ts';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import { currentAttempt, type RequestRecord } from '../../../lib/runs/request-record.ts';
import type { RunStatus } from '../../../lib/runs/run-status.ts';
import { evidenceProblems } from '../../support/schemas.ts';
import { newestRequest } from '../../support/watched-run.ts';
import { createWorld, put, type World } from '../../support/world.ts';

const FAR = Number.MAX_SAFE_INTEGER;
const MINUTE_MS = 60_000;

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

const request = () => newestRequest(world);

async function start(input: unknown, token: string): Promise<RequestRecord> {
  const executionArn = [...world.executions.statuses.keys()][0] ?? '';
  const executionName = executionArn.replace('arn:execution:', '');
  await awaitStart(world, { token, executionArn, executionName, input });
  await startWaiting(world, FAR);
  return request();
}

/** A drop of a route, taken as far as its run. */
async function running(keys: readonly string[] = ['cram/SYN-1.cram']): Promise<RequestRecord> {
  for (const key of keys) await takeDrop(world, put(world, key));
  return start({ request: (await request()).identity }, 'first');
}

async function ended(record: RequestRecord, status: RunStatus, failureReason?: string) {
  const { attempt, runId = '' } = currentAttempt(record);
  world.runs.move(runId, status, failureReason);
  return recordOutcome(world, { request: record.identity, attempt });
}

/** A request of which nobody knows whether it has a run. */
async function uncertain(): Promise<RequestRecord> {
  for (let n = 0; n < 4; n += 1) world.runs.answers.push({ kind: 'later', reason: 'timeout' });
  const record = await running();
  world.clock.now += 2 * world.settings.requestIdTrustSeconds * 1000;
  await startWaiting(world, FAR);
  return record;
}

const outcomeJson = () => world.evidence.json('outcomes/');

describe('evidence', () => {
  it('holds the run, its tasks, its definition, the request, its members and the ledger, as documented', async () => {
    world.archive.definitions.set('https://definitions/1?signature=secret', new Uint8Array([1, 2, 3]));
    const record = await running();
    await ended(record, 'COMPLETED');
    const json = outcomeJson();
    expect(evidenceProblems(json)).toEqual([]);
    expect(json).toMatchObject({
      request: record.identity,
      route: 'single',
      outcome: 'COMPLETED',
      routeFile: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      startRunRequest: { workflowId: '3333333', parameters: { input: 's3://drops/cram/SYN-1.cram' } },
      members: [{ bucket: 'drops', key: 'cram/SYN-1.cram', etag: expect.stringMatching(/^etag-/) }],
      attempts: [{ attempt: 1, run: { uuid: 'uuid-1', digest: 'sha256:1' }, tasks: { complete: true, described: 0 } }],
      ledger: { identity: record.identity, state: 'ENDED', executions: [expect.any(String)] },
    });
    expect((await request()).evidence?.uri).toBe(`s3://evidence/outcomes/2026/01/${record.identity}.json`);
    const text = JSON.stringify(json);
    expect(text).not.toContain('signature');
    const [definition] = [...world.evidence.kept.keys()].filter((key) => key.startsWith('definitions/'));
    expect(text).toContain(`s3://evidence/${definition}`);
  });

  it('is written after the outcome and before its announcement, which names it', async () => {
    const record = await running();
    const { put: write } = world.evidence;
    world.evidence.put = async (key, text) => {
      expect(await request()).toMatchObject({ state: 'ENDED', outcome: 'FAILED' });
      expect(world.announcer.sent).toEqual([]);
      return write.call(world.evidence, key, text);
    };
    await ended(record, 'FAILED', 'RUN_TASK_FAILED');
    const { evidence } = await request();
    expect(world.announcer.sent.map(({ detail }) => detail)).toMatchObject([{ outcome: 'FAILED', evidence }]);
    expect(evidence).toBeDefined();
  });

  it('describes the tasks that did not complete', async () => {
    await ended(await running(), 'FAILED', 'RUN_TASK_FAILED');
    expect(outcomeJson()).toMatchObject({
      attempts: [{ tasks: { described: 1, items: [{ taskId: '7', name: 'align', logStream: 'run/task/7' }] } }],
    });
  });

  it('keeps a run that failed when it failed, and has it though it is gone when the next one ends', async () => {
    const record = await running(['fastq/SYN-1_R1.fastq.gz', 'fastq/SYN-1_R2.fastq.gz']);
    const answer = await ended(record, 'FAILED', 'SERVICE_ERROR');
    expect([...world.evidence.kept.keys()]).toEqual(['runs/uuid-1.json']);
    expect(evidenceProblems(world.evidence.json('runs/'))).toEqual([]);
    world.runs.remove('1000001');
    await ended(await start(answer, 'second'), 'COMPLETED');
    expect(evidenceProblems(outcomeJson())).toEqual([]);
    expect(outcomeJson()).toMatchObject({
      outcome: 'COMPLETED',
      attempts: [
        {
          attempt: 1,
          run: { uuid: 'uuid-1', failureReason: 'SERVICE_ERROR' },
          keptAs: { uri: 's3://evidence/runs/uuid-1.json' },
        },
        { attempt: 2, run: { status: 'COMPLETED' } },
      ],
    });
    // Once a run: the first one was not looked for again.
    expect(world.archive.calls).toHaveLength(2);
  });

  it('says what the ledger knew of a run that is gone, and takes no other run of its id for it', async () => {
    const record = await running();
    world.runs.remove('1000001');
    world.runs.all.push({ runId: '1000001', uuid: 'another', name: 'foreign', tags: {}, status: 'RUNNING' });
    await recordOutcome(world, { request: record.identity, attempt: 1 });
    expect(evidenceProblems(outcomeJson())).toEqual([]);
    expect(outcomeJson()).toMatchObject({
      outcome: 'REMOVED',
      attempts: [{ run: null, runMissing: 'gone', tasks: null }],
      ledger: { attempts: [{ runId: '1000001', uuid: 'uuid-1', status: 'PENDING' }] },
    });
  });

  it('of a request that was never started says so', async () => {
    world.runs.answers.push({ kind: 'refused', reason: 'no such workflow', code: 'ResourceNotFoundException' });
    await running();
    expect(evidenceProblems(outcomeJson())).toEqual([]);
    expect(outcomeJson()).toMatchObject({ outcome: 'REFUSED', attempts: [{ run: null, runMissing: 'never started' }] });
  });

  it('stays as it was written first', async () => {
    const record = await running();
    await ended(record, 'COMPLETED');
    const before = [...world.evidence.kept.values()];
    await keepEvidence(world, { ...(await request()), evidence: undefined } as unknown as RequestRecord);
    expect([...world.evidence.kept.values()]).toEqual(before);
  });
});

describe('a bucket that does not take evidence', () => {
  it('holds the announcement for three tries, and not the outcome', async () => {
    world.evidence.refuse = Number.POSITIVE_INFINITY;
    const record = await running();
    expect(await ended(record, 'COMPLETED')).toMatchObject({ outcome: 'COMPLETED' });
    expect(world.announcer.sent).toEqual([]);
    for (let minute = 0; minute < 4; minute += 1) {
      world.clock.now += MINUTE_MS;
      await reconcile(world);
    }
    expect(world.announcer.sent.map(({ detail }) => detail)).toMatchObject([
      { outcome: 'COMPLETED', evidenceMissing: 'SlowDown' },
    ]);
    expect((await request()).evidenceTrouble).toMatchObject({ tries: 3, error: 'SlowDown' });
  });

  it('gets it later, without another announcement', async () => {
    world.evidence.refuse = 3;
    await ended(await running(), 'COMPLETED');
    for (let minute = 0; minute < 10; minute += 1) {
      world.clock.now += MINUTE_MS;
      await reconcile(world);
    }
    expect((await request()).evidence).toBeDefined();
    expect((await request()).evidenceTrouble).toBeUndefined();
    expect(world.announcer.sent).toHaveLength(1);
    expect(await world.ledger.requests.open('UNEVIDENCED', 10)).toEqual([]);
  });

  it('is given up after two days, visibly, and asked for no more', async () => {
    world.evidence.refuse = Number.POSITIVE_INFINITY;
    await ended(await running(), 'COMPLETED');
    const { identity } = await request();
    for (let hour = 0; hour < 4 * 24; hour += 1) {
      world.clock.now += 60 * MINUTE_MS;
      await keepEvidence(world, (await world.ledger.requests.read(identity)) as RequestRecord);
      await reconcile(world);
    }
    expect((await request()).evidenceTrouble).toMatchObject({ tries: 16, givenUpAt: expect.any(String) });
    expect(await world.ledger.requests.open('UNEVIDENCED', 10)).toEqual([]);
    expect(world.lines.filter((line) => line.startsWith('evidence given up'))).toHaveLength(1);
    expect(world.figures.filter(({ kind }) => kind === 'evidenceGivenUp')).toHaveLength(1);
  });
});

describe('people', () => {
  it('are told once what happened, what was tried, where the logs are and what to type', async () => {
    const record = await running(['fastq/SYN-1_R1.fastq.gz', 'fastq/SYN-1_R2.fastq.gz']);
    const answer = await ended(record, 'FAILED', 'SERVICE_ERROR');
    await ended(await start(answer, 'second'), 'FAILED', 'OUT_OF_MEMORY_ERROR');
    expect(world.notifier.sent).toHaveLength(1);
    const [notice] = world.notifier.sent;
    expect(notice).toMatchObject({
      eventId: world.announcer.sent[0]?.detail.eventId,
      kind: 'FAILED',
      route: 'germline',
      subject: `FAILED germline ${record.identity}`,
    });
    expect(notice?.text).toContain('OUT_OF_MEMORY_ERROR, a task ran out of memory');
    expect(notice?.text).toContain('Attempt 1: run 1000001 (uuid uuid-1), FAILED: SERVICE_ERROR');
    expect(notice?.text).toContain('streams run/1000002 and run/1000002/engine');
    expect(notice?.text).toContain(`rundrop show ${record.identity}`);
    expect(notice?.text).toContain(`rundrop rerun ${record.identity}`);
    expect(JSON.stringify([world.notifier.sent, world.announcer.sent])).not.toContain('SYN-1');
  });

  it('are told later when the topic was ill, and the event is not repeated', async () => {
    world.notifier.refuse = 1;
    await ended(await running(), 'COMPLETED');
    expect(world.announcer.sent).toHaveLength(1);
    expect(await world.ledger.requests.open('UNANNOUNCED', 10)).toHaveLength(1);
    world.clock.now += 2 * MINUTE_MS;
    await reconcile(world);
    expect(world.notifier.sent).toHaveLength(1);
    expect(world.announcer.sent).toHaveLength(1);
    expect(await world.ledger.requests.open('UNANNOUNCED', 10)).toEqual([]);
  });

  it('are told although the bus is ill, and not again with the event that follows', async () => {
    const record = await running();
    world.announcer.refuse = 1;
    await expect(ended(record, 'COMPLETED')).rejects.toThrow('the bus is ill');
    expect(world.notifier.sent).toMatchObject([{ kind: 'COMPLETED' }]);
    world.clock.now += 2 * MINUTE_MS;
    await reconcile(world);
    expect(world.announcer.sent.map(({ detail }) => detail.eventId)).toEqual([world.notifier.sent[0]?.eventId]);
    expect(world.notifier.sent).toHaveLength(1);
    expect(await world.ledger.requests.open('UNANNOUNCED', 10)).toEqual([]);
  });

  it('are told although the bus is ill, which is in the log also where the ledger takes no mark of it', async () => {
    const record = await uncertain();
    const { uncertainAnnouncedSince: _programs, uncertainToldSince: _people, ...untold } = await request();
    world.announcer.refuse = 1;
    const requests = { ...world.ledger.requests, change: () => Promise.reject(new Error('the ledger is ill')) };
    const announced = announceUncertain({ ...world, ledger: { ...world.ledger, requests } }, untold);
    await expect(announced).rejects.toThrow('the ledger is ill');
    expect(world.notifier.sent.at(-1)).toMatchObject({ subject: `UNCERTAIN single ${record.identity}` });
    expect(world.lines.filter((line) => line.startsWith('the event was not taken'))).toHaveLength(1);
  });

  it('are told of a start that nobody is certain of, and so are programs', async () => {
    const record = await uncertain();
    const about = [{ detailType: 'Request Uncertain', detail: { request: record.identity, attempt: 1 } }];
    expect(world.announcer.sent).toMatchObject(about);
    expect(world.notifier.sent).toMatchObject([{ kind: 'UNCERTAIN', text: expect.stringContaining('rundrop replay') }]);
    world.clock.now += 5 * MINUTE_MS;
    await reconcile(world);
    expect(world.announcer.sent).toHaveLength(1);
  });

  it('are told of it later when the topic was ill, and the event is not repeated', async () => {
    world.notifier.refuse = 3;
    await uncertain();
    for (let pass = 0; pass < 5; pass += 1) {
      world.clock.now += 5 * MINUTE_MS;
      await reconcile(world);
    }
    expect(world.announcer.sent).toHaveLength(1);
    expect(world.notifier.sent).toMatchObject([{ kind: 'UNCERTAIN' }]);
  });

  it('are told of it although the bus is ill, once', async () => {
    world.announcer.refuse = 3;
    await uncertain();
    for (let pass = 0; pass < 5; pass += 1) {
      world.clock.now += 5 * MINUTE_MS;
      await reconcile(world);
      expect(world.notifier.sent).toMatchObject([{ kind: 'UNCERTAIN' }]);
    }
    expect(world.announcer.sent).toHaveLength(1);
  });

  it('are told of a rejected drop although the bus is ill, once', async () => {
    await takeDrop(world, put(world, 'requests/SYN-7.json', { text: '{"workflowId": "9"}' }));
    world.announcer.refuse = 2;
    for (const events of [0, 0, 1, 1]) {
      await reconcile(world);
      expect(world.notifier.sent).toMatchObject([{ kind: 'REJECTED' }]);
      expect(world.announcer.sent).toHaveLength(events);
    }
    expect(await world.ledger.drops.untold(10)).toEqual([]);
  });

  it('and programs, each told of a rejected drop by another pass at the same time, are told no more', async () => {
    await takeDrop(world, put(world, 'requests/SYN-7.json', { text: '{"workflowId": "9"}' }));
    const [dropId = ''] = await world.ledger.drops.untold(10);
    const at = new Date(world.clock.now).toISOString();
    await world.ledger.drops.told({ dropId }, at, { programs: true, people: false });
    await world.ledger.drops.told({ dropId }, at, { programs: false, people: true });
    await reconcile(world);
    expect(await world.ledger.drops.untold(10)).toEqual([]);
    expect([world.announcer.sent, world.notifier.sent]).toEqual([[], []]);
  });

  it('are told of a drop that was rejected, once, by reconciliation', async () => {
    const text = '{"workflowId": "9"}';
    const drop = put(world, 'requests/SYN-7.json', { text });
    expect(await takeDrop(world, drop)).toBe('rejected');
    expect(world.announcer.sent).toEqual([]);
    world.notifier.refuse = 1;
    await reconcile(world);
    await reconcile(world);
    await reconcile(world);
    expect(world.announcer.sent).toMatchObject([
      { detailType: 'Drop Rejected', detail: { route: 'run-request', code: 'NO_VALID_REQUEST' } },
    ]);
    expect(world.notifier.sent).toMatchObject([{ kind: 'REJECTED' }]);
    expect(await takeDrop(world, drop)).toBe('rejected');
    await reconcile(world);
    expect(world.announcer.sent).toHaveLength(1);
    expect(JSON.stringify([world.notifier.sent, world.announcer.sent])).not.toContain('SYN-7');
  });
});
