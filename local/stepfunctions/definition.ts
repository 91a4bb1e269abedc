/**
 * A state machine's definition, read once into what the runner walks. What the runner would not run as AWS does is
 * refused here, naming the state and the reason, never passed over.
 */
import { AwsError } from '../aws-error.ts';
import type { JsonObject } from '../aws-json.ts';
import { normaliseRule } from './choice-rules.ts';
import { DefinitionFault, isObject } from './paths.ts';
import { type Integration, readIntegration } from './resources.ts';
import { type Catcher, type Retrier, readCatchers, readRetriers } from './retry-rules.ts';
import { checkFields, STATE_TYPES, type StateType } from './state-fields.ts';

export interface ChoiceBranch {
  readonly rule: JsonObject;
  readonly next: string;
}

export interface State {
  readonly name: string;
  readonly type: StateType;
  /** The state as it was written. */
  readonly fields: JsonObject;
  /** Absent where the block ends, and for a Choice. */
  readonly next: string | undefined;
  readonly retriers: readonly Retrier[];
  readonly catchers: readonly Catcher[];
  readonly choices: readonly ChoiceBranch[];
  /** Of a Task only. */
  readonly integration: Integration | undefined;
  /** The branches of a Parallel; the one processor of a Map. */
  readonly blocks: readonly Block[];
}

export interface Block {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, State>;
}

export interface Program {
  readonly block: Block;
  readonly timeoutSeconds: number | undefined;
}

const MAX_DEPTH = 10;

/** @throws AwsError `InvalidDefinition` that names the state and the reason. */
export function readDefinition(definition: string): Program {
  let value: unknown;
  try {
    value = JSON.parse(definition);
  } catch (error) {
    throw invalid('INVALID_JSON_DESCRIPTION', `the definition is not JSON: ${String(error)}`, '/', error);
  }
  if (!isObject(value)) throw invalid('SCHEMA_VALIDATION_FAILED', 'the definition must be an object', '/');
  const timeoutSeconds = value.TimeoutSeconds;
  if (timeoutSeconds !== undefined && !(Number.isInteger(timeoutSeconds) && Number(timeoutSeconds) > 0)) {
    throw invalid('SCHEMA_VALIDATION_FAILED', 'TimeoutSeconds must be a whole number above 0', '/TimeoutSeconds');
  }
  refuseJsonata(value, '/');
  const block = readBlock(value, '', new Set(), 0);
  return { block, timeoutSeconds: timeoutSeconds as number | undefined };
}

function readBlock(value: JsonObject, where: string, names: Set<string>, depth: number): Block {
  if (depth > MAX_DEPTH)
    throw invalid('SCHEMA_VALIDATION_FAILED', `states are nested more than ${MAX_DEPTH} deep`, where);
  if (!isObject(value.States)) throw invalid('SCHEMA_VALIDATION_FAILED', 'States must be an object', `${where}/States`);
  const states = new Map<string, State>();
  for (const [name, fields] of Object.entries(value.States)) {
    if (names.has(name))
      throw invalid('DUPLICATE_STATE_NAME', `the state name ${name} is used twice`, `${where}/States/${name}`);
    names.add(name);
    states.set(name, readState(name, fields, `${where}/States/${name}`, names, depth));
  }
  const startAt = value.StartAt;
  if (typeof startAt !== 'string' || !states.has(startAt)) {
    throw invalid(
      'MISSING_TRANSITION_TARGET',
      `StartAt names ${JSON.stringify(startAt)}, which is not a state`,
      `${where}/StartAt`,
    );
  }
  for (const state of states.values()) checkTargets(state, states, where);
  return { startAt, states };
}

function readState(name: string, fields: unknown, where: string, names: Set<string>, depth: number): State {
  if (!isObject(fields)) throw invalid('SCHEMA_VALIDATION_FAILED', 'a state must be an object', where);
  refuseJsonata(fields, where);
  const type = STATE_TYPES.find((known) => known === fields.Type);
  if (type === undefined)
    throw invalid('SCHEMA_VALIDATION_FAILED', `${JSON.stringify(fields.Type)} is not a state type`, where);
  try {
    checkFields(type, fields);
    return {
      name,
      type,
      fields,
      next: fields.Next as string | undefined,
      retriers: readRetriers(fields.Retry),
      catchers: readCatchers(fields.Catch),
      choices: readChoices(fields.Choices),
      integration: type === 'Task' ? readIntegration(fields) : undefined,
      blocks: innerBlocks(type, fields).map(([key, block]) => readBlock(block, `${where}/${key}`, names, depth + 1)),
    };
  } catch (error) {
    if (error instanceof DefinitionFault) throw invalid('SCHEMA_VALIDATION_FAILED', error.message, where, error);
    throw error;
  }
}

function readChoices(choices: unknown): ChoiceBranch[] {
  if (!Array.isArray(choices)) return [];
  return choices.map((choice: unknown) => {
    if (!isObject(choice) || typeof choice.Next !== 'string') throw new DefinitionFault('each of Choices needs a Next');
    return { rule: normaliseRule(choice), next: choice.Next };
  });
}

function innerBlocks(type: StateType, fields: JsonObject): [string, JsonObject][] {
  if (type === 'Parallel') {
    if (!Array.isArray(fields.Branches) || fields.Branches.length === 0)
      throw new DefinitionFault('Branches must be a list of at least one');
    return fields.Branches.map((branch: unknown, index) => [`Branches[${index}]`, blockObject(branch)]);
  }
  if (type !== 'Map') return [];
  const key = 'ItemProcessor' in fields ? 'ItemProcessor' : 'Iterator';
  const processor = blockObject(fields[key]);
  const mode = isObject(processor.ProcessorConfig) ? processor.ProcessorConfig.Mode : undefined;
  if (mode !== undefined && mode !== 'INLINE')
    throw new DefinitionFault('a distributed Map does not run on this laptop AWS');
  return [[key, processor]];
}

function blockObject(value: unknown): JsonObject {
  if (!isObject(value)) throw new DefinitionFault('Branches and ItemProcessor must be objects with StartAt and States');
  return value;
}

function checkTargets(state: State, states: ReadonlyMap<string, State>, where: string): void {
  const targets = [
    ...(state.next === undefined ? [] : [state.next]),
    ...state.choices.map((choice) => choice.next),
    ...state.catchers.map((catcher) => catcher.next),
    ...(typeof state.fields.Default === 'string' ? [state.fields.Default] : []),
  ];
  const missing = targets.find((target) => !states.has(target));
  if (missing === undefined) return;
  throw invalid(
    'MISSING_TRANSITION_TARGET',
    `the state ${missing} is named but not there`,
    `${where}/States/${state.name}`,
  );
}

function refuseJsonata(fields: JsonObject, where: string): void {
  if (fields.QueryLanguage === undefined || fields.QueryLanguage === 'JSONPath') return;
  throw invalid(
    'SCHEMA_VALIDATION_FAILED',
    `QueryLanguage ${JSON.stringify(fields.QueryLanguage)} does not run on this laptop AWS`,
    where,
  );
}

function invalid(code: string, reason: string, where: string, cause?: unknown): AwsError {
  return new AwsError('InvalidDefinition', `Invalid State Machine Definition: '${code}: ${reason} at ${where}'`, {
    cause,
  });
}
