/** `rundrop replay`: what came to nothing, and why; and sending it round again, all or by id. */
import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { listStuck } from '../../lib/lifecycle/list-stuck.ts';
import { type Decision, DecisionRefused, decideUncertain } from '../../lib/lifecycle/replay-request.ts';
import { openLambda, openLedger, openOmics, openSqs } from '../clients.ts';
import { CommandError, UsageError } from '../errors.ts';
import { type OperatorOptions, openOperator } from '../operator.ts';
import { chooseItems, type Found } from '../replay/choose.ts';
import { type DeadLetters, openDeadLetters } from '../replay/dead-letters.ts';
import { driveAll } from '../replay/drive.ts';
import { advice, frozenNotes, letterRow, STUCK_COLUMNS, stuckCells, stuckRow } from '../replay/views.ts';
import { routeFileHash } from '../routing.ts';
import { runsOver } from '../runs-port.ts';
import type { Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';
import { formatTable, formatTime } from '../text.ts';
import { findRequest } from './show.ts';

export interface ReplayOptions extends OperatorOptions {
  readonly all?: boolean;
  readonly only?: string;
  readonly since: number;
  readonly limit: number;
  readonly adopt?: string;
  readonly startAgain?: boolean;
  readonly giveUp?: boolean;
  readonly discard?: boolean;
  readonly acts?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly routes: string;
}

export interface ReplayContext {
  readonly target: Target;
  readonly terminal: Terminal;
  readonly nowMs: number;
}

/** Exit status 1 when something that was asked for could not be done. */
export async function replay(ids: readonly string[], options: ReplayOptions, context: ReplayContext): Promise<number> {
  const decision = decisionOf(ids, options);
  const { target, terminal, nowMs } = context;
  const ledger = await openLedger(target, terminal);
  if (options.acts) return listActs(ledger, options, terminal);
  if (decision !== undefined) return decide(ledger, { id: ids[0] ?? '', decision }, options, context);
  const changes = (options.all === true || ids.length > 0) && options.dryRun !== true;
  const operator = changes ? await openOperator(target, options, nowMs) : undefined;
  const sqs = await openSqs(target);
  const letters = await openDeadLetters({
    sqs,
    stage: target.stage,
    // The laptop's queue is one process.
    waitSeconds: target.kind === 'laptop' ? 0 : 1,
    tick: (payload) => tick(target, payload),
  });
  const found = await find(ledger, letters, options, nowMs);
  try {
    const chosen = chooseItems(found.items, ids, options);
    if (!options.json) await noteFrozen(chosen, options, terminal);
    if (operator === undefined) return show(chosen, found.isCut, options, context);
    const region = await sqs.config.region();
    const { discard = false, json = false } = options;
    return await driveAll(chosen, { ledger, letters, operator, region, target, terminal, discard, json });
  } finally {
    await letters.putBack(found.items.flatMap((item) => ('letter' in item && !item.isGone ? [item.letter] : [])));
  }
}

/** Before anything starts. */
async function noteFrozen(chosen: readonly Found[], { routes }: ReplayOptions, terminal: Terminal): Promise<void> {
  const refused = chosen.flatMap((found) =>
    'item' in found && 'request' in found.item && found.item.kind === 'refused' ? [found.item.request] : [],
  );
  for (const note of frozenNotes(refused, await routeFileHash(routes))) terminal.note(`note: ${note}`);
}

function decisionOf(ids: readonly string[], options: ReplayOptions): Decision | undefined {
  const { adopt, startAgain, giveUp, all, discard } = options;
  const given = [adopt !== undefined, startAgain === true, giveUp === true].filter(Boolean).length;
  if (all === true && ids.length > 0) throw new UsageError('Name ids, or say --all: not both');
  if (discard === true && ids.length === 0) throw new UsageError('--discard needs the ids of messages');
  if (given === 0) return undefined;
  if (given > 1) throw new UsageError('--adopt, --start-again and --give-up exclude each other');
  if (ids.length !== 1 || all === true || discard === true) {
    throw new UsageError('--adopt, --start-again and --give-up decide one request: name it, and nothing else');
  }
  if (adopt !== undefined) return { kind: 'adopt', runId: adopt };
  return { kind: startAgain === true ? 'start-again' : 'give-up' };
}

async function decide(
  ledger: Ledger,
  { id, decision }: { readonly id: string; readonly decision: Decision },
  options: ReplayOptions,
  { target, terminal, nowMs }: ReplayContext,
): Promise<number> {
  const operator = options.dryRun ? undefined : await openOperator(target, options, nowMs);
  const record = await findRequest(ledger, id);
  if (decision.kind === 'start-again') {
    terminal.note(
      `warning: if StartRun of ${record.identity} made a run that nobody sees, this starts a second one. Both cost money.`,
    );
  }
  if (operator === undefined) {
    terminal.out(`Would decide ${record.identity} (${record.state}) with ${decision.kind}. Nothing was changed.`);
    return 0;
  }
  const ports = { ledger, runs: runsOver(await openOmics(target)) };
  const note = decision.kind === 'adopt' ? `run ${decision.runId}` : undefined;
  try {
    const after = await decideUncertain(ports, record, decision, operator.act(decision.kind, note));
    const result = { request: after.identity, decision: decision.kind, state: after.state };
    terminal.out(
      options.json
        ? JSON.stringify(result, null, 2)
        : `Decided ${after.identity}: ${decision.kind}. It goes on within a minute: rundrop show ${after.identity}`,
    );
    return 0;
  } catch (error) {
    if (error instanceof DecisionRefused) throw new CommandError(error.message, { cause: error });
    throw error;
  }
}

async function find(
  ledger: Ledger,
  letters: DeadLetters,
  { since, limit }: ReplayOptions,
  nowMs: number,
): Promise<{ readonly items: Found[]; readonly isCut: boolean }> {
  const [stuck, received] = await Promise.all([
    listStuck(ledger, { sinceMs: nowMs - since, nowMs, limit }),
    letters.receive(limit),
  ]);
  const items: Found[] = [
    ...received.map((letter) => ({ row: letterRow(letter), letter, isGone: false })),
    ...stuck.items.map((item) => ({ row: stuckRow(item), item })),
  ];
  return { items, isCut: stuck.isCut || received.length >= limit };
}

function show(
  chosen: readonly Found[],
  isCut: boolean,
  { json, limit, dryRun }: ReplayOptions,
  { terminal, nowMs }: ReplayContext,
): number {
  const rows = chosen.map(({ row }) => row).sort((a, b) => a.since.localeCompare(b.since));
  if (json) terminal.out(JSON.stringify(rows, null, 2));
  else if (rows.length === 0) terminal.note('Nothing is stuck.');
  else {
    const cells = rows.map((row) => stuckCells(row, nowMs));
    for (const line of formatTable(STUCK_COLUMNS, cells, terminal.screen)) terminal.out(line);
  }
  if (!json && dryRun === true && rows.length > 0) terminal.note('Nothing was sent: this was a dry run.');
  else if (!json) for (const line of advice(rows)) terminal.note(line);
  if (isCut) terminal.note(`Not more than ${limit} of each kind were looked at; there may be others: --limit N`);
  return 0;
}

async function tick(target: Target, payload: string): Promise<void> {
  const lambda = await openLambda(target);
  const FunctionName = `rundrop-${target.stage}-on-schedule`;
  await lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: payload }));
}

async function listActs(ledger: Ledger, { limit, json }: ReplayOptions, terminal: Terminal): Promise<number> {
  const acts = await ledger.acts.list(limit);
  if (json) terminal.out(JSON.stringify(acts, null, 2));
  else if (acts.length === 0) terminal.note('Nothing was sent round by hand yet.');
  else {
    const columns = [{ header: 'WHEN' }, { header: 'HOW MANY' }, { header: 'WHO' }, { header: 'WHY' }];
    const cells = acts.map(({ at, count, by, reason = '' }) => [formatTime(at), String(count), by, reason]);
    for (const line of formatTable(columns, cells, terminal.screen)) terminal.out(line);
  }
  return 0;
}
