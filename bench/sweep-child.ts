/**
 * One process that sweeps an account of so many stored runs, all of them known: first as they are, then with a few new
 * foreign ones. The API answers at once and time is virtual, so what is measured is the sweeper's own. Prints one JSON line.
 */
import type { Sweeps } from '../lib/ledger/sweeps.ts';
import { createMemorySweeps } from '../lib/lifecycle/memory-sweeps.ts';
import type { ListedRun, SweepPorts, SweepResult } from '../lib/lifecycle/sweep-ports.ts';
import { sweepRuns } from '../lib/lifecycle/sweep-runs.ts';
import { internOwner, type RunOwner, type StoredRun, writeChunks } from '../lib/quota/stored-run.ts';
import { type ChunkName, firstState } from '../lib/quota/sweep-state.ts';

export interface SweepMeasured {
  readonly quiet: SweepResult;
  /** So many runs came before the second sweep. */
  readonly added: number;
  readonly withAdded: SweepResult;
  /** CPU time of the process in the quiet sweep. */
  readonly microsecondsPerRun: number;
  readonly peakResidentMb: number;
}

export interface SweepLearned {
  /** So many sweeps until no mode was unknown. */
  readonly sweeps: number;
  /** Of the sweep that took longest, in virtual time from its invocation. */
  readonly longestSeconds: number;
  readonly peakResidentMb: number;
  readonly storedRuns: number;
}

const PAGE_SIZE = 100;
const ADDED = 50;
const MOST_SWEEPS = 100;
const EVERY_MS = 15 * 60_000;
/** A Lambda's 15 minutes without what functions/sweep-runs.ts leaves for writing down. */
const WORKING_MS = EVERY_MS - 45_000;
const HOUR_MS = 3_600_000;
const FIRST_ID = 1_000_000;

async function measure(count: number): Promise<SweepMeasured> {
  // What the deployed function loads counts, too.
  await import('../functions/sweep-runs.ts');
  let nowMs = Date.UTC(2026, 0, 2);
  let stored = count;
  const store = await storeThatKnows(count, nowMs);
  const account = {
    stored: () => stored,
    nowMs: () => nowMs,
    pass: (milliseconds: number) => {
      nowMs += milliseconds;
    },
  };
  const ports = portsOf(store, account);
  const sweep = () => sweepRuns({ ...ports, deadlineMs: nowMs + HOUR_MS }, { scan: true });
  const before = process.cpuUsage();
  const quiet = await sweep();
  const { user, system } = process.cpuUsage(before);
  const peakResidentMb = process.resourceUsage().maxRSS / 1024;
  stored += ADDED;
  const withAdded = await sweep();
  return { quiet, added: ADDED, withAdded, microsecondsPerRun: (user + system) / count, peakResidentMb };
}

/** An account that nobody knows: sweep after sweep, as the schedule invokes them, until every mode is known. */
async function learn(count: number): Promise<SweepLearned> {
  await import('../functions/sweep-runs.ts');
  let nowMs = Date.UTC(2026, 0, 2);
  const account = {
    stored: () => count,
    nowMs: () => nowMs,
    pass: (milliseconds: number) => {
      nowMs += milliseconds;
    },
  };
  const ports = portsOf(createMemorySweeps(), account);
  let longestSeconds = 0;
  for (let sweeps = 1; sweeps <= MOST_SWEEPS; sweeps += 1) {
    const startedMs = nowMs;
    const { outcome, unknownRetention, storedRuns = 0 } = await sweepRuns({ ...ports, deadlineMs: nowMs + WORKING_MS });
    longestSeconds = Math.max(longestSeconds, (nowMs - startedMs) / 1_000);
    if (outcome === 'done' && unknownRetention === 0)
      return { sweeps, longestSeconds, storedRuns, peakResidentMb: process.resourceUsage().maxRSS / 1024 };
    nowMs = startedMs + EVERY_MS;
  }
  throw new Error(`${MOST_SWEEPS} sweeps did not learn ${count} runs`);
}

/** As sweeps before would have left it. */
async function storeThatKnows(count: number, nowMs: number): Promise<Sweeps> {
  const store = createMemorySweeps();
  const owners = new Map<string, RunOwner>();
  const runs = function* () {
    for (let number = 0; number < count; number += 1) yield knownRun(number, owners);
  };
  const names: ChunkName[] = [];
  for (const { text, hash } of writeChunks(runs())) {
    const key = `0-${names.length}`;
    await store.writeChunk(key, text, nowMs);
    names.push({ key, hash, writtenMs: nowMs });
  }
  const state = { ...firstState('bench'), chunks: names, scanStartedMs: nowMs - 1, scannedMs: nowMs };
  await store.raiseFence(undefined, state);
  return store;
}

function knownRun(number: number, owners: Map<string, RunOwner>): StoredRun {
  const { runId, createdMs, workflowId = '' } = listedRun(number);
  const startedBy = `arn:aws:iam::000000000000:user/${number % 40}`;
  return {
    runId,
    createdMs,
    status: 'COMPLETED',
    storageType: 'DYNAMIC',
    retentionMode: number % 3 === 0 ? 'REMOVE' : 'RETAIN',
    uuidPrefix: uuidOf(number).slice(0, 8),
    owner: internOwner({ workflowId, startedBy }, owners),
    isDoubted: false,
  };
}

function uuidOf(number: number): string {
  return `${number.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
}

function listedRun(number: number): ListedRun {
  return {
    runId: String(FIRST_ID + number),
    name: 'somebody-elses-run',
    status: 'COMPLETED',
    storageType: 'DYNAMIC',
    workflowId: String(1_234_500 + (number % 30)),
    createdMs: 1_700_000_000_000 + number * 60_000,
  };
}

interface Account {
  readonly stored: () => number;
  readonly nowMs: () => number;
  readonly pass: (milliseconds: number) => void;
}

function portsOf(store: Sweeps, { stored, nowMs, pass }: Account): SweepPorts {
  const quota = (value: number) => ({ value, source: 'applied' as const });
  return {
    store,
    snapshots: { write: async () => undefined, noteGone: async () => undefined },
    requests: { findByRunId: async () => [], read: async () => undefined, list: async () => [], open: async () => [] },
    storedRuns: {
      /** Newest first; a token is how many come after it. */
      async page({ status, token }) {
        // All have ended.
        if (status !== undefined) return { runs: [] };
        const left = token === undefined ? stored() : Number(token);
        const runs = Array.from({ length: Math.min(PAGE_SIZE, left) }, (_, index) => listedRun(left - 1 - index));
        return left > PAGE_SIZE ? { runs, token: String(left - PAGE_SIZE) } : { runs };
      },
      async look(runId) {
        const number = Number(runId) - FIRST_ID;
        const more = { uuid: uuidOf(number), retentionMode: 'RETAIN', runGroupId: undefined, startedBy: 'somebody' };
        return { ...listedRun(number), ...more };
      },
    },
    runGroups: { page: async () => ({ groups: [] }) },
    quotas: {
      startRunsPerSecond: async () => 5,
      all: async () => ({ storedRuns: quota(100_000), activeRunsDynamic: quota(50), activeRunsStatic: quota(10) }),
    },
    announcer: { announce: async () => undefined },
    notifier: { notify: async () => undefined },
    metrics: { publish: () => undefined },
    clock: { nowMs, sleep: async (milliseconds) => pass(milliseconds) },
    log: { info: () => {}, warn: () => {}, error: () => {} },
    newId: () => 'bench',
    deadlineMs: 0,
    rateShare: 0.5,
    thresholds: [80, 90, 95],
  };
}

const count = Number(process.argv[2] ?? 100_000);
console.log(JSON.stringify(process.argv[3] === 'learn' ? await learn(count) : await measure(count)));
