/** `rundrop quota`: stored and active runs against the account's quotas, the trend, the forecast, and who fills them. */
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { ownerOf } from '../../lib/lifecycle/sweep-own-runs.ts';
import type { QuotaSnapshot } from '../../lib/quota/quota-snapshot.ts';
import type { RequestRecord } from '../../lib/runs/request-record.ts';
import { openLedger } from '../clients.ts';
import { CommandError } from '../errors.ts';
import type { AskedRun } from '../quota/queue-report.ts';
import { type QuotaReport, quotaReport, type WhatIfInput } from '../quota/report.ts';
import { quotaLines } from '../quota/views.ts';
import type { Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';

export interface QuotaOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly live?: boolean;
  readonly historyMs: number;
  readonly minutes: number;
  readonly if?: number;
  readonly route?: string;
}

/** So many say what the next requests are like. */
const NEWEST_REQUESTS = 200;
const MINUTE_MS = 60_000;
const WATCH_EVERY_MS = 15_000;
/** Four an hour for a year. */
const MOST_SNAPSHOTS = 35_040;
const SWEEP_EVERY_MS = 15 * MINUTE_MS;

export async function quota(target: Target, terminal: Terminal, options: QuotaOptions): Promise<number> {
  const ledger = await openLedger(target, terminal);
  for (let turn = 0; ; turn += 1) {
    const nowMs = Date.now();
    const report = options.live
      ? await liveReport(target, terminal, { ledger, options })
      : await reportOfLedger(ledger, nowMs, options);
    show(terminal, report, options, turn);
    if (!options.watch) return 0;
    // Until Ctrl-C.
    await new Promise((resolve) => setTimeout(resolve, WATCH_EVERY_MS));
  }
}

function show(terminal: Terminal, report: QuotaReport, { json, watch }: QuotaOptions, turn: number): void {
  // One object a line while it is watched, so that another program can read them one by one.
  if (json) {
    terminal.out(JSON.stringify(report, null, watch ? undefined : 2));
    return;
  }
  const lines = quotaLines(report, terminal.screen, Date.now());
  if (watch && terminal.isInteractive) terminal.out('\u001b[H\u001b[2J');
  else if (turn > 0) terminal.out('');
  for (const line of lines) terminal.out(line);
}

async function reportOfLedger(ledger: Ledger, nowMs: number, options: QuotaOptions): Promise<QuotaReport> {
  const history = await historyOf(ledger, nowMs, options.historyMs);
  const [latest] = history.length > 0 ? history : await ledger.snapshots.list(1);
  if (latest === undefined) throw new CommandError(await whyNoPicture(ledger));
  const [state, holders, queue, durations, asked] = await Promise.all([
    ledger.sweeps.readState(),
    ledger.sweeps.readHolders(),
    ledger.sweeps.readQueue(),
    ledger.sweeps.readDurations(),
    whatIfOf(ledger.requests, options),
  ]);
  return quotaReport({
    snapshot: latest,
    days: state?.days ?? [],
    holders,
    history,
    nowMs,
    queue,
    durations,
    ...asked,
  });
}

async function liveReport(
  target: Target,
  terminal: Terminal,
  { ledger, options }: { ledger: Ledger; options: QuotaOptions },
): Promise<QuotaReport> {
  const { sweepLive } = await import('../quota/live-sweep.ts');
  const picture = await sweepLive(target, terminal, { ledger, forMs: options.minutes * MINUTE_MS });
  return quotaReport({ ...picture, history: [], nowMs: Date.now(), ...(await whatIfOf(picture.requests, options)) });
}

/** The newest requests say what the next ones will be like. */
async function whatIfOf(
  requests: Pick<Ledger['requests'], 'list'>,
  { if: count, route }: QuotaOptions,
): Promise<{ whatIf?: WhatIfInput }> {
  if (count === undefined) return {};
  const records = await requests.list(NEWEST_REQUESTS);
  const alike = records.filter((record) => route === undefined || record.route === route);
  if (route !== undefined && alike.length === 0)
    throw new CommandError(
      `None of the newest ${NEWEST_REQUESTS} requests is of route ${route}: what its runs are like is not known.`,
    );
  return { whatIf: { count, asked: alike.map(askedOf), ...(route === undefined ? {} : { route }) } };
}

function askedOf(record: RequestRecord): AskedRun {
  const { storageType, retentionMode } = JSON.parse(record.requestText) as Readonly<Record<string, unknown>>;
  const { workflowId, runGroupId } = ownerOf(record);
  return {
    storageType: storageType === 'STATIC' ? 'STATIC' : 'DYNAMIC',
    retentionMode: retentionMode === 'REMOVE' ? 'REMOVE' : 'RETAIN',
    ...(workflowId === undefined ? {} : { workflowId }),
    ...(runGroupId === undefined ? {} : { runGroupId }),
  };
}

/** Newest first. */
async function historyOf(ledger: Ledger, nowMs: number, historyMs: number): Promise<QuotaSnapshot[]> {
  // Sweeps by hand come between: twice as many as the schedule makes are read.
  const limit = Math.min(MOST_SNAPSHOTS, Math.ceil((2 * historyMs) / SWEEP_EVERY_MS) + 1);
  const snapshots = await ledger.snapshots.list(limit);
  return snapshots.filter(({ takenAt }) => nowMs - Date.parse(takenAt) <= historyMs);
}

async function whyNoPicture(ledger: Ledger): Promise<string> {
  const state = await ledger.sweeps.readState();
  const scan = state?.scan;
  if (scan !== undefined)
    return `The first scan is under way: ${scan.listed} runs so far. \`rundrop quota --live\` looks by itself.`;
  return 'No sweep has been made yet; one is made every 15 minutes. `rundrop quota --live` looks by itself.';
}
