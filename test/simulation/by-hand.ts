/** What an operator does, drawn from the seed: cancels, sends round again what came to nothing, names an object in the console. */
import { cancelRequest } from '../../lib/lifecycle/cancel-request.ts';
import { replayDrop } from '../../lib/lifecycle/replay-drop.ts';
import { replayRequest } from '../../lib/lifecycle/replay-request.ts';
import { objectCreatedEvent } from '../../lib/routing/object-created-event.ts';
import type { Act } from '../../lib/runs/request-record.ts';
import { type Ports, portsOf } from './ports.ts';
import type { RandomSource } from './random-source.ts';
import { BUCKET } from './simulated-objects.ts';
import type { World } from './world.ts';

const ACTS = ['cancel', 'cancel', 'replay', 'replay-drop', 'console'] as const;
const MOST_ACTS = 4;
const TIMEOUT_MS = 60_000;
/** A command that was cut short is typed again. */
const MOST_TRIES = 3;
const OPERATOR = 'arn:aws:iam::000000000000:user/operator';

/** What is done now and then until `untilMs`; each to whatever is there by then. */
export function drawHands(world: World, random: RandomSource, untilMs: number): void {
  const { timeline } = world;
  const count = random.int(1, MOST_ACTS);
  for (let number = 1; number <= count; number += 1) {
    const what = random.pick(ACTS);
    const choice = random.next();
    const atMs =
      timeline.nowMs + (random.chance(0.5) ? random.int(0, 20_000) : random.int(0, untilMs - timeline.nowMs));
    timeline.at(atMs, () => (what === 'console' ? nameObject(world, number, choice) : command(world, what, choice)));
  }
  if (random.chance(0.3)) drawRefused(world, random, untilMs);
}

/** HealthOmics has no such workflow, and each time that is asked for again it says so again. */
function drawRefused(world: World, random: RandomSource, untilMs: number): void {
  const { timeline } = world;
  let atMs = random.int(timeline.nowMs, untilMs);
  timeline.at(atMs, () => world.objects.put('requests/refused.json', '{"workflowId":"404","parameters":{}}'));
  for (let replay = 0; replay < 3; replay += 1) {
    atMs += random.int(5_000, 5 * 60_000);
    timeline.at(atMs, () => command(world, 'replay', random.next()));
  }
}

function nameObject(world: World, number: number, choice: number): void {
  const key = chosen([...world.objects.stored.keys()], choice);
  if (key !== undefined) world.executions.start(`object-${number}`, { drop: { bucket: BUCKET, key } });
}

function command(world: World, what: Exclude<(typeof ACTS)[number], 'console'>, choice: number, tried = 1): void {
  world.invocations.invoke(
    'operator',
    { event: { what }, timeoutMs: TIMEOUT_MS },
    (invocation) => obey(portsOf(world, invocation), what, choice, world),
    ({ kind }) => {
      if (kind !== 'returned' && tried < MOST_TRIES) {
        world.timeline.after(60_000, () => command(world, what, choice, tried + 1));
      }
    },
  );
}

async function obey(
  ports: Ports,
  what: 'cancel' | 'replay' | 'replay-drop',
  choice: number,
  world: World,
): Promise<void> {
  const act: Act = {
    what: what === 'cancel' ? what : 'replay',
    at: new Date(ports.clock.nowMs()).toISOString(),
    by: OPERATOR,
  };
  if (what === 'replay-drop') return sendDropRound(ports, act, choice, world);
  const listed = await ports.ledger.requests.list(100);
  const wanted =
    what === 'cancel' ? listed : listed.filter(({ outcome }) => outcome === 'REFUSED' || outcome === 'SUPERSEDED');
  const identity = chosen(wanted, choice)?.identity;
  const record = identity === undefined ? undefined : await ports.ledger.requests.read(identity);
  if (record === undefined) return;
  if (what === 'cancel') {
    await cancelRequest(ports, record, act);
    return;
  }
  const result = await replayRequest(ports, record, act);
  if (result.kind === 'take-again') await ports.dropsAgain.send(result.dropIds);
}

async function sendDropRound(ports: Ports, act: Act, choice: number, world: World): Promise<void> {
  const drops = (await ports.ledger.drops.list(100)).filter(({ state }) =>
    ['REJECTED', 'SUPERSEDED', 'READING', 'REPLAYED'].includes(state),
  );
  const dropId = chosen(drops, choice)?.dropId;
  const drop = dropId === undefined ? undefined : await ports.ledger.drops.read(dropId);
  if (drop === undefined) return;
  const result = await replayDrop(ports, drop, act);
  if (result.kind === 'take-again') await ports.dropsAgain.send([result.dropId]);
  if (result.kind !== 'route-again') return;
  const event = objectCreatedEvent(result.drop, { id: 'by-hand', account: '000000000000', region: 'us-east-1' });
  await ports.call('sqs.redrive', () => world.drops.send(event));
}

function chosen<T>(items: readonly T[], choice: number): T | undefined {
  return items[Math.floor(choice * items.length)];
}
