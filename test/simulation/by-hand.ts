/**
 * What operators do, drawn from the seed: cancel, send round again what came to nothing, release sets that are held, decide
 * what is uncertain, name an object in the console.
 */
import { cancelRequest } from '../../lib/lifecycle/cancel-request.ts';
import { replayDrop } from '../../lib/lifecycle/replay-drop.ts';
import { type Decision, DecisionRefused, decideUncertain, replayRequest } from '../../lib/lifecycle/replay-request.ts';
import { objectCreatedEvent } from '../../lib/routing/object-created-event.ts';
import type { Act, RequestRecord } from '../../lib/runs/request-record.ts';
import { type Ports, portsOf } from './ports.ts';
import type { RandomSource } from './random-source.ts';
import { BUCKET } from './simulated-objects.ts';
import { LATE, SECRET } from './workload.ts';
import type { World } from './world.ts';

const ACTS = ['cancel', 'cancel', 'replay', 'replay-drop', 'release', 'console'] as const;
type Command = Exclude<(typeof ACTS)[number], 'console'> | 'decide';
const MOST_ACTS = 4;
const MINUTE_MS = 60_000;
const TIMEOUT_MS = 60_000;
/** A command that was cut short is typed again. */
const MOST_TRIES = 3;
const OPERATORS = ['arn:aws:iam::000000000000:user/operator', 'arn:aws:iam::000000000000:user/another'] as const;

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
  if (random.chance(0.3)) drawHeld(world, random, untilMs);
  if (random.chance(0.15)) drawStuck(world, random);
  if (random.chance(0.5)) drawDoubtful(world, random, untilMs);
}

/** A pair of which one changes after it has started, so that it is held; then the other does, or the change is taken back. */
function drawHeld(world: World, random: RandomSource, untilMs: number): void {
  const { timeline, objects } = world;
  const put = (read: number, etag?: string) => objects.put(`pair/${SECRET}held_R${read}.fastq.gz`, 'reads', etag);
  const fromMs = timeline.nowMs + random.int(0, MINUTE_MS);
  for (const read of [1, 2]) timeline.at(fromMs, () => put(read, `first-${read}`));
  const changedMs = random.int(fromMs, untilMs);
  timeline.at(changedMs, () => put(1));
  timeline.at(random.int(changedMs, untilMs), () => command(world, 'release', random.next()));
  if (random.chance(0.3)) timeline.at(random.int(changedMs, untilMs), () => put(2));
  else if (random.chance(0.5)) timeline.at(random.int(changedMs, untilMs), () => put(1, 'first-1'));
}

/** A start that nobody hears of again, or only later; as soon as it is uncertain two people decide, often at the same time. */
function drawDoubtful(world: World, random: RandomSource, untilMs: number): void {
  const { timeline } = world;
  const { nowMs } = timeline;
  timeline.at(nowMs + random.int(0, 5 * MINUTE_MS), () => {
    const parameters = { kind: LATE };
    world.objects.put('requests/doubtful.json', JSON.stringify({ workflowId: '4', parameters }));
  });
  if (random.chance(0.5))
    timeline.at(nowMs + random.int(MINUTE_MS, 20 * MINUTE_MS), () => command(world, 'cancel', random.next()));
  const count = random.int(1, 3);
  for (let number = 0; number < count; number += 1) {
    const atMs = random.int(nowMs + 30 * MINUTE_MS, untilMs + 40 * MINUTE_MS);
    for (const delayMs of random.chance(0.8) ? [0, random.int(0, 3_000)] : [0])
      timeline.at(atMs + delayMs, () => command(world, 'decide', random.next()));
  }
}

/** A long sheet whose parts get lost, until somebody has sent it round again or longer. */
function drawStuck(world: World, random: RandomSource): void {
  const { timeline, drops, objects } = world;
  const { nowMs } = timeline;
  const rows = Array.from({ length: 101 }, (_, row) => `${SECRET}-${row},${row === 0 ? 'here' : ''}`);
  timeline.at(nowMs, () => objects.put('sheets/stuck.csv', `sample,place\n${rows.join('\n')}\n`));
  drops.loses = (body) => body.includes('"Sheet Part"');
  timeline.at(nowMs + random.int(0, 240) * MINUTE_MS, () => {
    drops.loses = () => false;
  });
  const count = random.int(0, 3);
  for (let replay = 0; replay < count; replay += 1)
    timeline.at(nowMs + random.int(60, 240) * MINUTE_MS, () => command(world, 'replay-drop', random.next()));
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

function command(world: World, what: Command, choice: number, tried = 1): void {
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

/** Says what came of it, for the journal. */
async function obey(ports: Ports, what: Command, choice: number, world: World): Promise<string | undefined> {
  const at = new Date(ports.clock.nowMs()).toISOString();
  const by = chosen(OPERATORS, (choice * 7) % 1) ?? '';
  const act = { what: 'replay', at, by } as const;
  switch (what) {
    case 'cancel': {
      const record = await chosenRequest(ports, choice, () => true);
      return record && (await cancelRequest(ports, record, { ...act, what })).kind;
    }
    case 'decide': {
      const record = await chosenRequest(ports, choice, ({ state }) => state === 'UNCERTAIN');
      return record && decide(ports, record, { at, by, choice }, world);
    }
    case 'replay': {
      const isNothing = ({ outcome }: RequestRecord) => outcome === 'REFUSED' || outcome === 'SUPERSEDED';
      const record = await chosenRequest(ports, choice, isNothing);
      const result = record === undefined ? undefined : await replayRequest(ports, record, act);
      if (result?.kind === 'take-again') await ports.dropsAgain.send(result.dropIds);
      return result?.kind;
    }
    case 'replay-drop':
      return sendDropRound(ports, act, choice, world);
    case 'release': {
      const held = (await ports.ledger.gathers.open('GATHERING', 100)).filter(({ fired }) => fired !== undefined);
      const gatherId = chosen(held, choice)?.gatherId;
      return gatherId && ((await ports.ledger.gathers.release(gatherId, { at, by })) ? 'released' : 'too late');
    }
    default:
      return what satisfies never;
  }
}

async function chosenRequest(
  { ledger }: Ports,
  choice: number,
  isWanted: (record: RequestRecord) => boolean,
): Promise<RequestRecord | undefined> {
  const identity = chosen((await ledger.requests.list(100)).filter(isWanted), choice)?.identity;
  return identity === undefined ? undefined : ledger.requests.read(identity);
}

/** As a person may, who has looked at HealthOmics or has not. */
async function decide(
  ports: Ports,
  record: RequestRecord,
  { at, by, choice }: { readonly at: string; readonly by: string; readonly choice: number },
  { omics }: World,
): Promise<string | undefined> {
  const name = record.attempts.at(-1)?.name;
  const runIds = [...omics.runs.filter((run) => run.name === name), ...omics.runs.slice(-1)].map(({ runId }) => runId);
  const decisions: readonly Decision[] = [
    { kind: 'start-again' },
    { kind: 'give-up' },
    ...runIds.map((runId) => ({ kind: 'adopt', runId }) as const),
  ];
  const decision = chosen(decisions, (choice * 31) % 1);
  if (decision === undefined) return undefined;
  try {
    await decideUncertain(ports, record, decision, { what: decision.kind, at, by });
    return `decided: ${decision.kind}`;
  } catch (error) {
    if (!(error instanceof DecisionRefused)) throw error;
    return error.message;
  }
}

async function sendDropRound(ports: Ports, act: Act, choice: number, world: World): Promise<string | undefined> {
  const drops = (await ports.ledger.drops.list(100)).filter(({ state }) =>
    ['REJECTED', 'SUPERSEDED', 'READING', 'REPLAYED'].includes(state),
  );
  const dropId = chosen(drops, choice)?.dropId;
  const drop = dropId === undefined ? undefined : await ports.ledger.drops.read(dropId);
  if (drop === undefined) return undefined;
  const result = await replayDrop(ports, drop, act);
  if (result.kind === 'take-again') await ports.dropsAgain.send([result.dropId]);
  if (result.kind !== 'route-again') return result.kind;
  const event = objectCreatedEvent(result.drop, { id: 'by-hand', account: '000000000000', region: 'us-east-1' });
  await ports.call('sqs.redrive', () => world.drops.send(event));
  return result.kind;
}

function chosen<T>(items: readonly T[], choice: number): T | undefined {
  return items[Math.floor(choice * items.length)];
}
