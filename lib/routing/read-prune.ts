import { PRUNABLE_STATUSES, type PrunableStatus, type PruneRules } from '../quota/prune-settings.ts';
import type { ProblemList } from './problems.ts';
import { describe, isBroken, readChoice, readGroup, readInteger, readText } from './read-values.ts';
import type { Entry, SourceNode } from './source-nodes.ts';
import { parseDuration } from './units.ts';

export const PRUNE_KEYS = ['olderThan', 'statuses', 'keepNewest', 'keepTag', 'runs', 'mostPerSweep', 'dryRun'] as const;
export const PRUNED_RUNS = ['ours', 'all'] as const;
export const MOST_PER_SWEEP = 500;
/** More than any account's quota. */
export const MOST_KEPT = 10_000_000;
const DEFAULT_PER_SWEEP = 50;
const DEFAULT_TAG = 'keep';
/** Whoever follows a run has long recorded its outcome by then. */
const SHORTEST_AGE_MS = 24 * 3_600_000;
const LONGEST_TAG = 128;

/** Reads `prune:`. It deletes nothing unless it says `dryRun: false`. */
export function readPrune(entry: Entry | undefined, problems: ProblemList): PruneRules | undefined {
  if (entry === undefined) return undefined;
  const entries = readGroup(entry.node, { known: PRUNE_KEYS }, problems);
  if (entries === undefined) return undefined;
  const of = <T>(key: (typeof PRUNE_KEYS)[number], read: (node: SourceNode) => T | undefined): T | undefined => {
    const one = entries.get(key);
    return one === undefined ? undefined : read(one.node);
  };
  if (!entries.has('olderThan'))
    problems.error(entry.node.place, '`olderThan` is missing: after how long a run may go');
  const olderThanMs = of('olderThan', (node) => readAge(node, problems));
  const statuses = of('statuses', (node) => readStatuses(node, problems));
  const keepNewest = of('keepNewest', (node) => readInteger(node, { min: 0, max: MOST_KEPT }, problems));
  const keepTag = of('keepTag', (node) => readTag(node, problems));
  const runs = of('runs', (node) => readChoice(node, PRUNED_RUNS, problems));
  const mostPerSweep = of('mostPerSweep', (node) => readInteger(node, { min: 1, max: MOST_PER_SWEEP }, problems));
  const dryRun = of('dryRun', (node) => readBoolean(node, problems)) ?? true;
  if (olderThanMs === undefined) return undefined;
  return {
    olderThanMs,
    statuses: statuses ?? ['COMPLETED'],
    keepNewest: keepNewest ?? 0,
    keepTag: keepTag ?? DEFAULT_TAG,
    runs: runs ?? 'ours',
    mostPerSweep: mostPerSweep ?? DEFAULT_PER_SWEEP,
    dryRun,
  };
}

function readAge(node: SourceNode, problems: ProblemList): number | undefined {
  const text = readText(node, problems);
  if (text === undefined) return undefined;
  const ageMs = parseDuration(text);
  if (ageMs !== undefined && ageMs >= SHORTEST_AGE_MS) return ageMs;
  problems.error(node.place, `must be a duration from 1d to 365d, as in 90d, not "${text}"`);
  return undefined;
}

function readStatuses(node: SourceNode, problems: ProblemList): readonly PrunableStatus[] | undefined {
  const nodes = node.kind === 'list' ? node.items : [node];
  if (nodes.length === 0) problems.error(node.place, 'must not be an empty list');
  const read = nodes.map((item) => readChoice(item, PRUNABLE_STATUSES, problems));
  const statuses = read.filter((status) => status !== undefined);
  return statuses.length === nodes.length && statuses.length > 0 ? [...new Set(statuses)] : undefined;
}

function readTag(node: SourceNode, problems: ProblemList): string | undefined {
  const tag = readText(node, problems);
  if (tag === undefined || tag.length <= LONGEST_TAG) return tag;
  problems.error(node.place, `must be a tag's key, at most ${LONGEST_TAG} characters`);
  return undefined;
}

function readBoolean(node: SourceNode, problems: ProblemList): boolean | undefined {
  if (isBroken(node)) return undefined;
  const text = node.kind === 'scalar' ? node.text : undefined;
  if (text === 'true' || text === 'false') return text === 'true';
  problems.error(node.place, `must be true or false, not ${describe(node)}`);
  return undefined;
}
