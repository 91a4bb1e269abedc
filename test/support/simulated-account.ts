/** An account's stored runs as HealthOmics keeps them: foreign starts, deletions, removals at the quota, ids that are used again. */

import type { Deletions } from '../../lib/ledger/deletions.ts';
import { ledgerOver } from '../../lib/ledger/ledger.ts';
import type { GoneRun } from '../../lib/ledger/snapshots.ts';
import type { RunArchive } from '../../lib/lifecycle/evidence-ports.ts';
import { createMemorySweeps, type MemorySweeps } from '../../lib/lifecycle/memory-sweeps.ts';
import type { SweepPorts } from '../../lib/lifecycle/sweep-ports.ts';
import {
  CallsThrottled,
  type ListedRun,
  PageTokenExpired,
  type PrunePorts,
  type SeenRun,
} from '../../lib/lifecycle/sweep-ports.ts';
import type { PruneFacts } from '../../lib/quota/prune-rules.ts';
import type { PruneRules } from '../../lib/quota/prune-settings.ts';
import type { QuotaSnapshot } from '../../lib/quota/quota-snapshot.ts';
import { simulatedTable, TableStore } from '../simulation/simulated-table.ts';
import { FakeEvidence, FakeNotifier } from './fake-telling.ts';
import { FakeAnnouncer } from './world.ts';

export interface AccountRun extends SeenRun {
  status: string;
  retentionMode: 'RETAIN' | 'REMOVE';
  stoppedMs?: number;
  tags?: Record<string, string>;
}

const PAGE_SIZE = 100;
const TERMINAL = ['COMPLETED', 'FAILED', 'CANCELLED'];

export class SimulatedAccount {
  readonly runs = new Map<string, AccountRun>();
  readonly freeIds: string[] = [];
  quota = 1_000;
  #created = 0;
  listCalls = 0;
  getCalls = 0;
  /** Tokens are good until the epoch changes. */
  tokenEpoch = 1;
  /** So many of the next calls are throttled. */
  throttle = 0;
  onCall: () => void = () => undefined;
  /** What DeleteRun deleted, as it was then. */
  readonly deleted: (AccountRun & { readonly deletedMs: number })[] = [];

  start(nowMs: number, change: Partial<AccountRun> = {}): AccountRun | undefined {
    const retentionMode = change.retentionMode ?? 'RETAIN';
    while (this.runs.size >= this.quota) {
      const oldest = retentionMode === 'REMOVE' ? this.#oldestRemovable() : undefined;
      if (oldest === undefined) return undefined;
      this.delete(oldest.runId);
    }
    this.#created += 1;
    const run: AccountRun = {
      runId: this.freeIds.shift() ?? String(1_000_000 + this.#created),
      uuid: `${this.#created.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`,
      name: 'foreign',
      status: 'PENDING',
      storageType: 'DYNAMIC',
      workflowId: '42',
      createdMs: nowMs,
      runGroupId: undefined,
      startedBy: 'arn:aws:iam::000000000000:user/somebody',
      ...change,
      retentionMode,
    };
    this.runs.set(run.runId, run);
    return run;
  }

  delete(runId: string): void {
    this.runs.delete(runId);
    this.freeIds.push(runId);
  }

  #oldestRemovable(): AccountRun | undefined {
    return [...this.runs.values()]
      .filter((run) => run.retentionMode === 'REMOVE' && TERMINAL.includes(run.status))
      .sort((a, b) => a.createdMs - b.createdMs)[0];
  }

  #answers(): void {
    this.onCall();
    if (this.throttle > 0) {
      this.throttle -= 1;
      throw new CallsThrottled('slow down');
    }
  }

  /** Newest first, from after the run that the token names; so runs that come and go while it is listed are as on AWS. */
  async page({ status, token }: { status?: string; token?: string }) {
    this.listCalls += 1;
    this.#answers();
    const [epoch, place] = token?.split(':') ?? [];
    if (token !== undefined && Number(epoch) !== this.tokenEpoch) throw new PageTokenExpired('expired');
    const all = [...this.runs.values()]
      .filter((run) => status === undefined || run.status === status)
      .sort((a, b) => b.createdMs - a.createdMs || placeOf(b) - placeOf(a))
      .filter((run) => place === undefined || keyOf(run) < place);
    const items = all.slice(0, PAGE_SIZE);
    const last = items.at(-1);
    const runs: ListedRun[] = items.map((run) => ({ ...run }));
    return all.length > PAGE_SIZE && last !== undefined
      ? { runs, token: `${this.tokenEpoch}:${keyOf(last)}` }
      : { runs };
  }

  async look(runId: string): Promise<SeenRun | undefined> {
    this.getCalls += 1;
    this.#answers();
    const run = this.runs.get(runId);
    return run === undefined ? undefined : { ...run };
  }

  async describe(runId: string): Promise<PruneFacts | undefined> {
    const run = await this.look(runId);
    if (run === undefined) return undefined;
    const { uuid, createdMs, status, retentionMode, stoppedMs, tags } = run as AccountRun;
    return { runId, uuid, createdMs, stoppedMs, status, retentionMode, tags };
  }

  /** One task each, in two pages. */
  readonly archive: RunArchive = {
    run: async (runId) => {
      const run = await this.look(runId);
      return run && { ...run, id: runId };
    },
    tasks: async (runId, token) => {
      this.#answers();
      if (!this.runs.has(runId)) return undefined;
      return token === undefined ? { items: [], token: 'last' } : { items: [{ taskId: '7', status: 'COMPLETED' }] };
    },
    task: async () => undefined,
    definition: async () => undefined,
  };

  /** As HealthOmics: only what has ended is deleted, whatever the caller believes. */
  async deleteRun(runId: string, nowMs: number): Promise<'deleted' | 'gone' | 'refused'> {
    this.#answers();
    const run = this.runs.get(runId);
    if (run === undefined) return 'gone';
    if (!TERMINAL.includes(run.status)) return 'refused';
    this.deleted.push({ ...run, deletedMs: nowMs });
    this.delete(runId);
    return 'deleted';
  }

  /** Mode, then status, to a count: what GetRun on every run would say. */
  truth(): Record<string, Record<string, number>> {
    const truth: Record<string, Record<string, number>> = {};
    for (const { retentionMode, status } of this.runs.values()) {
      truth[retentionMode] ??= {};
      const byStatus = truth[retentionMode] ?? {};
      byStatus[status] = (byStatus[status] ?? 0) + 1;
    }
    return truth;
  }
}

function placeOf({ uuid }: AccountRun): number {
  return Number.parseInt(uuid.slice(0, 8), 16);
}

function keyOf(run: AccountRun): string {
  return `${String(run.createdMs).padStart(16, '0')}-${run.uuid.slice(0, 8)}`;
}

export class SweepClock {
  now = Date.UTC(2026, 0, 2, 3, 4, 5);
  nowMs(): number {
    return this.now;
  }
  async sleep(milliseconds: number): Promise<void> {
    this.now += milliseconds;
  }
}

export interface SweeperWorld extends SweepPorts {
  readonly account: SimulatedAccount;
  readonly clock: SweepClock;
  readonly store: MemorySweeps;
  readonly announcer: FakeAnnouncer;
  readonly notifier: FakeNotifier;
  readonly evidence: FakeEvidence;
  readonly deletions: Deletions;
  /** The ports of pruning by these rules. */
  pruning(rules: Partial<PruneRules>): PrunePorts;
  readonly pictures: QuotaSnapshot[];
  readonly goneRuns: GoneRun[];
  readonly lines: string[];
  /** The ports of a sweep that may go on for so long. */
  lasting(durationMs: number, change?: Partial<SweepPorts>): SweepPorts;
}

const DAY_MS = 24 * 3_600_000;

/** What a test of pruning does not say. */
const PRUNE: PruneRules = {
  olderThanMs: 30 * DAY_MS,
  statuses: ['COMPLETED'],
  keepNewest: 0,
  keepTag: 'keep',
  runs: 'all',
  mostPerSweep: 50,
  dryRun: false,
};

/** A sweeper whose ledger knows no run: every run is foreign. */
export function createSweeperWorld(): SweeperWorld {
  const account = new SimulatedAccount();
  const clock = new SweepClock();
  const pictures: QuotaSnapshot[] = [];
  const goneRuns: GoneRun[] = [];
  const lines: string[] = [];
  const evidence = new FakeEvidence();
  const table = new TableStore(
    () => clock.now,
    () => 0,
  );
  const { deletions } = ledgerOver(simulatedTable(table, async (_, effect) => effect()));
  const write = (message: string) => void lines.push(message);
  let ids = 0;
  const quota = (value: number) => ({ value, source: 'applied' as const });
  const world: SweeperWorld = {
    account,
    clock,
    store: createMemorySweeps(),
    announcer: new FakeAnnouncer(),
    notifier: new FakeNotifier(),
    evidence,
    deletions,
    pruning: (rules) => ({
      rules: { ...PRUNE, ...rules },
      runs: {
        describe: (runId) => account.describe(runId),
        delete: (runId) => account.deleteRun(runId, clock.now),
      },
      archive: account.archive,
      evidence,
      settings: { rundropVersion: '1.0.0', stage: 'test' },
      deletions,
    }),
    pictures,
    goneRuns,
    lines,
    snapshots: {
      write: async (snapshot) => void pictures.push(snapshot),
      noteGone: async (run) => void goneRuns.push(run),
    },
    requests: {
      findByRunId: async () => [],
      read: async () => undefined,
      list: async () => [],
      open: async () => [],
    },
    storedRuns: account,
    runGroups: { page: async () => ({ groups: [] }) },
    quotas: {
      startRunsPerSecond: async () => 5,
      all: async () => ({
        storedRuns: quota(account.quota),
        activeRunsDynamic: quota(50),
        activeRunsStatic: quota(10),
      }),
    },
    metrics: { publish: () => undefined },
    log: { info: write, warn: write, error: write },
    newId: () => `id-${++ids}`,
    deadlineMs: 0,
    rateShare: 0.5,
    thresholds: [80, 90, 95],
    lasting: (durationMs, change = {}) => ({ ...world, deadlineMs: clock.now + durationMs, ...change }),
  };
  return world;
}

/** Numbers from 0 to 1 that a seed repeats. */
export function randomOf(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    return ((state ^ (state >>> 14)) >>> 0) / 2 ** 32;
  };
}
