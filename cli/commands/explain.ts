/** `rundrop explain`: what an object, or the objects of an event, would lead to. It starts nothing. */
import { readFile } from 'node:fs/promises';
import { text as readStream } from 'node:stream/consumers';
import { MalformedDropEvent } from '../../lib/routing/drop-events.ts';
import { parseEventEnvelopes } from '../../lib/routing/event-envelopes.ts';
import { parseSizeConditions } from '../../lib/routing/units.ts';
import { openLedger, openS3 } from '../clients.ts';
import { CommandError, UsageError, whyUnreadable } from '../errors.ts';
import { type Explanation, explainObjects, type Live, type SketchedObject } from '../explanation.ts';
import { readRouteFile } from '../routing.ts';
import { groupText } from '../rows.ts';
import { parseObjectUri } from '../s3-uri.ts';
import type { Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';
import { paint, printable } from '../text.ts';

export interface ExplainOptions {
  readonly routes: string;
  readonly event?: string;
  readonly live?: boolean;
  readonly size?: string;
  readonly etag?: string;
  readonly versionId?: string;
  readonly body?: string;
  readonly json?: boolean;
}

export interface ExplainContext {
  /** Asked for only with `--live`. */
  readonly target: () => Target;
  readonly terminal: Terminal;
  readonly rundropVersion: string;
  readonly nowMs: number;
}

/** How many of the other routes are told to a person. `--json` has all. */
const OTHERS_SHOWN = 5;

/** Exit status 1 when no route takes an object, or its request would be refused. */
export async function explain(
  uri: string | undefined,
  options: ExplainOptions,
  context: ExplainContext,
): Promise<number> {
  const { terminal, rundropVersion, nowMs } = context;
  const { objects, ignored } = await objectsOf(uri, options, nowMs);
  const file = await readRouteFile(options.routes);
  const live = options.live ? await openLive(context) : undefined;
  const body = options.body === undefined ? undefined : await readText(options.body);
  const answers = await explainObjects(objects, {
    file,
    ...(live === undefined ? {} : { live }),
    ...(body === undefined ? {} : { body }),
    nowMs,
    rundropVersion,
  });
  for (const reason of ignored) terminal.note(`Nothing is dropped by this event: ${reason}.`);
  if (options.json) terminal.out(JSON.stringify(answers, null, 2));
  else terminal.out(answers.flatMap((answer) => describeExplanation(answer, terminal)).join('\n'));
  const isFine = ({ route, refused }: Explanation) => route !== undefined && refused === undefined;
  return answers.length > 0 && answers.every(isFine) ? 0 : 1;
}

async function openLive({ target, terminal }: ExplainContext): Promise<Live> {
  const chosen = target();
  const [ledger, s3, { createObjects }] = await Promise.all([
    openLedger(chosen, terminal),
    openS3(chosen),
    import('../../lib/aws/objects.ts'),
  ]);
  return { ledger, objects: createObjects(s3) };
}

async function objectsOf(
  uri: string | undefined,
  options: ExplainOptions,
  nowMs: number,
): Promise<{ readonly objects: readonly SketchedObject[]; readonly ignored: readonly string[] }> {
  if ((uri === undefined) === (options.event === undefined)) {
    throw new UsageError('Name one object as s3://bucket/key, or an event with --event FILE');
  }
  if (options.event !== undefined) {
    for (const name of ['size', 'etag', 'versionId'] as const) {
      if (options[name] !== undefined)
        throw new UsageError(
          `--${name === 'versionId' ? 'version-id' : name} goes with s3://bucket/key: an event tells it`,
        );
    }
    return objectsOfEvent(options.event);
  }
  const { etag, versionId } = options;
  const sizeBytes = options.size === undefined ? undefined : parseSize(options.size);
  const object: SketchedObject = {
    ...parseObjectUri(uri ?? ''),
    timeMs: nowMs,
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(etag === undefined ? {} : { etag: etag.replaceAll('"', '') }),
    ...(versionId === undefined ? {} : { versionId }),
  };
  return { objects: [object], ignored: [] };
}

async function objectsOfEvent(file: string) {
  const content = await readText(file);
  try {
    const events = parseEventEnvelopes(JSON.parse(content));
    if (events.length === 0) throw new CommandError(`${file} holds no event of S3: the list is empty`);
    return {
      objects: events.flatMap((event) => (event.kind === 'drops' ? event.drops : [])),
      ignored: events.flatMap((event) => (event.kind === 'ignored' ? [event.reason] : [])),
    };
  } catch (error) {
    if (error instanceof SyntaxError) throw new CommandError(`${file} is not JSON: ${error.message}`, { cause: error });
    if (!(error instanceof MalformedDropEvent)) throw error;
    throw new CommandError(`${file} holds no event of S3: ${error.message}`, { cause: error });
  }
}

async function readText(file: string): Promise<string> {
  if (file === '-') return readStream(process.stdin);
  return readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be read: ${whyUnreadable(cause)}`, { cause });
  });
}

/** @throws UsageError when it is no number of bytes. */
function parseSize(text: string): number {
  const [size, ...more] = parseSizeConditions(`=${text}`) ?? [];
  if (size === undefined || more.length > 0) {
    throw new UsageError(`--size "${text}" is not a size: write a number of bytes, or one such as 20MiB or 3GB`);
  }
  return size.sizeBytes;
}

function describeExplanation(answer: Explanation, { screen }: Terminal): string[] {
  const { route, wildcards = {}, gather, sheet } = answer;
  const facts: (readonly [string, readonly string[]])[] = [
    [
      'route',
      route === undefined ? [] : [paint(route, 'green', screen) + (answer.part === 'marker' ? ', as its marker' : '')],
    ],
    ['wildcards', Object.keys(wildcards).length === 0 ? [] : [groupText(wildcards)]],
    ['as long as', answer.assumes],
    ['gather', gather === undefined ? [] : gatherLines(gather)],
    ['sheet', sheet === undefined ? [] : sheetLines(sheet)],
    ['identity', [...(answer.identity === undefined ? [] : [answer.identity]), ...(answer.doubts ?? [])]],
    ['requestId', answer.requestId === undefined ? [] : [answer.requestId]],
    ['known', answer.known === undefined ? [] : [answer.known]],
    ['refused', answer.refused ?? []],
    ['stand-ins', answer.standIns?.length ? [`${answer.standIns.join(', ')}: not known, so not as it will be`] : []],
    ['note', answer.notes],
    ['not', othersShown(answer)],
    ['request', answer.request === undefined ? [] : JSON.stringify(answer.request, null, 2).split('\n')],
  ];
  const title = paint(printable(answer.object), 'bold', screen);
  const verdict = route === undefined ? [`  ${paint('no route takes it', 'red', screen)}`] : [];
  return [title, ...verdict, ...facts.flatMap(([label, lines]) => factLines(label, lines))];
}

function sheetLines({ rows, runs, first, refused, duplicates }: NonNullable<Explanation['sheet']>): string[] {
  const problems = [...refused, ...duplicates].slice(0, OTHERS_SHOWN);
  const more = refused.length + duplicates.length - problems.length;
  const [example] = first;
  return [
    `${rows} rows: ${runs} runs, ${refused.length} refused, ${duplicates.length} the same as another`,
    ...problems.map(({ line, reason }) => printable(`line ${line}: ${reason}`)),
    ...(more > 0 ? [`and ${more} more: --json has all`] : []),
    ...(example === undefined
      ? []
      : [
          `line ${example.lines.join(', ')}: identity ${example.identity}`,
          ...JSON.stringify(example.request, null, 2).split('\n'),
        ]),
  ];
}

function factLines(label: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `  ${(index === 0 ? label : '').padEnd(10)}  ${line}`);
}

function gatherLines({
  group,
  slot,
  complete,
  waitsFor,
  members,
  expected,
  gatherId,
}: NonNullable<Explanation['gather']>): string[] {
  const state = complete ? 'complete: it starts' : `waits for ${waitsFor.join(', ')}`;
  return [
    printable(`${groupText(group)} (${gatherId.slice(0, 12)}), this one is ${slot}`),
    printable(state),
    ...members.map(({ uri }) => `has ${printable(uri)}`),
    ...expected.map((uri) => `filled in as if ${printable(uri)} were there`),
  ];
}

function othersShown({ others }: Explanation): string[] {
  const shown = others.slice(0, OTHERS_SHOWN).map(({ route, reason }) => `${route}: ${printable(reason)}`);
  const more = others.length - shown.length;
  return more > 0 ? [...shown, `and ${more} more: --json has all`] : shown;
}
