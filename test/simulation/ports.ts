/** The ports of one invocation: each call of them goes through the invocation's fate. */
import { resultOfError } from '../../lib/aws/runs.ts';
import { type Ledger, ledgerOver } from '../../lib/ledger/ledger.ts';
import type { Table } from '../../lib/ledger/table.ts';
import type { AwaitStartPorts } from '../../lib/lifecycle/await-start.ts';
import { writeNudge } from '../../lib/lifecycle/nudge.ts';
import type { Executions, Log, Objects, RunFacts, Runs } from '../../lib/lifecycle/ports.ts';
import type { ReconcilePorts } from '../../lib/lifecycle/reconcile.ts';
import type { StartWaitingPorts } from '../../lib/lifecycle/start-waiting.ts';
import type { SweepPorts } from '../../lib/lifecycle/sweep-ports.ts';
import type { TakeDropsPorts } from '../../lib/lifecycle/take-drops.ts';
import type { TakeSheetPorts } from '../../lib/lifecycle/take-sheet.ts';
import { writeDropAgain } from '../../lib/routing/drop-again-message.ts';
import { writeSheetMessage } from '../../lib/routing/sheet-message.ts';
import type { StartRunInput } from '../../lib/runs/start-run-input.ts';
import { type FunctionName, RESERVES_MS } from './functions.ts';
import type { Invocation } from './invocations.ts';
import { tellingOf } from './simulated-evidence.ts';
import { BUCKET } from './simulated-objects.ts';
import type { SimulatedRun } from './simulated-omics.ts';
import { sweepPortsOf } from './simulated-sweeps.ts';
import { type Caller, simulatedTable } from './simulated-table.ts';
import type { World } from './world.ts';

export type Ports = AwaitStartPorts &
  ReconcilePorts &
  StartWaitingPorts &
  TakeSheetPorts &
  TakeDropsPorts & {
    readonly ledger: Ledger;
    readonly table: Table;
    readonly call: Caller;
    /** What the sweeper needs besides. */
    sweep(): SweepPorts;
  };

export function portsOf(world: World, invocation: Invocation): Ports {
  const call = world.invocations.callerOf(invocation);
  const table = simulatedTable(world.store, call);
  const nowMs = () => world.timeline.nowMs + invocation.skewMs;
  const reserveMs = RESERVES_MS[invocation.functionName as FunctionName] ?? 0;
  const ports: Ports = {
    taking: async () => ports,
    sweep: () => sweepPortsOf(world, invocation, ports),
    call,
    table,
    ledger: ledgerOver(table),
    objects: objectsOf(world, call),
    runs: runsOf(world, call, invocation),
    executions: executionsOf(world, call),
    starter: {
      nudge: (cause, identity) =>
        call('sqs.nudge', () => {
          world.journal.write(world.timeline.nowMs, `nudge ${cause}`);
          world.starts.send(writeNudge(identity));
        }),
    },
    ...tellingOf(world, call),
    quotas: { startRunsPerSecond: async () => 5 },
    routes: { read: async () => world.routes },
    dropsAgain: {
      send: (dropIds) =>
        call('sqs.dropsAgain', () => {
          for (const dropId of dropIds) world.drops.send(writeDropAgain(dropId));
        }),
    },
    trusted: { accounts: ['000000000000'], regions: ['us-east-1'] },
    sheetParts: {
      send: (parts) =>
        call('sqs.sheetParts', () => {
          for (const part of parts) world.drops.send(writeSheetMessage(part), part.afterSeconds * 1000);
        }),
    },
    deadlineMs: invocation.deadlineMs + invocation.skewMs - reserveMs,
    clock: {
      nowMs,
      sleep: (milliseconds) =>
        new Promise((resolve) =>
          world.timeline.after(milliseconds, () => {
            if (invocation.alive) resolve();
          }),
        ),
    },
    random: () => world.random.next(),
    settings: {
      stage: 'simulation',
      rundropVersion: '0.0.0',
      requestIdTrustSeconds: world.options.requestIdTrustSeconds,
      retryBaseSeconds: 60,
      quotaProbeSeconds: 55,
      inStatusSeconds: { PENDING: 86_400, STARTING: 7_200, RUNNING: 259_200, STOPPING: 43_200 },
    },
    log: logOf(world, invocation),
  };
  return ports;
}

function objectsOf(world: World, call: Caller): Objects {
  const { stored } = world.objects;
  return {
    head: ({ key }) =>
      call(`s3.head ${key}`, () => {
        const object = stored.get(key);
        if (object === undefined) return undefined;
        return { etag: object.etag, sizeBytes: object.sizeBytes, storageClass: 'STANDARD' };
      }),
    someUnder: ({ bucket, prefix }) =>
      call(`s3.list ${prefix}`, () => {
        if (bucket !== BUCKET) return 'unknown';
        for (const key of stored.keys()) if (key.startsWith(prefix)) return 'yes';
        return 'no';
      }),
    tags: ({ key }) => call(`s3.tags ${key}`, () => ({})),
    read: ({ key, etag }, limitBytes) =>
      call(`s3.read ${key}`, () => {
        const object = stored.get(key);
        if (object === undefined || object.etag !== etag) return undefined;
        return object.sizeBytes > limitBytes ? 'too-large' : object.text;
      }),
  };
}

function runsOf(world: World, call: Caller, invocation: Invocation): Runs {
  const { omics } = world;
  return {
    async startRun(input: StartRunInput) {
      const from = { by: invocation, sentMs: world.timeline.nowMs };
      try {
        const run = await call(`omics.startRun ${input.requestId}`, () => omics.startRun(input, from));
        const { runId, uuid } = run;
        return { kind: 'started', run: { runId, uuid, status: 'PENDING', ...textsOf(input) } };
      } catch (error) {
        return resultOfError(error);
      }
    },
    getRun: (runId) =>
      call(`omics.getRun ${runId}`, () => {
        const run = omics.getRun(runId);
        if (run === undefined) return undefined;
        if (invocation.functionName === 'reconcile-runs' && run.endedMs === undefined) {
          omics.idleLooks.set(run.uuid, (omics.idleLooks.get(run.uuid) ?? 0) + 1);
        }
        return factsOf(run);
      }),
    cancelRun: async (runId) => {
      await call(`omics.cancelRun ${runId}`, () => omics.cancel(runId)).catch((error: unknown) => {
        if (!(error instanceof Error && error.name === 'ConflictException')) throw error;
      });
    },
    findRunIdsByName: (name) =>
      call(`omics.findRunIdsByName ${name}`, () => omics.findByName(name).map(({ runId }) => runId)),
    parameterTemplate: ({ workflowId }) => call(`omics.parameterTemplate ${workflowId}`, () => undefined),
    listRuns: (status) =>
      call(`omics.listRuns ${status}`, () =>
        omics.listRuns(status).map(({ runId, name, status: now, createdMs }) => ({
          runId,
          name,
          status: now,
          creationTime: new Date(createdMs).toISOString(),
        })),
      ),
  };
}

function textsOf({ retentionMode, storageType }: StartRunInput) {
  return {
    ...(typeof retentionMode === 'string' ? { retentionMode } : {}),
    ...(typeof storageType === 'string' ? { storageType } : {}),
  };
}

function factsOf(run: SimulatedRun): RunFacts {
  const { runId, uuid, name, tags, status, failureReason, createdMs, endedMs, input } = run;
  return {
    runId,
    uuid,
    name,
    tags,
    status: status as RunFacts['status'],
    creationTime: new Date(createdMs).toISOString(),
    ...(endedMs === undefined ? {} : { stopTime: new Date(endedMs).toISOString() }),
    ...(failureReason === undefined ? {} : { failureReason }),
    ...(typeof input?.storageType === 'string' ? { storageType: input.storageType } : {}),
  };
}

function executionsOf(world: World, call: Caller): Executions {
  const { executions } = world;
  return {
    start: (name, input) => call(`states.start ${name}`, () => executions.start(name, input)),
    status: (arn) => call(`states.status ${arn}`, () => executions.status(arn)),
    succeed: (token, output) => call(`states.succeed ${token}`, () => executions.succeed(token, output)),
    fail: (token, error, cause) => call(`states.fail ${token}`, () => executions.fail(token, error, cause)),
  };
}

function logOf(world: World, invocation: Invocation): Log {
  const write: Log['info'] = (message, fields) => {
    if (!invocation.alive) return;
    const line = `${invocation.functionName} ${message} ${JSON.stringify(fields ?? {})}`;
    world.logLines.push(line);
    world.journal.write(world.timeline.nowMs, line);
  };
  return { info: write, warn: write, error: write };
}
