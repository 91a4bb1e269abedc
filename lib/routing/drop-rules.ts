/** The EventBridge rules that bring drops: one for each bucket, with the keys of its routes as far as AWS takes them. */
import {
  complexityOf,
  filterOf,
  isWildcard,
  type KeyFilter,
  type KeyOutline,
  leastOutlines,
  outlinesOf,
  PRECISIONS,
  type Precision,
} from './key-filters.ts';
import type { KeyPattern } from './key-pattern.ts';
import type { Route } from './route.ts';

export interface DropRule {
  /** Several where the rule takes every object of each. */
  readonly buckets: readonly string[];
  /** Absent: every key. */
  readonly keys?: readonly KeyFilter[];
}

export interface DropRules {
  readonly rules: readonly DropRule[];
  /** Where a rule takes more than its routes ask for, and why: a sentence each. */
  readonly notes: readonly string[];
}

/** `keys`: objects that no route could take cause no invocation. `buckets`: every object comes, and is logged. */
export type RulePrecision = 'keys' | 'buckets';

/** EventBridge's quota "Event pattern size", in characters. */
export const PATTERN_LIMIT = 2048;
/** What packaging adds: the region, and up to 21 accounts. */
const ACCOUNTS_AND_REGION = 400;
/** EventBridge refuses a rule as too complex, at a limit that it does not publish; its matcher's own tests use 100. */
const COMPLEXITY_LIMIT = 50;
/** A bus takes 30 rules with wildcards, and this bus is the account's default one: others have rules too. */
const MOST_WILDCARD_RULES = 10;
/** Of the 100 rules that a bus takes in the regions with the least. */
const MOST_RULES = 30;

export function compileDropRules(routes: readonly Route[], precision: RulePrecision): DropRules {
  const buckets = [...Map.groupBy(routes, ({ bucket }) => bucket)].sort(([a], [b]) => (a < b ? -1 : 1));
  const rules: DropRule[] = [];
  const notes: string[] = [];
  const whole: string[] = [];
  let wildcardRules = 0;
  for (const [bucket, own] of buckets) {
    const taken = { rules: rules.length, wildcardRules };
    const compiled = precision === 'keys' ? compileBucket(bucket, own, taken) : {};
    if (compiled.note !== undefined) notes.push(compiled.note);
    if (compiled.outlines === undefined) {
      whole.push(bucket);
      continue;
    }
    rules.push({ buckets: [bucket], keys: keysOf(compiled.outlines) });
    if (compiled.outlines.some(isWildcard)) wildcardRules += 1;
  }
  return { rules: [...rules, ...inChunks(whole).map((chunk) => ({ buckets: chunk }))], notes };
}

interface Taken {
  readonly rules: number;
  readonly wildcardRules: number;
}

interface CompiledBucket {
  /** Absent: every object of the bucket. */
  readonly outlines?: readonly KeyOutline[];
  readonly note?: string;
}

/** The most precise rule that EventBridge takes. */
function compileBucket(bucket: string, routes: readonly Route[], taken: Taken): CompiledBucket {
  if (taken.rules >= MOST_RULES) return sayWhole(bucket, `${MOST_RULES} other buckets have rules of their own`);
  const patterns = routes.flatMap(patternsOf);
  let obstacle: string | undefined;
  for (const precision of PRECISIONS) {
    const outlines = leastOutlines(patterns.flatMap((pattern) => outlinesOf(pattern, precision)));
    if (outlines.some((outline) => filterOf(outline) === undefined)) {
      return sayWhole(bucket, obstacle ?? 'a route says neither how its keys begin nor how they end');
    }
    const found = sayObstacle(bucket, outlines, taken);
    if (found === undefined) return { outlines, ...noteOf(bucket, precision, obstacle) };
    obstacle = precision === 'choices' ? undefined : (obstacle ?? found);
  }
  return sayWhole(bucket, obstacle ?? '');
}

/** What a route looks at: its key, and the marker that completes its sets. */
function patternsOf({ pattern, gather }: Route): readonly KeyPattern[] {
  return gather?.needs.kind === 'marker' ? [pattern, gather.needs.pattern] : [pattern];
}

function keysOf(outlines: readonly KeyOutline[]): readonly KeyFilter[] {
  return outlines.flatMap((outline) => filterOf(outline) ?? []);
}

/** Why EventBridge would not take the rule. */
function sayObstacle(bucket: string, outlines: readonly KeyOutline[], taken: Taken): string | undefined {
  const size = sizeOf({ buckets: [bucket], keys: keysOf(outlines) });
  if (size > PATTERN_LIMIT) {
    return `the keys of its routes make a pattern of ${size} characters, and EventBridge takes ${PATTERN_LIMIT}`;
  }
  const complexity = complexityOf(outlines);
  if (complexity > COMPLEXITY_LIMIT) {
    return `the wildcards of its routes are too complex for EventBridge (${complexity}, and ${COMPLEXITY_LIMIT} is safe)`;
  }
  return outlines.some(isWildcard) && taken.wildcardRules >= MOST_WILDCARD_RULES
    ? `${MOST_WILDCARD_RULES} rules have wildcards already, of the 30 that a bus takes from everybody`
    : undefined;
}

function noteOf(bucket: string, precision: Precision, obstacle: string | undefined): { readonly note?: string } {
  if (obstacle === undefined) return {};
  const rest = precision === 'ends' ? 'how keys begin and end' : 'how keys begin';
  return { note: `${bucket}: its rule says only ${rest}, because ${obstacle}.` };
}

function sayWhole(bucket: string, reason: string): CompiledBucket {
  return { note: `${bucket}: its rule takes every object of the bucket, because ${reason}.` };
}

/** As many names as fit into a pattern. */
function inChunks(buckets: readonly string[]): readonly (readonly string[])[] {
  const chunks: string[][] = [];
  for (const bucket of buckets) {
    const last = chunks.at(-1);
    if (last !== undefined && sizeOf({ buckets: [...last, bucket] }) <= PATTERN_LIMIT) last.push(bucket);
    else chunks.push([bucket]);
  }
  return chunks;
}

function sizeOf(rule: DropRule): number {
  return JSON.stringify(eventPatternOf(rule)).length + ACCOUNTS_AND_REGION;
}

/** The rule's event pattern, as `Object Created` events of S3 look (Amazon S3 in the EventBridge reference). */
export function eventPatternOf({ buckets, keys }: DropRule): Readonly<Record<string, unknown>> {
  return {
    source: ['aws.s3'],
    'detail-type': ['Object Created'],
    detail: { bucket: { name: buckets }, ...(keys === undefined ? {} : { object: { key: keys } }) },
  };
}
