/** `rundrop backfill`: replays objects that are there already as drops. What ran before does not run again. */
import type { S3Client } from '@aws-sdk/client-s3';
import { createObjects } from '../../lib/aws/objects.ts';
import { parseDuration } from '../../lib/routing/units.ts';
import { createPacer, mapBounded } from '../backfill/bounded.ts';
import { BATCH, type DropsQueue, openDropsQueue } from '../backfill/drops-queue.ts';
import { readInventory } from '../backfill/inventory.ts';
import { type ListedObject, listPrefix } from '../backfill/listed-object.ts';
import { type Looked, lookAt, type PlannedDrop, type PlanPorts, planUnit, SENT, unitsOf } from '../backfill/plan.ts';
import { describeSummary, type Summary, summarize } from '../backfill/summary.ts';
import { openLedger, openS3, openSqs } from '../clients.ts';
import { UsageError } from '../errors.ts';
import { startBar } from '../progress-bar.ts';
import { readRouteFile } from '../routing.ts';
import { parsePrefixUri } from '../s3-uri.ts';
import { LAPTOP_ACCOUNT, type Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';
import { checkAccount } from './drop.ts';

export interface BackfillOptions {
  readonly routes: string;
  readonly inventory?: string;
  readonly dryRun?: boolean;
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
  readonly rate: number;
  readonly atOnce: number;
  readonly account?: string;
  readonly json?: boolean;
}

export interface BackfillContext {
  readonly target: Target;
  readonly terminal: Terminal;
  readonly rundropVersion: string;
  readonly nowMs: () => number;
}

/** Exit status 1 when a request would be refused or an object had to be left out; an object that no route takes is none. */
export async function backfill(
  uri: string | undefined,
  options: BackfillOptions,
  context: BackfillContext,
): Promise<number> {
  if ((uri === undefined) === (options.inventory === undefined)) {
    throw new UsageError('Name what to replay as s3://bucket/prefix, or a report with --inventory FILE');
  }
  const window = parseWindow(options, context.nowMs());
  const { target, terminal } = context;
  if (options.dryRun !== true) checkAccount(target, options.account);
  const file = await readRouteFile(options.routes);
  const ledger = await openLedger(target, terminal);
  const s3 = await openS3(target);
  const queue = options.dryRun === true ? undefined : await openQueue(target, options);
  const { listed, isCut } = await list(sourceOf(uri, options, s3), window, options.limit);
  const ports: PlanPorts = {
    objects: createObjects(s3),
    ledger,
    file,
    lastModified: ({ timeMs }) => timeMs ?? context.nowMs(),
    nowMs: context.nowMs(),
    rundropVersion: context.rundropVersion,
  };
  const looked = await eachWithBar('looking', listed, { ...options, ...context }, (object) => lookAt(object, ports));
  const units = unitsOf(looked.filter((one) => one.kind === 'taken'));
  const planned = (
    await eachWithBar('checking', units, { ...options, ...context }, (unit) => planUnit(unit, ports))
  ).flat();
  if (queue !== undefined) await sendAll(queue, planned, { ...options, ...context });
  return report(looked, planned, { dryRun: queue === undefined, isCut, json: options.json === true, terminal });
}

function sourceOf(uri: string | undefined, { inventory }: BackfillOptions, s3: S3Client): AsyncGenerator<ListedObject> {
  return uri === undefined ? readInventory(inventory ?? '', s3) : listPrefix(parsePrefixUri(uri), s3);
}

/** On a real account the queue has to be of the account that was named: its drops start runs, which cost money. */
async function openQueue(target: Target, { account }: BackfillOptions): Promise<DropsQueue> {
  const sqs = await openSqs(target);
  const region = await sqs.config.region();
  const queue = await openDropsQueue(sqs, `rundrop-${target.stage}-drops`, region);
  const expected = target.kind === 'laptop' ? (account ?? queue.account) : account;
  if (queue.account !== expected) {
    throw new UsageError(
      `--account says ${expected ?? LAPTOP_ACCOUNT}, and the drops queue is of account ${queue.account}. Nothing was sent.`,
    );
  }
  return queue;
}

interface Window {
  readonly sinceMs: number;
  readonly untilMs: number;
}

function parseWindow({ since, until }: BackfillOptions, nowMs: number): Window {
  const sinceMs = since === undefined ? Number.NEGATIVE_INFINITY : parseInstant('--since', since, nowMs);
  const untilMs = until === undefined ? Number.POSITIVE_INFINITY : parseInstant('--until', until, nowMs);
  if (untilMs <= sinceMs) {
    throw new UsageError(`--until "${until}" is not after --since "${since}": no object can be between them`);
  }
  return { sinceMs, untilMs };
}

/** A date, an instant, or how long ago. */
function parseInstant(option: string, text: string, nowMs: number): number {
  const agoMs = parseDuration(text);
  const instantMs = agoMs === undefined ? Date.parse(text) : nowMs - agoMs;
  if (!Number.isNaN(instantMs) && (agoMs !== undefined || /^\d{4}-\d{2}-\d{2}/.test(text))) return instantMs;
  throw new UsageError(
    `${option} "${text}" is no time: write 2026-11-22, 2026-11-22T08:00:00Z, or 24h for that long ago`,
  );
}

/** An object whose time the listing does not tell is in every window. */
async function list(
  source: AsyncGenerator<ListedObject>,
  { sinceMs, untilMs }: Window,
  limit: number,
): Promise<{ readonly listed: readonly ListedObject[]; readonly isCut: boolean }> {
  const listed: ListedObject[] = [];
  for await (const object of source) {
    if (object.timeMs !== undefined && (object.timeMs < sinceMs || object.timeMs >= untilMs)) continue;
    if (listed.length === limit) return { listed, isCut: true };
    listed.push(object);
  }
  return { listed, isCut: false };
}

type Effort = BackfillOptions & BackfillContext;

async function eachWithBar<Item, Result>(
  what: string,
  items: readonly Item[],
  { atOnce, nowMs }: Effort,
  run: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const bar = startBar(what, items.length, { stream: process.stderr, nowMs });
  let done = 0;
  try {
    return await mapBounded(items, atOnce, async (item) => {
      const result = await run(item);
      done += 1;
      bar.done(done);
      return result;
    });
  } finally {
    bar.end();
  }
}

async function sendAll(queue: DropsQueue, planned: readonly PlannedDrop[], effort: Effort): Promise<void> {
  const drops = planned.filter(({ standing }) => SENT.has(standing)).map(({ drop }) => drop);
  const batches = Array.from({ length: Math.ceil(drops.length / BATCH) }, (_, index) =>
    drops.slice(index * BATCH, (index + 1) * BATCH),
  );
  const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
  const pace = createPacer(effort.rate, { nowMs: effort.nowMs, sleep });
  await eachWithBar('sending', batches, effort, async (batch) => {
    await pace(batch.length);
    await queue.send(batch);
  });
}

function report(
  looked: readonly Looked[],
  planned: readonly PlannedDrop[],
  how: { readonly dryRun: boolean; readonly isCut: boolean; readonly json: boolean; readonly terminal: Terminal },
): number {
  const { terminal } = how;
  const summary: Summary = summarize(looked, planned, how);
  if (how.json) terminal.out(JSON.stringify(summary, null, 2));
  else for (const line of describeSummary(summary, terminal.screen)) terminal.out(line);
  const isWrong = planned.some(({ standing }) => standing === 'refused' || standing === 'impossible');
  return isWrong ? 1 : 0;
}
