/** The parts of the emulator that its operations work on, put together once. */
import { randomUUID } from 'node:crypto';
import type { Write } from '../append-whole.ts';
import type { Clock, EventPort, Surroundings } from '../ports.ts';
import { type Arns, createArns } from './arns.ts';
import type { Batch, BatchMember } from './batches/batch.ts';
import type { Configuration } from './configurations.ts';
import { DueQueue } from './due-queue.ts';
import { createEventSender, type EventSender } from './events/event-sender.ts';
import { runStatusEvent } from './events/status-events.ts';
import { Journal } from './journal.ts';
import { RequestMemory } from './request-memory.ts';
import { ResourceTable } from './resource-table.ts';
import type { RunCache } from './run-caches.ts';
import type { RunGroup } from './run-groups.ts';
import { FailureRules } from './runs/failure-rules.ts';
import type { Run } from './runs/run.ts';
import { RunAdmission } from './runs/run-admission.ts';
import { RunIds } from './runs/run-ids.ts';
import { RunLifecycle } from './runs/run-lifecycle.ts';
import { planOf } from './runs/run-plan.ts';
import { RunStore } from './runs/run-store.ts';
import { TaskEvents } from './runs/task-events.ts';
import type { ResolvedSettings } from './settings.ts';
import { DefinitionStore } from './workflows/definition-store.ts';
import { seedWorkflows } from './workflows/seed-workflows.ts';
import type { Workflow, WorkflowVersion } from './workflows/workflow.ts';

export interface OmicsPorts {
  readonly events: EventPort;
  /** The applied value of a quota of service `omics`, by its code. */
  readonly quota: (quotaCode: string) => number;
  /** An S3 object's content; undefined when there is none. */
  readonly readObject: (uri: string) => Promise<Buffer | undefined>;
  /** How the journal is written; given in tests only. */
  readonly write?: Write;
}

export interface OmicsParts {
  readonly accountId: string;
  readonly region: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly newUuid: () => string;
  readonly report: (line: string) => void;
  readonly settings: ResolvedSettings;
  readonly quota: (quotaCode: string) => number;
  readonly readObject: (uri: string) => Promise<Buffer | undefined>;
  readonly arns: Arns;
  readonly journal: Journal;
  readonly dues: DueQueue;
  readonly sender: EventSender;
  readonly memory: RequestMemory;
  readonly runs: RunStore;
  readonly runIds: RunIds;
  readonly lifecycle: RunLifecycle;
  readonly failureRules: FailureRules;
  readonly taskEvents: TaskEvents;
  readonly workflows: ResourceTable<Workflow>;
  readonly workflowVersions: ResourceTable<WorkflowVersion>;
  readonly definitions: DefinitionStore;
  readonly runGroups: ResourceTable<RunGroup>;
  readonly runCaches: ResourceTable<RunCache>;
  readonly configurations: ResourceTable<Configuration>;
  readonly batches: ResourceTable<Batch>;
  readonly batchMembers: ResourceTable<BatchMember>;
  /** Removes a run at the stored-run quota. */
  readonly evict: (run: Run) => void;
  /** Told of each new status of a run, besides the events. */
  readonly statusListeners: ((run: Run, atMs: number) => void)[];
}

const SECONDS_PER_MINUTE = 60;

/** Reads what is on disk; nothing moves until `lifecycle.resume()`. */
export function createParts(surroundings: Surroundings, settings: ResolvedSettings, ports: OmicsPorts): OmicsParts {
  const { clock, report, accountId, region, dataDir } = surroundings;
  const quota = enforcedQuota(settings, ports.quota);
  const journal = new Journal(ports.write);
  const dues = new DueQueue(clock, report);
  const memory = new RequestMemory(settings, journal);
  const runs = new RunStore(journal, memory);
  const tables = createTables(journal);
  const failureRules = new FailureRules(settings.failures, journal, report);
  const arns = createArns(accountId, region);
  const sender = createEventSender({
    events: ports.events,
    clock,
    faults: settings.eventFaults,
    seed: settings.seed,
    report,
  });
  const statusListeners: ((run: Run, atMs: number) => void)[] = [];
  const runIds = new RunIds({
    reuse: settings.reuseRunIds,
    random: surroundings.random,
    isTaken: (id) => runs.hasId(id),
  });
  const admission = createAdmission(settings, quota, tables.runGroups, runs);
  const lifecycle = new RunLifecycle({
    clock,
    settings,
    store: runs,
    dues,
    admission,
    longestSeconds: (run) => longestSeconds(run, tables.runGroups, quota),
    onStatus: (run, atMs) => {
      if (run.status === 'STOPPING') taskEvents.end(run);
      sender.send(runStatusEvent(run, arns, atMs));
      if (run.status === 'RUNNING') taskEvents.begin(run);
      for (const listener of statusListeners) listener(run, atMs);
    },
  });
  const taskEvents = new TaskEvents({ clock, dues, sender, arns, runs, lifecycle });
  const evict = (run: Run) => {
    runs.remove(run);
    if (run.active) admission.release(run);
    runIds.free(run.id);
    if (settings.eventOnEviction) sender.send(runStatusEvent({ ...run, status: 'DELETED' }, arns, clock.nowMs()));
  };
  const parts: OmicsParts = {
    ...{
      accountId,
      region,
      clock,
      report,
      settings,
      arns,
      journal,
      dues,
      sender,
      memory,
      runs,
      runIds,
      lifecycle,
      evict,
    },
    ...{ failureRules, taskEvents, statusListeners, ...tables },
    random: surroundings.random,
    newUuid: randomUUID,
    quota,
    readObject: ports.readObject,
    definitions: new DefinitionStore(dataDir, region),
  };
  journal.open(dataDir, [memory, failureRules, ...Object.values(tables), runs], report);
  return parts;
}

/** The rate of calls stays what it is: batches are paced by it, and `throttling` says whether anything else is. */
function enforcedQuota(settings: ResolvedSettings, quota: OmicsPorts['quota']): OmicsPorts['quota'] {
  const rate = 'L-24A3B174';
  return (code) => (settings.enforceQuotas || code === rate ? quota(code) : Number.POSITIVE_INFINITY);
}

function createAdmission(
  settings: ResolvedSettings,
  quota: OmicsPorts['quota'],
  runGroups: ResourceTable<RunGroup>,
  runs: RunStore,
): RunAdmission {
  return new RunAdmission({
    priorityOrder: settings.priorityOrder,
    activeRunLimit: (storageType) => quota(storageType === 'STATIC' ? 'L-A30FD31B' : 'L-BE38079A'),
    groupLimits: (id) => runGroups.get(id) ?? {},
    demandOf: (run) => {
      const plan = planOf(run, settings.seed, settings.durations);
      return { cpus: plan.peakCpus, gpus: plan.peakGpus };
    },
    isPending: (seq) => runs.statusOf(seq) === 'PENDING',
    current: (seq) => runs.bySeq(seq),
  });
}

function createTables(journal: Journal) {
  const workflows = new ResourceTable<Workflow>('workflow', journal);
  for (const workflow of seedWorkflows()) workflows.seed(workflow);
  return {
    workflows,
    workflowVersions: new ResourceTable<WorkflowVersion>('workflowVersion', journal),
    runGroups: new ResourceTable<RunGroup>('runGroup', journal),
    runCaches: new ResourceTable<RunCache>('runCache', journal),
    configurations: new ResourceTable<Configuration>('configuration', journal),
    batches: new ResourceTable<Batch>('batch', journal),
    batchMembers: new ResourceTable<BatchMember>('batchMember', journal),
  };
}

/** The account's quota and the run group's maxDuration, which is in minutes. */
function longestSeconds(run: Run, groups: ResourceTable<RunGroup>, quota: (code: string) => number): number {
  const group = run.runGroupId === undefined ? undefined : groups.get(run.runGroupId);
  const ofGroup = (group?.maxDuration ?? Number.POSITIVE_INFINITY) * SECONDS_PER_MINUTE;
  return Math.min(quota('L-7B9E5416'), ofGroup);
}
