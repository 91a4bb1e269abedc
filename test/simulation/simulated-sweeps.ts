/** The sweeper among all other steps: when it comes, and what it asks of HealthOmics and Service Quotas. */
import { omicsErrorsTranslated } from '../../lib/aws/stored-runs.ts';
import { type ListedRun, PageTokenExpired, type StoredRuns, type SweepPorts } from '../../lib/lifecycle/sweep-ports.ts';
import type { PruneFacts } from '../../lib/quota/prune-rules.ts';
import type { PruneRules } from '../../lib/quota/prune-settings.ts';
import type { Invocation } from './invocations.ts';
import type { Ports } from './ports.ts';
import { RandomSource } from './random-source.ts';
import type { SimulatedRun } from './simulated-omics.ts';
import type { World } from './world.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** As serverless.yml has it, but closer together. */
const EVERY_MS = 12 * MINUTE_MS;
const LAST_PRUNE_MS = 2 * DAY_MS;
const PAGE_SIZE = 7;
const THRESHOLDS = [80, 90, 95];

export interface SweepEvent {
  readonly scan: boolean;
  /** `ours`: soon after their end, while everything goes wrong. `all`: a day later. */
  readonly prunes?: PruneRules['runs'];
}

/** What one history's sweeper is set to. */
export interface SweeperSettings {
  readonly storedRunsQuota: number;
  readonly rules: Readonly<Record<PruneRules['runs'], PruneRules>>;
}

/** Sweeps until `untilMs`, three that prune a day later, and one at the very end, whose picture must be the truth. */
export function drawSweeps(world: World, seed: number, { untilMs, endMs }: { untilMs: number; endMs: number }): void {
  const random = new RandomSource(seed);
  const startMs = world.timeline.nowMs;
  world.sweeper = settingsOf(random);
  const sweepAt = (atMs: number, event: SweepEvent) =>
    world.timeline.at(atMs, () => world.invoke('sweep-runs', event, () => {}));
  for (let atMs = startMs + random.int(1, EVERY_MS); atMs < untilMs; atMs += EVERY_MS) {
    const event = { scan: random.chance(0.4), ...(random.chance(0.7) ? { prunes: 'ours' as const } : {}) };
    sweepAt(atMs, event);
    if (!random.chance(0.2)) continue;
    sweepAt(atMs + random.int(0, 5_000), event);
    world.tally.add('sweeps overlap');
  }
  for (let turn = 0; turn < 3; turn += 1)
    sweepAt(startMs + LAST_PRUNE_MS + turn * EVERY_MS, { scan: turn === 0, prunes: 'all' });
  sweepAt(endMs - DAY_MS / 2, { scan: true });
}

function settingsOf(random: RandomSource): SweeperSettings {
  const rules = {
    statuses: ['COMPLETED', 'FAILED'],
    keepNewest: random.int(0, 2),
    keepTag: 'keep',
    mostPerSweep: random.int(1, 4),
    dryRun: false,
  } as const;
  return {
    // The simulated HealthOmics is full by times, not by counts: what the picture says of that may be wrong.
    storedRunsQuota: random.pick([3, 8, 1_000]),
    rules: {
      ours: { ...rules, olderThanMs: random.int(1, 10) * MINUTE_MS, runs: 'ours' },
      all: { ...rules, olderThanMs: DAY_MS, runs: 'all' },
    },
  };
}

export function sweepPortsOf(world: World, invocation: Invocation, ports: Omit<Ports, 'sweep'>): SweepPorts {
  const { ledger, announcer, notifier, quotas, clock, log, deadlineMs } = ports;
  const settings = world.sweeper;
  if (settings === undefined) throw new Error('No sweep was drawn.');
  const quota = (value: number) => ({ value, source: 'applied' as const });
  const { prunes } = invocation.event as SweepEvent;
  let ids = 0;
  return {
    store: ledger.sweeps,
    snapshots: ledger.snapshots,
    requests: ledger.requests,
    storedRuns: storedRunsOf(world, ports.call),
    runGroups: { page: async () => ({ groups: [] }) },
    quotas: {
      ...quotas,
      all: async () => ({
        storedRuns: quota(settings.storedRunsQuota),
        activeRunsDynamic: quota(50),
        activeRunsStatic: quota(10),
      }),
    },
    announcer,
    notifier,
    metrics: { publish: () => undefined },
    clock,
    log,
    newId: () => `${invocation.id}-${++ids}`,
    deadlineMs,
    rateShare: 0.5,
    thresholds: THRESHOLDS,
    ...(prunes === undefined ? {} : { prune: pruningOf(world, ports, settings.rules[prunes]) }),
  };
}

function storedRunsOf(world: World, call: Ports['call']): StoredRuns {
  const { omics, random, tally } = world;
  return {
    page: ({ status, token }) =>
      omicsErrorsTranslated(() =>
        call('omics.listStoredRuns', () => {
          if (token !== undefined && random.chance(world.faults().pageTokenExpired)) {
            tally.add('page token expired');
            throw new PageTokenExpired('expired');
          }
          const stored = omics.stored(status).filter((run) => token === undefined || numberOf(run) < Number(token));
          const runs = stored.slice(0, PAGE_SIZE);
          const last = runs.at(-1);
          const listed = runs.map(listedOf);
          return stored.length > PAGE_SIZE && last !== undefined
            ? { runs: listed, token: String(numberOf(last)) }
            : { runs: listed };
        }),
      ),
    look: (runId) =>
      omicsErrorsTranslated(() =>
        call(`omics.getRun ${runId}`, () => {
          const run = omics.getRun(runId);
          if (run === undefined) return undefined;
          const { uuid } = run;
          const who = { runGroupId: undefined, startedBy: 'arn:aws:iam::000000000000:user/somebody' };
          return { ...listedOf(run), uuid, retentionMode: retentionModeOf(run), ...who };
        }),
      ),
  };
}

function pruningOf({ omics }: World, ports: Omit<Ports, 'sweep'>, rules: PruneRules): NonNullable<SweepPorts['prune']> {
  const { call, archive, evidence, settings, ledger } = ports;
  return {
    rules,
    archive,
    evidence,
    settings,
    deletions: ledger.deletions,
    runs: {
      describe: (runId) =>
        omicsErrorsTranslated(() =>
          call(`omics.getRun ${runId}`, () => {
            const run = omics.getRun(runId);
            return run && pruneFactsOf(run);
          }),
        ),
      delete: (runId) => omicsErrorsTranslated(() => call(`omics.deleteRun ${runId}`, () => omics.delete(runId))),
    },
  };
}

function pruneFactsOf(run: SimulatedRun): PruneFacts {
  const { runId, uuid, createdMs, endedMs, status, tags } = run;
  return { runId, uuid, createdMs, stoppedMs: endedMs, status, retentionMode: retentionModeOf(run), tags };
}

/** HealthOmics retains a run of which nobody said otherwise. */
export function retentionModeOf({ input }: SimulatedRun): string {
  return typeof input?.retentionMode === 'string' ? input.retentionMode : 'RETAIN';
}

function listedOf({ runId, name, status, createdMs, endedMs, statuses, input }: SimulatedRun): ListedRun {
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return {
    runId,
    name,
    status,
    storageType: text(input?.storageType),
    workflowId: text(input?.workflowId),
    createdMs,
    startedMs: statuses.find((seen) => seen.status === 'RUNNING')?.atMs,
    stoppedMs: endedMs,
  };
}

/** Runs are numbered as they are created. */
function numberOf({ uuid }: SimulatedRun): number {
  return Number(uuid.replace('uuid-', ''));
}
