/** Every planted bug, by name. Each is a wrapper around ports or answers; the production code does not know of them. */

import { ledgerOver } from '../../lib/ledger/ledger.ts';
import type { Item, Table } from '../../lib/ledger/table.ts';
import type { RunFacts } from '../../lib/lifecycle/ports.ts';
import type { RequestRecord } from '../../lib/runs/request-record.ts';
import { linePlants } from './line-plants.ts';
import { read } from './oracle-drops.ts';
import { type Plant, plant, type Wrap, within } from './plant.ts';
import type { Ports } from './ports.ts';
import { routePlants } from './route-plants.ts';
import { BUCKET } from './simulated-objects.ts';
import { sweepPlants } from './sweep-plants.ts';
import { SECRET } from './workload.ts';

/** The ledger over a table that is not what it should be. */
function withTable(ports: Ports, change: (table: Table) => Partial<Table>): Ports {
  const table = { ...ports.table, ...change(ports.table) };
  return { ...ports, table, ledger: ledgerOver(table) };
}

function withRequests(
  ports: Ports,
  change: (requests: Ports['ledger']['requests']) => Partial<Ports['ledger']['requests']>,
): Ports {
  const { requests } = ports.ledger;
  return { ...ports, ledger: { ...ports.ledger, requests: { ...requests, ...change(requests) } } };
}

function withTokens(
  ports: Ports,
  change: (tokens: Ports['ledger']['tokens']) => Partial<Ports['ledger']['tokens']>,
): Ports {
  const { tokens } = ports.ledger;
  return { ...ports, ledger: { ...ports.ledger, tokens: { ...tokens, ...change(tokens) } } };
}

function withRuns(ports: Ports, change: (runs: Ports['runs']) => Partial<Ports['runs']>): Ports {
  return { ...ports, runs: { ...ports.runs, ...change(ports.runs) } };
}

/** Every GetRun answer that there is goes through `change`. */
function withFacts(change: (run: RunFacts) => RunFacts): Wrap {
  return (ports) =>
    withRuns(ports, (runs) => ({
      async getRun(runId) {
        const run = await runs.getRun(runId);
        return run === undefined ? undefined : change(run);
      },
    }));
}

function withoutWish({ cancelAskedAt: _, ...record }: RequestRecord): RequestRecord {
  return record;
}

const isRequest = ({ pk, sk }: Item) => sk === 'REQUEST' && String(pk).startsWith('REQUEST#');

const ledgerPlants: readonly Plant[] = [
  plant('no-claim', 'a claim overwrites the one that is there', (ports) =>
    withTable(ports, (table) => ({
      put: (item, condition) =>
        table.put(
          item,
          condition?.expression === 'attribute_not_exists(pk)' && isRequest(item) ? undefined : condition,
        ),
    })),
  ),
  plant('no-revision', 'a request is written without the condition that nobody wrote it meanwhile', (ports) =>
    withTable(ports, (table) => ({
      put: (item, condition) =>
        table.put(item, condition?.expression === 'revision = :revision' ? undefined : condition),
    })),
  ),
  plant('gather-fired-twice', 'nobody remembers which set has fired', (ports) =>
    withTable(ports, (table) => ({
      async partition(pk, skPrefix) {
        const items = await table.partition(pk, skPrefix);
        return items.map(({ fired: _, ...item }) => item);
      },
    })),
  ),
  plant(
    'index-trusted',
    'the starter and reconciliation take what an index shows for the truth',
    (ports, { world, invocation }) => {
      if (!['start-runs', 'reconcile-runs'].includes(invocation.functionName)) return ports;
      const stale = (identity: string) =>
        world.store.stale(`REQUEST#${identity}|REQUEST`) as unknown as RequestRecord | undefined;
      return withRequests(ports, (requests) => ({
        read: async (identity) => stale(identity),
        async change(identity, step) {
          const record = stale(identity) ?? (await requests.read(identity));
          if (record === undefined) return requests.change(identity, step);
          const after = step(record);
          if (after !== record) await requests.change(identity, () => after);
          return after;
        },
      }));
    },
  ),
  plant('outcome-overwritten', 'an outcome that is on record may be decided again', (ports) =>
    withRequests(ports, (requests) => ({
      change: (identity, step) =>
        requests.change(identity, (record) => {
          const stepped = step(record);
          if (record.state !== 'ENDED' || stepped !== record) return stepped;
          const { outcome: _outcome, outcomeAt: _at, ...rest } = record;
          const attempts = record.attempts.map(({ outcome: _, ...attempt }) => attempt);
          const open = { ...rest, attempts, state: 'STARTED' as const };
          const again = step(open);
          return again.state === 'ENDED' ? again : record;
        }),
    })),
  ),
  plant(
    'late-status-accepted',
    'whatever status an event tells is written',
    within('on-run-status-change', (ports, { invocation }) => {
      const { status } = invocation.event as { status: 'RUNNING' };
      return withRequests(ports, (requests) => ({
        change: (identity, step) =>
          requests.change(identity, (record) => {
            const stepped = step(record);
            const last = stepped.attempts.at(-1);
            if (stepped !== record || last?.uuid === undefined || last.status === status) return stepped;
            return { ...stepped, attempts: [...stepped.attempts.slice(0, -1), { ...last, status }] };
          }),
      }));
    }),
  ),
  plant(
    'start-not-noted',
    'StartRun is called before the ledger says so',
    within('start-runs', (ports) =>
      withRequests(ports, (requests) => ({
        async change(identity, step) {
          const record = await requests.read(identity);
          const after = record === undefined ? undefined : step(record);
          const onlyNotes = after?.state === 'WAITING' && after.reason === record?.reason;
          return after !== undefined && onlyNotes ? after : requests.change(identity, step);
        },
      })),
    ),
  ),
  plant('attempts-unbounded', 'a failed run is tried again whatever its route says', (ports) =>
    withTable(ports, (table) => ({
      put: (item, condition) => table.put(isRequest(item) ? { ...item, maxAttempts: 9 } : item, condition),
    })),
  ),
  plant('drop-not-recorded', 'a drop is taken and not put in the ledger', (ports) => ({
    ...ports,
    ledger: { ...ports.ledger, drops: { ...ports.ledger.drops, record: async (drop) => drop } },
  })),
];

const runPlants: readonly Plant[] = [
  plant('random-request-id', 'every StartRun call has a requestId of its own', (ports) =>
    withRuns(ports, (runs) => ({
      startRun: (input) => runs.startRun({ ...input, requestId: `r${Math.floor(ports.random() * 1e9)}` }),
    })),
  ),
  plant('request-rebuilt', 'the request is made anew for every call', (ports) =>
    withRuns(ports, (runs) => ({
      startRun: (input) =>
        runs.startRun({ ...input, parameters: { ...(input.parameters as object), at: ports.clock.nowMs() } }),
    })),
  ),
  plant('uuid-ignored', 'a run is known by its id alone', (ports, { world }) =>
    withFacts((run) => {
      const first = world.omics.runs.find(({ runId }) => runId === run.runId);
      return { ...run, uuid: first?.uuid ?? run.uuid };
    })(ports, { world } as never),
  ),
  plant(
    'hint-trusted',
    'the end of a run is believed without GetRun',
    within('on-run-status-change', (ports, { invocation }) => {
      const { status, uuid } = invocation.event as { status: 'COMPLETED'; uuid?: string };
      return withRuns(ports, () => ({
        async getRun(runId) {
          const known = (await ports.ledger.requests.findByRunId(runId)).at(-1)?.uuid;
          return { runId, uuid: uuid ?? known ?? '', tags: {}, status };
        },
      }));
    }),
  ),
  plant(
    'cancelled-retried',
    'a run that was cancelled counts as one that failed',
    withFacts((run) =>
      run.status === 'CANCELLED' ? { ...run, status: 'FAILED', failureReason: 'SERVICE_ERROR' } : run,
    ),
  ),
  plant(
    'failure-not-retried',
    'no failure is worth another attempt',
    withFacts((run) => (run.failureReason === undefined ? run : { ...run, failureReason: 'RUN_TASK_FAILED' })),
  ),
  plant(
    'stopping-not-listed',
    'reconciliation does not list STOPPING',
    within('reconcile-runs', (ports) =>
      withRuns(ports, (runs) => ({ listRuns: async (status) => (status === 'STOPPING' ? [] : runs.listRuns(status)) })),
    ),
  ),
  plant(
    'unlisted-is-removed',
    'a run that is not listed counts as gone',
    within('reconcile-runs', (ports) => withRuns(ports, () => ({ getRun: async () => undefined }))),
  ),
  plant('lost-reply-is-refusal', 'a StartRun that did not get through counts as refused', (ports) =>
    withRuns(ports, (runs) => ({
      async startRun(input) {
        const result = await runs.startRun(input);
        return result.kind === 'later' ? { kind: 'refused', reason: result.reason } : result;
      },
    })),
  ),
  plant('quota-hammered', 'a full quota is asked again at once', (ports) =>
    withRuns(ports, (runs) => ({
      async startRun(input) {
        let result = await runs.startRun(input);
        for (let again = 0; result.kind === 'quota' && again < 10; again += 1) result = await runs.startRun(input);
        return result;
      },
    })),
  ),
  plant('limit-not-counted', 'a route starts as many runs on a day as come', (ports) => ({
    ...ports,
    ledger: { ...ports.ledger, counters: { countUp: async () => true } },
  })),
  plant('uncertain-repeated', 'a StartRun is repeated however long ago the first was', (ports) => ({
    ...ports,
    settings: { ...ports.settings, requestIdTrustSeconds: 1e9 },
  })),
  plant('adopted-by-name', 'a run that has the name is taken for ours, whatever its tag', (ports) =>
    withRuns(ports, (runs) => {
      let wanted = '';
      return {
        async findRunIdsByName(name) {
          wanted = name;
          return runs.findRunIdsByName(name);
        },
        async getRun(runId) {
          const run = await runs.getRun(runId);
          if (run === undefined || wanted === '' || run.name !== wanted) return run;
          const open = await ports.ledger.requests.open('WAITING', 100);
          const records = await Promise.all(open.map((identity) => ports.ledger.requests.read(identity)));
          const requestId = records
            .flatMap((record) => record?.attempts ?? [])
            .find((one) => one.name === wanted)?.requestId;
          return { ...run, tags: { ...run.tags, 'rundrop:requestId': requestId ?? '' } };
        },
      };
    }),
  ),
  {
    byHand: true,
    ...plant(
      'cancel-forgotten',
      'StartRun is called again for what a person has cancelled meanwhile',
      within('start-runs', (ports) =>
        withRequests(ports, (requests) => ({
          async read(identity) {
            const record = await requests.read(identity);
            return record === undefined ? undefined : withoutWish(record);
          },
          change: async (identity, step) => withoutWish(await requests.change(identity, step)),
        })),
      ),
    ),
  },
  plant(
    'members-not-looked-at',
    'the members are not looked at again before the start',
    within('start-runs', (ports, { world }) => ({
      ...ports,
      objects: {
        ...ports.objects,
        async head({ key }) {
          const records = (await ports.ledger.requests.list(100)).flatMap(({ members }) => members);
          const member = records.find((one) => one.key === key && one.bucket === BUCKET);
          const etag = member?.etag ?? world.objects.stored.get(key)?.etag ?? '';
          return { etag, sizeBytes: 1, storageClass: 'STANDARD' };
        },
        someUnder: async () => 'yes' as const,
      },
    })),
  ),
];

const tokenPlants: readonly Plant[] = [
  plant(
    'token-after-get-run',
    'the watcher asks first and leaves its token then',
    within('watch-run', (ports) => {
      let leave = async () => {};
      const late = withTokens(ports, (tokens) => ({
        async put(token, nowMs) {
          leave = () => tokens.put(token, nowMs);
        },
        async list(identity, purpose) {
          await leave();
          return tokens.list(identity, purpose);
        },
      }));
      return withRequests(late, (requests) => ({
        async change(identity, step) {
          const record = await requests.change(identity, step);
          await ports.clock.sleep(2_000);
          await leave();
          return record;
        },
      }));
    }),
  ),
  plant('one-token-slot', 'a request has one place for a token, whoever waits', (ports) =>
    withTokens(ports, (tokens) => ({
      put: (token, nowMs) => tokens.put({ ...token, executionName: 'the-one' }, nowMs),
    })),
  ),
  plant('spent-counts', 'a token that was spent counts as delivered, and is kept', (ports) =>
    withTokens(
      {
        ...ports,
        executions: {
          ...ports.executions,
          async succeed(token, output) {
            await ports.executions.succeed(token, output);
            return 'delivered';
          },
        },
      },
      () => ({ remove: async () => {} }),
    ),
  ),
  plant('fixed-execution-name', 'every execution of a request has the same name', (ports) => ({
    ...ports,
    executions: {
      ...ports.executions,
      start: (name, input) => ports.executions.start(name.replace(/-w\d+$/, '-w1'), input),
    },
  })),
  plant(
    'starter-not-nudged',
    'reconciliation does not nudge the starter',
    within('reconcile-runs', (ports) => ({ ...ports, starter: { nudge: async () => {} } })),
  ),
  plant('start-not-answered', 'nobody but the starter answers who waits for a start', (ports, { invocation }) =>
    invocation.functionName === 'start-runs' || invocation.functionName === 'await-start'
      ? ports
      : withTokens(ports, (tokens) => ({
          list: async (identity, purpose) => (purpose === 'start' ? [] : tokens.list(identity, purpose)),
        })),
  ),
];

const announcementPlants: readonly Plant[] = [
  plant(
    'announced-before-record',
    'the outcome is announced, and written then',
    within('record-outcome', (ports) =>
      withRequests(ports, (requests) => ({
        async change(identity, step) {
          const record = await requests.read(identity);
          const after = record === undefined ? undefined : step(record);
          if (record?.state === 'STARTED' && after?.state === 'ENDED') {
            const detail = { eventId: identity, request: identity, outcome: after.outcome };
            await ports.announcer.announce({ detailType: 'Run Outcome', detail });
          }
          return requests.change(identity, step);
        },
      })),
    ),
  ),
  plant('announcement-swallowed', 'an event that the bus did not take counts as announced', (ports) => ({
    ...ports,
    announcer: { announce: (announcement) => ports.announcer.announce(announcement).catch(() => {}) },
  })),
  plant('event-id-random', 'every announcement has an eventId of its own', (ports) => ({
    ...ports,
    announcer: {
      announce: ({ detailType, detail }) =>
        ports.announcer.announce({ detailType, detail: { ...detail, eventId: `${ports.random()}` } }),
    },
  })),
  plant(
    'sensitive-logged',
    'a log line names the object',
    within('on-drop', (ports, { invocation }) => {
      const keys = keysOf(invocation.event);
      return {
        ...ports,
        log: { ...ports.log, info: (message, fields) => ports.log.info(message, { ...fields, keys }) },
      };
    }),
  ),
  plant('sensitive-tagged', 'a tag of the run names the sample', (ports) =>
    withRuns(ports, (runs) => ({
      startRun: (input) =>
        runs.startRun({ ...input, tags: { ...(input.tags as object), of: JSON.stringify(input.parameters) } }),
    })),
  ),
  plant('notice-forgotten', 'people are never told', (ports) => ({
    ...ports,
    notifier: { notify: async () => undefined },
  })),
  plant('evidence-forgotten', 'evidence is marked as kept and is not', (ports) => ({
    ...ports,
    evidence: {
      ...ports.evidence,
      put: async (key) => ({ uri: `s3://evidence/${key}`, etag: 'none', sha256: '0'.repeat(64) }),
    },
  })),
  plant('rejection-untold', 'a rejected drop is told to nobody', (ports) => ({
    ...ports,
    ledger: { ...ports.ledger, drops: { ...ports.ledger.drops, untold: async () => [] } },
  })),
  plant('sensitive-input', "an execution's input names the members", (ports) => ({
    ...ports,
    executions: {
      ...ports.executions,
      async start(name, input) {
        const record = await ports.ledger.requests.read(String(input.request));
        return ports.executions.start(name, { ...input, members: record?.members ?? [] });
      },
    },
  })),
];

const batchPlants: readonly Plant[] = [
  {
    name: 'batch-fails-whole',
    what: 'one bad record of a batch brings all of them back',
    answer(value, { invocation }) {
      const { batchItemFailures = [] } = (value ?? {}) as { batchItemFailures?: unknown[] };
      if (invocation.functionName !== 'on-drop' || batchItemFailures.length === 0) return value;
      const { Records } = invocation.event as { Records: { messageId: string }[] };
      return { batchItemFailures: Records.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    },
  },
  {
    name: 'batch-never-fails',
    what: 'a drop that could not be taken is let go',
    answer: (value, { invocation }) => (invocation.functionName === 'on-drop' ? { batchItemFailures: [] } : value),
  },
  plant(
    'tick-by-delivery',
    "a schedule's tick is known by when it was delivered",
    within('on-schedule', (ports, { invocation }) => {
      const event = invocation.event as { scheduledTime: string };
      event.scheduledTime = new Date(ports.clock.nowMs()).toISOString();
      return ports;
    }),
  ),
  plant('route-of-the-object', 'a dropped run request says where its results go', (ports) =>
    withRuns(ports, (runs) => ({
      startRun: (input) =>
        runs.startRun(input.workflowId === '4' ? { ...input, outputUri: 's3://elsewhere/x/' } : input),
    })),
  ),
];

function keysOf(event: unknown): readonly string[] {
  const { Records } = event as { Records: { body: string }[] };
  return Records.flatMap(({ body }) => {
    const drop = read(body);
    return typeof drop === 'object' && drop.key.includes(SECRET) ? [drop.key] : [];
  });
}

export const PLANTS: readonly Plant[] = [
  ...ledgerPlants,
  ...runPlants,
  ...tokenPlants,
  ...announcementPlants,
  ...batchPlants,
  ...routePlants,
  ...linePlants,
  ...sweepPlants,
];
