/** A sweep from this machine, for an account that has no sweeper deployed: nothing is written anywhere. */
import { randomUUID } from 'node:crypto';
import { createQuotas } from '../../lib/aws/quotas.ts';
import { createRunGroups } from '../../lib/aws/run-groups.ts';
import { createStoredRuns } from '../../lib/aws/stored-runs.ts';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { errorName } from '../../lib/lifecycle/error-name.ts';
import { createMemorySweeps } from '../../lib/lifecycle/memory-sweeps.ts';
import type { Clock, Log } from '../../lib/lifecycle/ports.ts';
import type { SweepPorts, SweepProgress } from '../../lib/lifecycle/sweep-ports.ts';
import { sweepRuns } from '../../lib/lifecycle/sweep-runs.ts';
import type { QueuePicture } from '../../lib/quota/queue-picture.ts';
import type { Holders, QuotaSnapshot } from '../../lib/quota/quota-snapshot.ts';
import type { RetainDay } from '../../lib/quota/retain-days.ts';
import type { RunDurations } from '../../lib/quota/run-durations.ts';
import { openOmics, openServiceQuotas } from '../clients.ts';
import { CommandError } from '../errors.ts';
import { barLine } from '../progress-bar.ts';
import type { Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';
import { formatCount } from './plot.ts';

export interface LivePicture {
  readonly snapshot: QuotaSnapshot;
  readonly holders: Holders | undefined;
  readonly days: readonly RetainDay[];
  readonly queue: QueuePicture | undefined;
  readonly durations: RunDurations;
  /** The ledger's requests; none where there is no ledger. */
  readonly requests: SweepPorts['requests'];
}

/** Half of the rates: watchers and other people need theirs. */
const RATE_SHARE = 0.5;
const REDRAW_MS = 100;

const clock: Clock = {
  nowMs: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

export interface LiveOptions {
  readonly ledger: Ledger;
  /** How long GetRun is asked at most. */
  readonly forMs: number;
}

/** @throws CommandError when not all runs could be listed in that time. */
export async function sweepLive(target: Target, terminal: Terminal, options: LiveOptions): Promise<LivePicture> {
  const [omics, serviceQuotas] = await Promise.all([openOmics(target), openServiceQuotas(target)]);
  const store = createMemorySweeps();
  const taken: QuotaSnapshot[] = [];
  const log: Log = { info: () => {}, warn: () => {}, error: () => {} };
  const drawn = drawProgress();
  const requests = await requestsIfAny(options.ledger, terminal);
  const ports: SweepPorts = {
    store,
    snapshots: { write: async (snapshot) => void taken.push(snapshot), noteGone: async () => undefined },
    requests,
    storedRuns: createStoredRuns(() => omics),
    quotas: createQuotas(clock, log, serviceQuotas),
    runGroups: createRunGroups(() => omics),
    announcer: { announce: async () => undefined },
    notifier: { notify: async () => undefined },
    metrics: { publish: () => undefined },
    clock,
    log,
    newId: randomUUID,
    deadlineMs: clock.nowMs() + options.forMs,
    rateShare: RATE_SHARE,
    thresholds: [],
    progress: drawn.show,
  };
  try {
    await sweepRuns(ports);
  } finally {
    drawn.end();
  }
  const [snapshot] = taken;
  if (snapshot === undefined)
    throw new CommandError('Not all runs could be listed in that time. Give it more: --minutes N');
  return {
    snapshot,
    holders: await store.readHolders(),
    days: (await store.readState())?.days ?? [],
    queue: await store.readQueue(),
    durations: await store.readDurations(),
    requests,
  };
}

/** Rundrop is not deployed here, whoever asks may not read its table, or it is the HealthOmics emulator alone. */
const NO_LEDGER = new Set(['ResourceNotFoundException', 'AccessDeniedException', 'NotImplemented']);

/** Without a ledger every run is foreign, and costs one GetRun. */
async function requestsIfAny(ledger: Ledger, terminal: Terminal): Promise<SweepPorts['requests']> {
  try {
    await ledger.requests.list(1);
    return ledger.requests;
  } catch (error) {
    const name = errorName(error);
    if (!NO_LEDGER.has(name)) throw error;
    terminal.note("There is no ledger to read here: every run's retention mode is asked for with one GetRun.");
    return {
      findByRunId: async () => [],
      read: async () => undefined,
      list: async () => [],
      open: async () => [],
    };
  }
}

function drawProgress(): { show(progress: SweepProgress): void; end(): void } {
  const { stderr } = process;
  if (stderr.isTTY !== true) return { show: () => {}, end: () => {} };
  let drawnMs = 0;
  let step = '';
  let startedMs = 0;
  return {
    show(progress) {
      const nowMs = Date.now();
      if (progress.step !== step) {
        step = progress.step;
        startedMs = nowMs;
      } else if (nowMs - drawnMs < REDRAW_MS) return;
      drawnMs = nowMs;
      const { done, of } = progress;
      const line =
        of === undefined
          ? `listing  ${formatCount(done)} runs`
          : barLine(step, { count: done, total: of, elapsedMs: nowMs - startedMs });
      stderr.write(`\r\u001b[K${line}`);
    },
    end: () => void stderr.write('\r\u001b[K'),
  };
}
