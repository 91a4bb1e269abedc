/** The JSON Schema of route files, for completion in editors. Made from the tables by which the loader reads them. */
import { PRUNABLE_STATUSES } from '../quota/prune-settings.ts';
import { OUT_OF_SPACE, RETRY_CHOICES, SMALLEST_STATIC_GIB } from '../runs/retry.ts';
import { ACTIVE_RUN_STATUSES } from '../runs/run-status.ts';
import { ALLOW_LISTS } from './read-allow.ts';
import { STORAGE_CLASSES, WHEN_KEYS } from './read-conditions.ts';
import { GATHER_KEYS } from './read-gather.ts';
import {
  LIMIT_KEYS,
  MOST_ATTEMPTS,
  MOST_RUNS_PER_DAY,
  MOST_STATIC_GIB,
  ON_QUOTA,
  RETRY_KEYS,
  STORAGE_KEYS,
} from './read-life.ts';
import { MOST_KEPT, MOST_PER_SWEEP, PRUNE_KEYS, PRUNED_RUNS } from './read-prune.ts';
import { ROUTE_KEYS } from './read-route.ts';
import { FIXED } from './read-run.ts';
import { NAME, SCHEDULE_KEYS } from './read-schedule.ts';
import { OUTCOME_STATUSES } from './route.ts';
import { FILE_KEYS } from './route-file-content.ts';
import { KEY_DESCRIPTIONS as say } from './route-file-descriptions.ts';
import { DELIMITER_WORDS, MOST_ROWS, SHEET_KEYS } from './sheet-format.ts';
import {
  type MemberRule,
  ruleOf,
  START_RUN_MEMBER_NAMES,
  START_RUN_MEMBERS,
  type StartRunMember,
} from './start-run-members.ts';

/** As much of JSON Schema 2020-12 as is used here. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** The schema of a route file of version 1. What only the loader can tell (wildcards, placeholders) it lets pass. */
export function routeFileSchema(): Schema {
  return {
    $schema: DIALECT,
    title: 'Rundrop route file',
    description: 'Which object drops start which AWS HealthOmics runs.',
    ...group(FILE_KEYS, {
      version: { const: 1 },
      defaults: { ...nullable(runSchema([])), description: say.defaults },
      routes: { type: 'array', items: ref('route') },
      schedules: { type: 'array', items: ref('schedule') },
      prune: pruneSchema(),
    }),
    required: ['version'],
    anyOf: [{ required: ['routes'] }, { required: ['schedules'] }],
    $defs: { route: routeSchema(), schedule: scheduleSchema(), run: runSchema(['fromObject', 'allow']) },
  };
}

/** As it is published: `rundrop.schema.json`. */
export function routeFileSchemaText(): string {
  return `${JSON.stringify(routeFileSchema(), null, 2)}\n`;
}

/** A group of exactly these members; a table that gains one does not compile until it is described here. */
function group<Key extends string>(keys: readonly Key[], properties: Readonly<Record<Key, Schema>>): Schema {
  const described = keys.map((key) => {
    const description = (say as Readonly<Record<string, string>>)[key];
    return [key, description === undefined ? properties[key] : { description, ...properties[key] }];
  });
  return { type: 'object', additionalProperties: false, properties: Object.fromEntries(described) };
}

const TEXT: Schema = { type: ['string', 'number'] };
const TEXTS: Schema = { anyOf: [TEXT, { type: 'array', items: TEXT, minItems: 1 }] };
const DURATION: Schema = { type: 'string', pattern: `^\\s*[0-9]{1,9}\\s*[smhd]\\s*$|${'\\$\\{env:'}` };
const NAME_TEXT: Schema = { type: ['string', 'number'], pattern: `${NAME.source}|\\$\\{env:` };

function ref(name: string): Schema {
  return { $ref: `#/$defs/${name}` };
}

function nullable(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

/** A whole number, also one that comes from the environment. */
function whole(min: number, max: number): Schema {
  return {
    anyOf: [
      { type: 'integer', minimum: min, maximum: max },
      { type: 'string', pattern: '^[0-9]+$|\\$\\{env:' },
    ],
  };
}

function choice(values: readonly string[]): Schema {
  return { anyOf: [{ enum: values }, { type: 'string', pattern: '\\$\\{env:' }] };
}

function routeSchema(): Schema {
  const object = { bucket: { ...TEXT, description: say.bucket }, key: { ...TEXT, description: say.key } };
  const outcome = {
    route: TEXT,
    status: { anyOf: [choice(OUTCOME_STATUSES), { type: 'array', items: choice(OUTCOME_STATUSES) }] },
  };
  const map = (values: Schema): Schema => ({ type: 'object', additionalProperties: values });
  return {
    ...group(ROUTE_KEYS, {
      name: NAME_TEXT,
      on: { anyOf: [closed(object, ['bucket', 'key']), closed(outcome, ['route', 'status'])] },
      except: map(TEXTS),
      when: nullable(
        group(WHEN_KEYS, {
          size: TEXT,
          storageClass: { anyOf: [choice(STORAGE_CLASSES), { type: 'array', items: choice(STORAGE_CLASSES) }] },
          tag: map(TEXTS),
        }),
      ),
      gather: nullable(gatherSchema(map)),
      each: nullable({ anyOf: [{ const: 'row' }, closed({ group: TEXT }, ['group'])] }),
      sheet: nullable(sheetSchema()),
      identity: choice(['content', 'version']),
      sensitive: TEXTS,
      run: ref('run'),
      ...lifeSchemas(),
    }),
    required: ['name', 'on', 'run'],
  };
}

function gatherSchema(map: (values: Schema) => Schema): Schema {
  const needs = {
    anyOf: [
      closed({ count: whole(1, 1000) }, ['count']),
      closed({ marker: TEXT }, ['marker']),
      { ...map(TEXTS), minProperties: 1 },
    ],
  };
  const properties = { by: TEXTS, needs, within: DURATION, quiet: DURATION, onChange: choice(['hold', 'restart']) };
  return {
    ...group(GATHER_KEYS, properties),
    required: ['by'],
    anyOf: [{ required: ['needs'] }, { required: ['quiet'] }],
  };
}

function sheetSchema(): Schema {
  return group(SHEET_KEYS, {
    section: TEXT,
    columns: TEXTS,
    optional: TEXTS,
    delimiter: choice([...DELIMITER_WORDS, ',', '\t', ';', '|']),
    maxRows: whole(1, MOST_ROWS),
    maxSize: TEXT,
  });
}

function scheduleSchema(): Schema {
  return {
    ...group(SCHEDULE_KEYS, {
      name: NAME_TEXT,
      cron: TEXT,
      rate: TEXT,
      at: TEXT,
      timezone: TEXT,
      run: ref('run'),
      ...lifeSchemas(),
    }),
    required: ['name', 'run'],
    oneOf: [{ required: ['cron'] }, { required: ['rate'] }, { required: ['at'] }],
  };
}

/** What routes and schedules say alike. */
function lifeSchemas() {
  const reasons = {
    type: 'object',
    propertyNames: { pattern: '^[A-Z][A-Z0-9_]{0,63}$' },
    properties: { [OUT_OF_SPACE]: choice(RETRY_CHOICES) },
    additionalProperties: choice(RETRY_CHOICES.filter((rule) => rule !== 'enlarge')),
  };
  const upTo = group(STORAGE_KEYS, { upTo: whole(SMALLEST_STATIC_GIB, MOST_STATIC_GIB) });
  const inStatus = Object.fromEntries(ACTIVE_RUN_STATUSES.map((status) => [status, DURATION]));
  return {
    retry: group(RETRY_KEYS, {
      attempts: whole(1, MOST_ATTEMPTS),
      on: { ...nullable(reasons), description: say.failureReasons },
      storage: nullable({ anyOf: [choice(['DYNAMIC']), { ...upTo, required: ['upTo'] }] }),
    }),
    limits: group(LIMIT_KEYS, { maxRunsPerDay: whole(1, MOST_RUNS_PER_DAY), inStatus: closed(inStatus, []) }),
    onQuota: choice(ON_QUOTA),
  };
}

function pruneSchema(): Schema {
  const statuses = choice(PRUNABLE_STATUSES);
  const properties = {
    olderThan: DURATION,
    statuses: { anyOf: [statuses, { type: 'array', items: statuses, minItems: 1 }] },
    keepNewest: whole(0, MOST_KEPT),
    keepTag: TEXT,
    runs: choice(PRUNED_RUNS),
    mostPerSweep: whole(1, MOST_PER_SWEEP),
    dryRun: { anyOf: [{ type: 'boolean' }, { type: 'string', pattern: '^(true|false)$|\\$\\{env:' }] },
  };
  return { ...group(PRUNE_KEYS, properties), required: ['olderThan'] };
}

function closed(properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema {
  return { type: 'object', additionalProperties: false, properties, required };
}

/** The members of StartRun, and of ours those that are named. */
function runSchema(own: readonly ('fromObject' | 'allow')[]): Schema {
  const ours = { fromObject: { type: 'boolean', description: say.fromObject }, allow: allowSchema() };
  const members = START_RUN_MEMBER_NAMES.map((name) => [name, memberSchema(name)] as const);
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries([...members, ...own.map((name) => [name, ours[name]] as const)]),
  };
}

function allowSchema(): Schema {
  const lists = Object.keys(ALLOW_LISTS).map((name) => [name, TEXTS]);
  return { type: 'object', description: say.allow, additionalProperties: false, properties: Object.fromEntries(lists) };
}

/** A constant as StartRun wants it; a text with a placeholder, where a drop may have a say; or `null`, which unsets. */
function memberSchema(name: StartRunMember): Schema {
  const open = FIXED.has(name) ? '\\$\\{env:' : '[{]';
  return { description: `StartRun: ${sayRule(START_RUN_MEMBERS[name])}`, ...nullable(valueSchema(ruleOf(name), open)) };
}

function valueSchema(rule: MemberRule, open: string): Schema {
  switch (rule.type) {
    case 'text': {
      const patterns = rule.pattern === undefined ? [] : [{ pattern: unicodePattern(rule.pattern) }, { pattern: open }];
      // An id may stand there as a number, which has no pattern.
      return { type: ['string', 'number'], minLength: 1, ...(patterns.length === 0 ? {} : { anyOf: patterns }) };
    }
    case 'choice':
      return { anyOf: [{ enum: rule.values }, { type: 'string', pattern: open }] };
    case 'integer':
      return {
        anyOf: [
          { type: 'integer', minimum: 0, maximum: rule.max },
          { type: 'string', pattern: `^[0-9]{1,9}$|${open}` },
        ],
      };
    case 'document':
      return { type: 'object' };
    case 'tags':
      return { type: 'object', additionalProperties: { type: ['string', 'number', 'null'] } };
    default:
      return rule satisfies never;
  }
}

/** Validators compile patterns with the `u` flag, under which `\-` and the like stand only inside classes. */
function unicodePattern({ source }: RegExp): string {
  return source.replaceAll('\\/', '/');
}

function sayRule(rule: MemberRule): string {
  if (rule.type === 'text') return rule.form ?? `text of at most ${rule.maxLength} characters`;
  if (rule.type === 'choice') return rule.values.join(' or ');
  return rule.type === 'integer' ? `a whole number from 0 to ${rule.max}` : 'names and values';
}
