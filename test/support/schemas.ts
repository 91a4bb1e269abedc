/** The schemas in docs/, read strictly: what a schema does not name must not be there. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';

const DOCS = path.resolve(import.meta.dirname, '../../docs');
const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, formats: { 'date-time': true } });

type Schema = Readonly<Record<string, unknown>>;

/** By detail-type. */
const events = new Map<string, ValidateFunction>();
for (const file of readdirSync(path.join(DOCS, 'events'))) {
  const schema = readSchema(path.join('events', file));
  events.set(String(schema.title), ajv.compile(closed(schema) as Schema));
}
const evidence = ajv.compile(closed(readSchema('evidence.schema.json')) as Schema);

export const DOCUMENTED_EVENTS: readonly string[] = [...events.keys()].sort();

/** What is wrong with an announcement; empty when it is as documented. */
export function eventProblems(detailType: string, detail: unknown): readonly string[] {
  const validate = events.get(detailType);
  if (validate === undefined) return [`docs/events has no schema with the title ${detailType}`];
  return problemsOf(validate, JSON.parse(JSON.stringify(detail)));
}

export function evidenceProblems(value: unknown): readonly string[] {
  return problemsOf(evidence, value);
}

function problemsOf(validate: ValidateFunction, value: unknown): readonly string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    [instancePath, message, JSON.stringify(params)].join(' '),
  );
}

function readSchema(file: string): Schema {
  return JSON.parse(readFileSync(path.join(DOCS, file), 'utf8')) as Schema;
}

/** With no further members wherever members are named. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  return 'properties' in inner && 'type' in inner ? { ...inner, additionalProperties: false } : inner;
}
