/** Sends what is stuck round again, one after the other, and says of each what came of it. */
import { randomUUID } from 'node:crypto';
import { createExecutions } from '../../lib/aws/executions.ts';
import { createObjects } from '../../lib/aws/objects.ts';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import type { Stuck } from '../../lib/lifecycle/list-stuck.ts';
import { replayDrop } from '../../lib/lifecycle/replay-drop.ts';
import { replayRequest } from '../../lib/lifecycle/replay-request.ts';
import { writeDropAgain } from '../../lib/routing/drop-again-message.ts';
import { objectCreatedEvent } from '../../lib/routing/object-created-event.ts';
import { openOmics, openS3, openSfn } from '../clients.ts';
import type { Operator } from '../operator.ts';
import { runsOver } from '../runs-port.ts';
import { stateMachineArnOf, type Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';
import { printable } from '../text.ts';
import type { Found } from './choose.ts';
import type { DeadLetters, FoundLetter } from './dead-letters.ts';
import type { StuckRow } from './views.ts';

export interface Driving {
  readonly ledger: Ledger;
  readonly letters: DeadLetters;
  readonly operator: Operator;
  readonly region: string;
  readonly target: Target;
  readonly terminal: Terminal;
  /** Messages are removed, not sent. */
  readonly discard: boolean;
  readonly json: boolean;
}

interface Driven {
  readonly row: StuckRow;
  readonly done: boolean;
  readonly text: string;
}

/** Each by itself: what cannot be done does not hold up the rest. Exit status 1 when there was such. */
export async function driveAll(chosen: readonly Found[], driving: Driving): Promise<number> {
  const { ledger, operator, terminal, json } = driving;
  if (chosen.length === 0) {
    terminal.note('Nothing is stuck.');
    return 0;
  }
  const to = chosen.map(({ row }) => row.id);
  // Before anything is done, so that what was asked for is on record whatever comes of it.
  await ledger.acts.record({ ...operator.act('replay'), id: randomUUID(), to: to.slice(0, 100), count: to.length });
  const results: Driven[] = [];
  for (const found of chosen) {
    const result = await drive(found, driving);
    results.push(result);
    if (!json)
      terminal.out(printable(`${result.done ? 'ok' : '--'}  ${result.row.kind} ${result.row.id}: ${result.text}`));
  }
  if (json) {
    terminal.out(
      JSON.stringify(
        results.map(({ row, done, text }) => ({ id: row.id, kind: row.kind, done, text })),
        null,
        2,
      ),
    );
  }
  return results.every(({ done }) => done) ? 0 : 1;
}

async function drive(found: Found, driving: Driving): Promise<Driven> {
  const { row } = found;
  if ('letter' in found) {
    found.isGone = true;
    return { row, done: true, text: await driveLetter(found.letter, driving) };
  }
  const { item } = found;
  const result = 'request' in item ? await driveRequest(item, driving) : await driveDrop(item, driving);
  return { row, ...result };
}

async function driveLetter(letter: FoundLetter, { letters, discard }: Driving): Promise<string> {
  if (discard) {
    await letters.discard(letter);
    return 'removed for good';
  }
  await letters.redrive(letter);
  return letter.goesTo === 'nowhere' ? `removed: ${letter.about}` : `sent to ${letter.goesTo} again`;
}

async function driveRequest(item: Extract<Stuck, { request: unknown }>, driving: Driving) {
  const { ledger, operator, region, target } = driving;
  const sfn = await openSfn(target);
  const ports = {
    ledger,
    runs: runsOver(await openOmics(target)),
    objects: createObjects(await openS3(target)),
    executions: createExecutions({ sfn, stateMachineArn: stateMachineArnOf(target, { ...operator, region }) }),
  };
  const result = await replayRequest(ports, item.request, operator.act('replay'));
  if (result.kind === 'nothing') return { done: false, text: result.why };
  if (result.kind === 'reopened') {
    return { done: true, text: `attempt ${result.record.attempts.length} of the frozen request waits for its start` };
  }
  return send(driving, result.dropIds.map(writeDropAgain));
}

async function driveDrop(item: Extract<Stuck, { drop: unknown }>, driving: Driving) {
  const { ledger, operator, region, target } = driving;
  const objects = createObjects(await openS3(target));
  const ports = { ledger, objects };
  const result = await replayDrop(ports, item.drop, operator.act('replay'));
  if (result.kind === 'nothing') return { done: false, text: result.why };
  if (result.kind === 'take-again') return send(driving, [writeDropAgain(result.dropId)]);
  const sender = { id: randomUUID(), account: operator.account, region };
  return send(driving, [objectCreatedEvent(result.drop, sender)]);
}

async function send({ letters }: Driving, messages: readonly string[]) {
  for (const message of messages) await letters.sendToDrops(message);
  return { done: true, text: `sent to the drops queue${messages.length === 1 ? '' : `, ${messages.length} objects`}` };
}
