/** The real HealthOmics emulator on a clock of its own, over loopback HTTP, and a sweeper beside it with a ledger that can fail. */
import { GetRunCommand, ListRunsCommand, type RunListItem } from '@aws-sdk/client-omics';
import { createPrunableRuns } from '../../lib/aws/prunable-runs.ts';
import { createRunArchive } from '../../lib/aws/run-archive.ts';
import { createRunGroups } from '../../lib/aws/run-groups.ts';
import { createStoredRuns } from '../../lib/aws/stored-runs.ts';
import { type Ledger, ledgerOver } from '../../lib/ledger/ledger.ts';
import type { PrunePorts, SweepPorts } from '../../lib/lifecycle/sweep-ports.ts';
import type { PruneRules } from '../../lib/quota/prune-settings.ts';
import type { QuotaSnapshot } from '../../lib/quota/quota-snapshot.ts';
import { type Laptop, type LaptopOptions, startLaptop } from '../local/omics/harness.ts';
import { simulatedTable, TableStore } from '../simulation/simulated-table.ts';
import { FakeEvidence, FakeNotifier } from './fake-telling.ts';
import { FakeAnnouncer } from './world.ts';

export const STORED_RUNS = 'L-C9679DBC';
const PAGE_SIZE = 100;

export interface EmulatedAccount {
  readonly laptop: Laptop;
  readonly ledger: Ledger;
  readonly announcer: FakeAnnouncer;
  readonly notifier: FakeNotifier;
  readonly evidence: FakeEvidence;
  /** Complete pictures, oldest first. */
  readonly pictures: QuotaSnapshot[];
  /** The ports of a sweep that may go on for so long. While it waits, its own clock goes on and the account's stands still. */
  ports(lastsMs: number): SweepPorts;
  pruning(rules: PruneRules): PrunePorts;
  /** Lets time pass in the account, and what sweeps waited for as well. */
  advance(byMs: number): void;
  all(): Promise<RunListItem[]>;
  /** Mode, then status, to a count, by GetRun on every run. */
  truth(): Promise<Record<string, Record<string, number>>>;
  stop(): Promise<void>;
}

export async function startEmulatedAccount(
  options: LaptopOptions & { readonly indexLagMs?: () => number } = {},
): Promise<EmulatedAccount> {
  const laptop = await startLaptop(options);
  const { client, quotas } = laptop;
  let waitedMs = 0;
  const clock = {
    nowMs: () => laptop.clock.nowMs() + waitedMs,
    sleep: async (milliseconds: number) => {
      waitedMs += milliseconds;
    },
  };
  const table = new TableStore(clock.nowMs, options.indexLagMs ?? (() => 0));
  const ledger = ledgerOver(simulatedTable(table, async (_, effect) => effect()));
  const announcer = new FakeAnnouncer();
  const notifier = new FakeNotifier();
  const evidence = new FakeEvidence();
  const pictures: QuotaSnapshot[] = [];
  const quota = (code: string) => ({ value: quotas[code] ?? 0, source: 'applied' as const });
  let ids = 0;
  const all = async () => {
    const items: RunListItem[] = [];
    for (let startingToken: string | undefined, page = 0; page < 1_000; page += 1) {
      const from = startingToken === undefined ? {} : { startingToken };
      const answer = await client.send(new ListRunsCommand({ maxResults: PAGE_SIZE, ...from }));
      items.push(...(answer.items ?? []));
      startingToken = answer.nextToken;
      if (startingToken === undefined) return items;
    }
    throw new Error('the listing has no end');
  };
  return {
    laptop,
    ledger,
    announcer,
    notifier,
    evidence,
    pictures,
    all,
    ports: (lastsMs) => ({
      store: ledger.sweeps,
      snapshots: {
        write: async (snapshot) => {
          pictures.push(snapshot);
          await ledger.snapshots.write(snapshot);
        },
        noteGone: (run) => ledger.snapshots.noteGone(run),
      },
      requests: ledger.requests,
      storedRuns: createStoredRuns(() => client),
      runGroups: createRunGroups(() => client),
      quotas: {
        all: async () => ({
          storedRuns: quota(STORED_RUNS),
          activeRunsDynamic: quota('L-BE38079A'),
          activeRunsStatic: quota('L-A30FD31B'),
        }),
        startRunsPerSecond: async () => quotas['L-24A3B174'] ?? 0,
      },
      announcer,
      notifier,
      metrics: { publish: () => undefined },
      clock,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      newId: () => `id-${++ids}`,
      deadlineMs: clock.nowMs() + lastsMs,
      rateShare: 0.5,
      thresholds: [80, 90, 95],
    }),
    pruning: (rules) => ({
      rules,
      runs: createPrunableRuns(
        () => client,
        () => client,
      ),
      archive: createRunArchive(() => client),
      evidence,
      settings: { rundropVersion: '1.0.0', stage: 'test' },
      deletions: ledger.deletions,
    }),
    advance(byMs) {
      laptop.clock.advance(waitedMs + byMs);
      waitedMs = 0;
    },
    async truth() {
      const truth: Record<string, Record<string, number>> = {};
      for (const { id } of await all()) {
        const { retentionMode = '', status = '' } = await client.send(new GetRunCommand({ id }));
        truth[retentionMode] ??= {};
        const byStatus = truth[retentionMode] ?? {};
        byStatus[status] = (byStatus[status] ?? 0) + 1;
      }
      return truth;
    },
    stop: () => laptop.stop(),
  };
}
