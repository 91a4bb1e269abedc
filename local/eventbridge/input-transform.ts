/** What a target gets of an event: all of it, a part (`InputPath`), a constant (`Input`) or a filled-in template. */
import { AwsError } from '../aws-error.ts';

export interface InputTransformer {
  /** Variable name → JSON path, at most 100. */
  readonly InputPathsMap?: Readonly<Record<string, string>>;
  readonly InputTemplate: string;
}

export interface TargetInput {
  readonly input?: string;
  readonly inputPath?: string;
  readonly inputTransformer?: InputTransformer;
}

export interface TransformContext {
  readonly ruleArn: string;
  readonly ruleName: string;
  readonly ingestionTime: string;
}

type PathStep = string | number | typeof EVERY;
const EVERY = Symbol('every member');
const PATH = /^\$((?:\.[A-Za-z0-9_/-]+|\.\*|\[\d+\]|\[\*\]|\['[^'\]]+'\])*)$/;
const PATH_STEP = /\.([A-Za-z0-9_/-]+)|\[(\d+)\]|\['([^'\]]+)'\]|\.\*|\[\*\]/g;
const PLACEHOLDER = /<([A-Za-z0-9_.-]+)>/y;

/** @throws AwsError ValidationException when a path is none that EventBridge reads. */
export function checkJsonPath(path: string, what: string): void {
  if (PATH.test(path)) return;
  throw new AwsError(
    'ValidationException',
    `Parameter ${what} is not valid. Reason: ${path} is not a supported JSON path.`,
  );
}

/** The text that the target gets. */
export function transformInput(
  target: TargetInput,
  event: Readonly<Record<string, unknown>>,
  context: TransformContext,
): string {
  if (target.input !== undefined) return target.input;
  if (target.inputPath !== undefined) return JSON.stringify(valueAt(event, target.inputPath) ?? null);
  if (target.inputTransformer === undefined) return JSON.stringify(event);
  return fillTemplate(target.inputTransformer.InputTemplate, variables(target.inputTransformer, event, context));
}

function variables(
  transformer: InputTransformer,
  event: Readonly<Record<string, unknown>>,
  context: TransformContext,
): ReadonlyMap<string, unknown> {
  const { detail: _, ...withoutDetail } = event;
  const values = new Map<string, unknown>();
  for (const [name, path] of Object.entries(transformer.InputPathsMap ?? {})) values.set(name, valueAt(event, path));
  return values
    .set('aws.events.rule-arn', context.ruleArn)
    .set('aws.events.rule-name', context.ruleName)
    .set('aws.events.event.ingestion-time', context.ingestionTime)
    .set('aws.events.event', withoutDetail)
    .set('aws.events.event.json', event);
}

/**
 * Inside a JSON string of the template a value is inserted as text, elsewhere as JSON. A path that finds nothing leaves
 * the string without it, or `null` elsewhere, so that the result is still JSON.
 */
function fillTemplate(template: string, values: ReadonlyMap<string, unknown>): string {
  let filled = '';
  let inString = false;
  let position = 0;
  while (position < template.length) {
    PLACEHOLDER.lastIndex = position;
    const name = PLACEHOLDER.exec(template)?.[1];
    if (name !== undefined && values.has(name)) {
      filled += inString ? asText(values.get(name)) : JSON.stringify(values.get(name) ?? null);
      position = PLACEHOLDER.lastIndex;
      continue;
    }
    const length = template[position] === '\\' && inString ? 2 : 1;
    if (template[position] === '"') inString = !inString;
    filled += template.slice(position, position + length);
    position += length;
  }
  return filled;
}

function asText(value: unknown): string {
  if (value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return JSON.stringify(text).slice(1, -1);
}

function valueAt(event: unknown, path: string): unknown {
  return follow(event, steps(path));
}

function steps(path: string): PathStep[] {
  return [...path.matchAll(PATH_STEP)].map(([, name, index, quoted]) => {
    if (index !== undefined) return Number(index);
    return name ?? quoted ?? EVERY;
  });
}

function follow(value: unknown, [step, ...rest]: readonly PathStep[]): unknown {
  if (step === undefined) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  if (step === EVERY) {
    const found = Object.values(value).map((member) => follow(member, rest));
    return found.filter((member) => member !== undefined);
  }
  if (typeof step === 'number') return Array.isArray(value) ? follow(value[step], rest) : undefined;
  return Object.hasOwn(value, step) ? follow((value as Record<string, unknown>)[step], rest) : undefined;
}
