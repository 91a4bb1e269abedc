/** What a workflow's zip says about the workflow: engine, main file, digest, parameter template. */
import { createHash } from 'node:crypto';
import type { ParameterTemplate, WorkflowParameter } from './workflow.ts';
import { readZip, type ZipEntry } from './zip.ts';

export interface DefinitionFacts {
  readonly engine: string;
  readonly main: string;
  readonly digest: string;
  readonly parameterTemplate?: ParameterTemplate;
}

export interface DefinitionHints {
  readonly engine?: string | undefined;
  readonly main?: string | undefined;
  readonly parameterTemplatePath?: string | undefined;
}

/** Why a definition cannot be used; its message becomes the workflow's statusMessage. */
export class DefinitionError extends Error {
  override readonly name = 'DefinitionError';
}

const LARGEST_FILE_BYTES = 4 * 1024 * 1024;
const ENGINE_OF_SUFFIX: readonly (readonly [string, string])[] = [
  ['.wdl', 'WDL'],
  ['.nf', 'NEXTFLOW'],
  ['.cwl', 'CWL'],
];

/** @throws DefinitionError */
export function readDefinition(zip: Buffer, hints: DefinitionHints): DefinitionFacts {
  const entries = readZip(zip);
  if (entries === undefined) throw new DefinitionError('The workflow definition is not a valid zip file.');
  const main = findMain(entries, hints);
  const engine = hints.engine ?? engineOf(main);
  if (engine === undefined)
    throw new DefinitionError(`The engine cannot be told from ${main}; name it in the request.`);
  const parameterTemplate = templateOf(entries, main, engine, hints.parameterTemplatePath);
  const digest = createHash('sha256').update(zip).digest('hex');
  return { engine, main, digest, ...(parameterTemplate === undefined ? {} : { parameterTemplate }) };
}

function findMain(entries: ReadonlyMap<string, ZipEntry>, hints: DefinitionHints): string {
  if (hints.main !== undefined) {
    if (entries.has(hints.main)) return hints.main;
    throw new DefinitionError(`The main file ${hints.main} is not in the workflow definition.`);
  }
  const candidates = [...entries.keys()].filter((name) => engineOf(name) !== undefined);
  const main =
    candidates.find((name) => /^main\.(wdl|nf|cwl)$/.test(name)) ??
    (candidates.length === 1 ? candidates[0] : undefined);
  if (main !== undefined) return main;
  throw new DefinitionError(
    'The workflow definition has no main file: name one main.wdl, main.nf or main.cwl, or give main.',
  );
}

function engineOf(name: string): string | undefined {
  return ENGINE_OF_SUFFIX.find(([suffix]) => name.endsWith(suffix))?.[1];
}

function templateOf(
  entries: ReadonlyMap<string, ZipEntry>,
  main: string,
  engine: string,
  path: string | undefined,
): ParameterTemplate | undefined {
  if (path !== undefined) return templateFile(entries, path);
  if (engine.startsWith('WDL')) return templateOfWdl(textOf(entries, main));
  const schema = engine === 'NEXTFLOW' ? entries.get('nextflow_schema.json') : undefined;
  return schema === undefined ? undefined : templateOfNextflowSchema(textOf(entries, 'nextflow_schema.json'));
}

function textOf(entries: ReadonlyMap<string, ZipEntry>, name: string): string {
  const entry = entries.get(name);
  if (entry === undefined) throw new DefinitionError(`${name} is not in the workflow definition.`);
  try {
    return entry.read(LARGEST_FILE_BYTES).toString('utf8');
  } catch (cause) {
    throw new DefinitionError(`${name} in the workflow definition cannot be read.`, { cause });
  }
}

function templateFile(entries: ReadonlyMap<string, ZipEntry>, path: string): ParameterTemplate {
  const parsed = jsonObject(textOf(entries, path), path);
  return Object.fromEntries(
    Object.entries(parsed).map(([name, value]) => {
      const { description, optional } = (typeof value === 'object' && value !== null ? value : {}) as WorkflowParameter;
      return [
        name,
        { ...(description === undefined ? {} : { description }), ...(optional === undefined ? {} : { optional }) },
      ];
    }),
  );
}

/** The `input` block of the workflow: an input with a default or an optional type need not be given. */
function templateOfWdl(source: string): ParameterTemplate | undefined {
  const text = source.replace(/#[^\n]*/g, '');
  const workflow = /^\s*workflow\s+\w+\s*\{/m.exec(text);
  const start = workflow === null ? -1 : text.indexOf('input', workflow.index + workflow[0].length);
  const open = start < 0 ? -1 : text.indexOf('{', start);
  const close = open < 0 ? -1 : text.indexOf('}', open);
  if (close < 0 || text.slice(start + 'input'.length, open).trim() !== '') return undefined;
  const parameters: Record<string, WorkflowParameter> = {};
  for (const line of text.slice(open + 1, close).split('\n')) {
    const declaration = /^\s*([A-Z]\w*(?:\[[^=]{0,200}\]\+?)?\??)\s+([A-Za-z]\w*)\s*(=.*)?$/.exec(line);
    if (declaration?.[1] === undefined || declaration[2] === undefined) continue;
    const optional = declaration[1].endsWith('?') || declaration[3] !== undefined;
    parameters[declaration[2]] = optional ? { optional } : {};
  }
  return Object.keys(parameters).length === 0 ? undefined : parameters;
}

function templateOfNextflowSchema(source: string): ParameterTemplate | undefined {
  const schema = jsonObject(source, 'nextflow_schema.json');
  const groups = [schema, ...Object.values(objectIn(schema.definitions)), ...Object.values(objectIn(schema.$defs))].map(
    objectIn,
  );
  const parameters: Record<string, WorkflowParameter> = {};
  for (const group of groups) {
    const required = new Set(Array.isArray(group.required) ? group.required : []);
    for (const name of Object.keys(objectIn(group.properties)))
      parameters[name] = required.has(name) ? {} : { optional: true };
  }
  return Object.keys(parameters).length === 0 ? undefined : parameters;
}

function jsonObject(text: string, name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    throw new DefinitionError(`${name} in the workflow definition is not JSON.`, { cause });
  }
  throw new DefinitionError(`${name} in the workflow definition is not a JSON object.`);
}

function objectIn(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
