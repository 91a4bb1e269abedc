/** What people and instruments do in a simulation: drawn from its seed, all in the first part of it. */
import { loadRouteFile, type RouteFile } from '../../lib/routing/route-file.ts';
import { sha256 } from '../../lib/runs/identity.ts';
import type { World } from './world.ts';

/** Stands in every sample name: it must turn up nowhere but in keys and parameters. */
export const SECRET = 'SECRET';
/** A request with this in it makes StartRun answer 500 for ever. */
export const POISON = 'poisonous';
/** The same, and yet a run comes of it, some time after its first call. */
export const LATE = `${POISON} and late`;
const MINUTE_MS = 60_000;
const SET_PARTS = 3;
const LONG_SHEET_ROWS = 130;

export const ROUTES = `
version: 1
defaults:
  roleArn: arn:aws:iam::000000000000:role/HealthOmics
  outputUri: s3://results/{route}/
  retentionMode: REMOVE
  storageType: STATIC
  storageCapacity: 1200
routes:
  - name: pair
    on: { bucket: drops, key: 'pair/{sample}_R{read,[12]}.fastq.gz' }
    gather: { by: [sample], needs: { read: ["1", "2"] } }
    sensitive: [sample]
    run:
      workflowId: "1"
      priority: 10
      parameters: { one: '{uri:read=1}', etag_1: '{etag:read=1}', two: '{uri:read=2}', etag_2: '{etag:read=2}' }
    retry: { attempts: 2 }
  - name: restarted
    on: { bucket: drops, key: 'restart/{sample}_R{read,[12]}.fastq.gz' }
    gather: { by: [sample], needs: { read: ["1", "2"] }, onChange: restart }
    sensitive: [sample]
    run:
      workflowId: "2"
      parameters: { one: '{uri:read=1}', etag_1: '{etag:read=1}', two: '{uri:read=2}', etag_2: '{etag:read=2}' }
  - name: single
    on: { bucket: drops, key: 'single/{sample}.cram' }
    sensitive: [sample]
    run: { workflowId: "3", retentionMode: RETAIN, parameters: { input: '{uri}', etag: '{etag}' } }
    retry: { attempts: 3 }
  - name: limited
    on: { bucket: drops, key: 'limited/{sample}.cram' }
    sensitive: [sample]
    limits: { maxRunsPerDay: 2 }
    run: { workflowId: "8", parameters: { input: '{uri}', etag: '{etag}' } }
    retry: { attempts: 1 }
  - name: run-request
    on: { bucket: drops, key: 'requests/{name}.json' }
    sensitive: [name]
    run: { fromObject: true, allow: { workflowIds: ["4", "404"] } }
  - name: sheet
    on: { bucket: drops, key: 'sheets/{name}.csv' }
    sensitive: [name, row.sample]
    each: row
    run: { workflowId: "5", retentionMode: RETAIN, parameters: { sample: '{row.sample}', place: '{row.place}' } }
  - name: counted
    on: { bucket: drops, key: 'counted/{set}/{part}.bam' }
    gather: { by: [set], needs: { count: 3 } }
    sensitive: [set, part]
    run: { workflowId: "9", parameters: { set: '{set}', uris: '{uris}' } }
  - name: marked
    on: { bucket: drops, key: 'marked/{set}/{part}.bam' }
    gather: { by: [set], needs: { marker: 'marked/{set}/_SUCCESS' } }
    sensitive: [set, part]
    run: { workflowId: "9", parameters: { set: '{set}', uris: '{uris}' } }
  - name: quiet
    on: { bucket: drops, key: 'quiet/{set}/{part}.bam' }
    gather: { by: [set], quiet: 5m }
    sensitive: [set, part]
    run: { workflowId: "9", parameters: { set: '{set}', uris: '{uris}' } }
  - name: versioned
    on: { bucket: drops, key: 'versioned/{sample}.cram' }
    identity: version
    sensitive: [sample]
    run: { workflowId: "3", retentionMode: RETAIN, parameters: { input: '{uri}', etag: '{etag}' } }
schedules:
  - name: nightly
    cron: "0 2 * * ? *"
    timezone: Europe/Berlin
    run: { workflowId: "6", parameters: { date: '{date}' } }
`;

function load(text: string): RouteFile {
  return loadRouteFile(text, { fileName: 'rundrop.yaml', environment: {}, hash: sha256 });
}

/** The file as it is, and as it is after a deployment in the midst of everything. */
export const ROUTE_FILES: readonly [RouteFile, RouteFile] = [
  load(ROUTES),
  load(ROUTES.replaceAll('s3://results/', 's3://results/next/').replace('attempts: 3', 'attempts: 2')),
];

/** The most attempts that either file grants a request of a route. */
export const MOST_ATTEMPTS: Readonly<Record<string, number>> = {
  pair: 2,
  restarted: 3,
  single: 3,
  'run-request': 3,
  sheet: 3,
  limited: 1,
  counted: 3,
  marked: 3,
  quiet: 3,
  versioned: 3,
};
/** How many runs of a route may start on one day. */
export const MOST_A_DAY: Readonly<Record<string, number>> = { limited: 2 };
/** Where runs may write. */
export const OUTPUT_PREFIX = 's3://results/';
export const ROLE_ARN = 'arn:aws:iam::000000000000:role/HealthOmics';

export type Kind = keyof typeof KINDS;

const KINDS = {
  pair,
  restarted,
  raced,
  single,
  again,
  request,
  authority,
  sheet,
  tick,
  console,
  follow,
  poison,
  unmatched,
  stuck,
  namesake,
  limited,
  counted,
  marked,
  quiet,
  versioned,
  longSheet,
};

/** Puts into the world what the seed says, between now and `untilMs`. */
export function drawWork(world: World, untilMs: number): readonly Kind[] {
  const { random } = world;
  const names = Object.keys(KINDS) as [Kind, ...Kind[]];
  const count = random.pick([1, 1, 2, 3, 5]);
  const drawn: Kind[] = [];
  for (let number = 1; number <= count; number += 1) {
    const kind = random.chance(0.5) ? random.pick(['pair', 'single'] as const) : random.pick(names);
    const atMs = world.timeline.nowMs + (random.chance(0.5) ? number : random.int(0, untilMs - world.timeline.nowMs));
    KINDS[fits(world, kind, drawn) ? kind : 'counted'](world, `${SECRET}${number}`, atMs);
    drawn.push(kind);
  }
  return drawn;
}

const NEVER_STARTS: readonly Kind[] = ['stuck', 'namesake'];

/**
 * Silence is waited for by reconciliation alone; who waits for a day, waits for one; and of several that never get
 * through the starter takes HealthOmics to be ill, until reconciliation has it look again.
 */
function fits(world: World, kind: Kind, drawn: readonly Kind[]): boolean {
  if (kind === 'limited') return !drawn.includes(kind);
  if (NEVER_STARTS.includes(kind)) return world.options.reconciles || !drawn.some((one) => NEVER_STARTS.includes(one));
  return kind !== 'quiet' || world.options.reconciles;
}

/** More of some routes than of others, all at once. */
export function drawCrowd(world: World): void {
  const { nowMs } = world.timeline;
  for (const number of [1, 2, 3]) single(world, `${SECRET}crowd${number}`, nowMs);
  for (const number of [1, 2]) versioned(world, `${SECRET}crowd${number}`, nowMs + number);
  pair(world, `${SECRET}crowd`, nowMs + 2_000);
}

/** Puts one kind of work into the world now. */
export function work(world: World, kind: Kind): void {
  KINDS[kind](world, `${SECRET}1`, world.timeline.nowMs);
}

/** A moment after another, near or far. */
function later(world: World, atMs: number): number {
  const { random } = world;
  return atMs + (random.chance(0.5) ? random.int(0, 2_000) : random.int(0, 15 * MINUTE_MS));
}

function changeSome(world: World, key: string, atMs: number): void {
  const { random, timeline, objects } = world;
  if (!random.chance(world.faults().objectChanged)) return;
  const removed = random.chance(0.3);
  timeline.at(later(world, atMs), () => (removed ? objects.remove(key) : objects.put(key, 'another content')));
}

function single(world: World, sample: string, atMs: number): void {
  const key = `single/${sample}.cram`;
  world.timeline.at(atMs, () => world.objects.put(key, 'reads'));
  changeSome(world, key, atMs);
}

function again(world: World, sample: string, atMs: number): void {
  const key = `single/${sample}.cram`;
  world.timeline.at(atMs, () => world.objects.put(key, 'reads', `same-${sample}`));
  world.timeline.at(later(world, atMs), () => world.objects.put(key, 'reads', `same-${sample}`));
}

function pairUnder(world: World, folder: string, sample: string, atMs: number): void {
  const secondMs = world.random.chance(0.7) ? atMs + world.random.int(0, 1_000) : later(world, atMs);
  for (const [read, whenMs] of [[1, atMs] as const, [2, secondMs] as const]) {
    const key = `${folder}/${sample}_R${read}.fastq.gz`;
    world.timeline.at(whenMs, () => world.objects.put(key, 'reads'));
    changeSome(world, key, whenMs);
  }
}

function pair(world: World, sample: string, atMs: number): void {
  pairUnder(world, 'pair', sample, atMs);
}

function restarted(world: World, sample: string, atMs: number): void {
  pairUnder(world, 'restart', sample, atMs);
}

function putRequest(world: World, name: string, atMs: number, request: object): void {
  world.timeline.at(atMs, () => world.objects.put(`requests/${name}.json`, JSON.stringify(request)));
}

function request(world: World, name: string, atMs: number): void {
  const workflowId = world.random.pick(['4', '4', '404', '9']);
  putRequest(world, name, atMs, { workflowId, parameters: { sample: name } });
}

/** Asks for what nobody may give by dropping a file. */
function authority(world: World, name: string, atMs: number): void {
  const wanted = world.random.pick([
    { roleArn: 'arn:aws:iam::000000000000:role/Admin' },
    { outputUri: 's3://elsewhere/x/' },
  ]);
  putRequest(world, name, atMs, { workflowId: '4', parameters: {}, ...wanted });
}

/** Its StartRun never gets through. */
function stuck(world: World, name: string, atMs: number): void {
  putRequest(world, name, atMs, { workflowId: '4', parameters: { kind: POISON, sample: name } });
}

/** Nobody knows whether a StartRun made a run, and somebody else's run has the very name that it would have. */
function namesake(world: World, name: string, atMs: number): void {
  const { timeline, random, omics } = world;
  stuck(world, name, atMs);
  timeline.at(atMs + random.int(1, 20) * MINUTE_MS, () => {
    const call = omics.starts.find(({ inputText }) => inputText.includes(`"${name}"`));
    if (call !== undefined) omics.create({ name: String(call.input.name), tags: {}, inputText: '' });
  });
}

/** One more than its route may start on a day. */
function limited(world: World, sample: string, atMs: number): void {
  for (const letter of ['a', 'b', 'c']) {
    world.timeline.at(atMs, () => world.objects.put(`limited/${sample}${letter}.cram`, 'reads'));
  }
}

/** Of two rows. */
function sheet(world: World, name: string, atMs: number): void {
  const rows = [`${name}a,here`, `${name}b,there`];
  world.timeline.at(atMs, () => world.objects.put(`sheets/${name}.csv`, `sample,place\n${rows.join('\n')}\n`));
}

/** So long that it is taken in parts. Most of its rows lack a cell, so that few runs come of it. */
function longSheet(world: World, name: string, atMs: number): void {
  const rows = Array.from({ length: LONG_SHEET_ROWS }, (_, row) => `${name}-${row},${row % 45 === 0 ? 'here' : ''}`);
  world.timeline.at(atMs, () => world.objects.put(`sheets/${name}.csv`, `sample,place\n${rows.join('\n')}\n`));
}

function partsUnder(world: World, folder: string, sample: string, atMs: number): void {
  for (let part = 1; part <= SET_PARTS; part += 1) {
    const whenMs = world.random.chance(0.7) ? atMs + world.random.int(0, 1_000) : later(world, atMs);
    world.timeline.at(whenMs, () => world.objects.put(`${folder}/${sample}/${part}.bam`, 'reads'));
  }
}

function counted(world: World, sample: string, atMs: number): void {
  partsUnder(world, 'counted', sample, atMs);
}

/** The marker's event may be ahead of those of the parts. */
function marked(world: World, sample: string, atMs: number): void {
  partsUnder(world, 'marked', sample, atMs);
  world.timeline.at(later(world, atMs), () => world.objects.put(`marked/${sample}/_SUCCESS`, ''));
}

function quiet(world: World, sample: string, atMs: number): void {
  partsUnder(world, 'quiet', sample, atMs);
}

/** The very same content again is another piece of work here. */
function versioned(world: World, sample: string, atMs: number): void {
  const key = `versioned/${sample}.cram`;
  world.timeline.at(atMs, () => world.objects.put(key, 'reads', `same-${sample}`));
  if (world.random.chance(0.7))
    world.timeline.at(later(world, atMs), () => world.objects.put(key, 'reads', `same-${sample}`));
}

function tick(world: World, _: string, atMs: number): void {
  for (let time = 0; time < 2; time += 1)
    world.timeline.at(time === 0 ? atMs : later(world, atMs), () => world.tick(atMs));
}

function console(world: World, name: string, atMs: number): void {
  const run = {
    workflowId: '7',
    roleArn: ROLE_ARN,
    outputUri: `${OUTPUT_PREFIX}console/`,
    storageType: 'DYNAMIC',
    parameters: { by: 'hand' },
  };
  world.timeline.at(atMs, () => void world.executions.start(`by-hand-${name.replace(SECRET, '')}`, { run }));
}

/** Somebody follows a run from the console: one of ours, or another's. */
function follow(world: World, name: string, atMs: number): void {
  single(world, name, atMs);
  world.timeline.at(atMs + world.random.int(5_000, 3 * MINUTE_MS), () => {
    const isOurs = world.random.chance(0.5);
    const run = isOurs ? world.omics.runs.at(-1) : world.omics.create({ name: 'foreign', tags: {}, inputText: '' });
    if (run === undefined) return;
    world.executions.start(`follow-${name.replace(SECRET, '')}`, { runId: run.runId });
  });
}

/** A member is overwritten while its set starts. */
function raced(world: World, sample: string, atMs: number): void {
  const { timeline, objects, random } = world;
  const keys = [1, 2].map((read) => `pair/${sample}_R${read}.fastq.gz`);
  for (const key of keys) timeline.at(atMs, () => objects.put(key, 'reads'));
  for (let time = 0; time < 3; time += 1) {
    timeline.at(atMs + random.int(300, 4_000), () => objects.put(keys[1] ?? '', 'another content'));
  }
}

/** In one batch with a drop that is in order. */
function poison(world: World, sample: string, atMs: number): void {
  single(world, sample, atMs);
  world.timeline.at(atMs, () => {
    world.tally.add('poison record');
    world.drops.send(world.random.pick(['{not json', '{"detail-type":"Object Created","source":"aws.s3"}']));
  });
}

function unmatched(world: World, sample: string, atMs: number): void {
  world.timeline.at(atMs, () => world.objects.put(`nowhere/${sample}.txt`, 'notes'));
}
