import { didYouMean } from './did-you-mean.ts';
import type { Vocabulary } from './placeholders.ts';
import type { Place, ProblemList } from './problems.ts';
import { readAllow } from './read-allow.ts';
import { readTemplate, type TemplateContext } from './read-template.ts';
import { isBroken, isNull, readMap } from './read-values.ts';
import { checkDependence, checkOutputUri } from './run-rules.ts';
import type { RunTemplate } from './run-template.ts';
import type { Entry, MapNode, SourceNode } from './source-nodes.ts';
import {
  checkMember,
  isStartRunMember,
  ruleOf,
  START_RUN_MEMBER_NAMES,
  type StartRunMember,
} from './start-run-members.ts';
import type { ValueTemplate } from './template.ts';

export interface RunContext {
  readonly words: Vocabulary;
  /** `{route}`, known when the file is loaded. */
  readonly routeName: string;
  readonly sensitive: readonly string[];
  /** Whether the dropped object may be the request. */
  readonly mayBeObject: boolean;
  readonly problems: ProblemList;
}

/** Members that say with whose rights, where and on what a run works: a drop has no say in them. */
export const FIXED: ReadonlySet<string> = new Set([
  'workflowId',
  'workflowType',
  'workflowOwnerId',
  'runId',
  'roleArn',
  'cacheId',
  'runGroupId',
  'networkingMode',
  'configurationName',
]);
/** Their braces are their own. */
const VERBATIM: ReadonlySet<string> = new Set(['sessionPolicy', 'engineSettings']);
const OUTSIDE: ReadonlySet<string> = new Set(['name', 'tags', 'outputUri']);

/** Reads a `run:` with the file's defaults under it. Undefined when it is no group of members at all. */
export function readRun(node: SourceNode, defaults: MapNode | undefined, context: RunContext): RunTemplate | undefined {
  const { problems } = context;
  const map = readMap(node, problems);
  if (map === undefined) return undefined;
  for (const { key, keyPlace } of map.entries.values()) checkKey(key, keyPlace, problems);
  const entries = mergeDefaults(map, defaults);
  const members = new Map<string, ValueTemplate>();
  for (const name of START_RUN_MEMBER_NAMES) {
    const entry = entries.get(name);
    const template = entry === undefined ? undefined : readMember(name, entry, context);
    if (template !== undefined) members.set(name, template);
  }
  const outputEntry = entries.get('outputUri');
  const outputPrefix = checkOutputUri(members.get('outputUri'), outputEntry?.node.place, context);
  const allow = readFromObject(map, context);
  checkDependence({ entries, members, place: node.place, allow, problems });
  return { members, outputPrefix, ...(allow === undefined ? {} : { fromObject: { allow } }) };
}

/** Also for the members of `defaults`, which may hold neither `fromObject` nor `allow`. */
export function checkKey(key: string, place: Place, problems: ProblemList, own = ['fromObject', 'allow']): void {
  if (isStartRunMember(key) || own.includes(key)) return;
  if (key === 'requestId')
    problems.error(place, 'requestId must be left out: Rundrop sets it, so that a run starts once');
  else
    problems.error(
      place,
      `unknown member "${key}" of a StartRun request`,
      didYouMean(key, [...START_RUN_MEMBER_NAMES, ...own]),
    );
}

/** The route's members over the defaults. `null` unsets; tags and parameters merge one by one. */
function mergeDefaults(run: MapNode, defaults: MapNode | undefined): ReadonlyMap<string, Entry> {
  const merged = new Map(defaults?.entries);
  for (const [key, entry] of run.entries) {
    const under = merged.get(key);
    const both = (key === 'tags' || key === 'parameters') && under?.node.kind === 'map' && entry.node.kind === 'map';
    if (both) merged.set(key, { ...entry, node: mergeMaps(under.node as MapNode, entry.node as MapNode) });
    else merged.set(key, entry);
  }
  for (const [key, { node }] of merged) if (isNull(node)) merged.delete(key);
  return merged;
}

function mergeMaps(under: MapNode, over: MapNode): MapNode {
  const entries = new Map(under.entries);
  for (const [key, entry] of over.entries) {
    if (isNull(entry.node) && entries.has(key)) entries.delete(key);
    else entries.set(key, entry);
  }
  return { ...over, entries };
}

function readMember(name: StartRunMember, { node }: Entry, context: RunContext): ValueTemplate | undefined {
  const { problems } = context;
  if (isBroken(node)) return undefined;
  const template = readTemplate(node, templateContext(name, context));
  if (template === undefined) return undefined;
  if (template.kind !== 'constant') return template;
  const constant = toNumber(name, template);
  const broken = checkMember(name, constant.value);
  for (const rule of broken) problems.error(node.place, rule, suggestValue(name, constant.value));
  return broken.length === 0 ? constant : undefined;
}

function templateContext(name: StartRunMember, context: RunContext): TemplateContext {
  const rule = ruleOf(name);
  const isDocument = rule.type === 'document';
  return {
    words: context.words,
    routeName: context.routeName,
    problems: context.problems,
    text: rule.type === 'text' || rule.type === 'choice' ? 'whole' : rule.type === 'tags' ? 'members' : 'none',
    placeholders: VERBATIM.has(name) ? 'verbatim' : FIXED.has(name) ? 'refused' : 'filled',
    secret: OUTSIDE.has(name) ? context.sensitive : [],
    shape: isDocument || rule.type === 'tags' ? 'map' : 'scalar',
  };
}

/** A whole number may be quoted: that is how it comes out of the environment. */
function toNumber(name: StartRunMember, template: Extract<ValueTemplate, { kind: 'constant' }>): typeof template {
  const { value } = template;
  if (ruleOf(name).type !== 'integer' || typeof value !== 'string' || !/^[0-9]{1,9}$/.test(value)) return template;
  return { kind: 'constant', value: Number(value) };
}

function suggestValue(name: StartRunMember, value: unknown): string | undefined {
  const rule = ruleOf(name);
  return rule.type === 'choice' && typeof value === 'string' ? didYouMean(value, rule.values) : undefined;
}

function readFromObject(map: MapNode, context: RunContext): ReturnType<typeof readAllow> | undefined {
  const { problems } = context;
  const fromObject = map.entries.get('fromObject');
  const allow = map.entries.get('allow');
  const value = fromObject?.node.kind === 'scalar' ? fromObject.node.value : undefined;
  if (fromObject !== undefined && value !== true && value !== false) {
    problems.error(fromObject.node.place, 'must be true or false');
  }
  if (value !== true) {
    if (allow !== undefined) problems.error(allow.keyPlace, '`allow` goes with fromObject: true');
    return undefined;
  }
  if (!context.mayBeObject && fromObject !== undefined) {
    problems.error(
      fromObject.keyPlace,
      'only a route that one dropped object starts can take the request from the object',
    );
  }
  return readAllow(allow, { run: map, problems });
}
