/** Which runs are told to fail or to hang: by rules set at start, or by a tag of the run itself. */

import { fingerprint } from '../fingerprint.ts';
import type { Journal, JournalEntry, Journaled } from '../journal.ts';
import type { Fate, Tags } from './run.ts';

export interface FailureRule {
  /** All that are given must fit. In `name` and in the values of `parameters` and `tags`, `*` stands for any text. */
  readonly when: {
    readonly name?: string;
    readonly workflowId?: string;
    readonly tags?: Readonly<Record<string, string>>;
    readonly parameters?: Readonly<Record<string, string>>;
  };
  readonly failureReason: string;
  /** The status in which it fails; default RUNNING. */
  readonly at?: 'STARTING' | 'RUNNING' | 'STOPPING';
  /** Only the first so many runs that fit; all when absent. */
  readonly times?: number;
  /** Instead of failing, the run stays in this status until it is cancelled. */
  readonly hang?: 'PENDING' | 'STARTING' | 'RUNNING' | 'STOPPING';
}

export interface RuleSubject {
  readonly name?: string | undefined;
  readonly workflowId: string;
  readonly tags: Tags;
  readonly parameters: unknown;
}

/** `FAILED:<failureReason>`, `FAILED:<failureReason>@<status>` or `HANG:<status>`. */
const EMULATE_TAG = 'emulate';

interface RuleUseEntry extends JournalEntry {
  readonly rule: string;
  readonly used: number;
}

/** Counts how often each rule was used; the counts survive a restart. */
export class FailureRules implements Journaled {
  readonly kinds = ['ruleUse'];
  readonly #rules: readonly { readonly key: string; readonly rule: FailureRule }[];
  readonly #journal: Journal;
  readonly #report: (line: string) => void;
  readonly #used = new Map<string, number>();

  constructor(rules: readonly FailureRule[], journal: Journal, report: (line: string) => void) {
    this.#rules = rules.map((rule) => ({ key: fingerprint(rule), rule }));
    this.#journal = journal;
    this.#report = report;
  }

  /** What this new run is told to do, if anything. Counts as one use of the rule. */
  fateOf(subject: RuleSubject): Fate | undefined {
    const tagged = this.#fateOfTag(subject.tags[EMULATE_TAG]);
    if (tagged !== undefined) return tagged;
    for (const { key, rule } of this.#rules) {
      if (!fits(rule, subject)) continue;
      const used = this.#used.get(key) ?? 0;
      if (rule.times !== undefined && used >= rule.times) continue;
      if (rule.times !== undefined) this.#countUse(key, used + 1);
      return rule.hang === undefined
        ? { kind: 'FAIL', at: rule.at ?? 'RUNNING', failureReason: rule.failureReason }
        : { kind: 'HANG', at: rule.hang };
    }
    return undefined;
  }

  apply(entry: JournalEntry): void {
    const { rule, used } = entry as RuleUseEntry;
    this.#used.set(rule, used);
  }

  *snapshot(): Iterable<JournalEntry> {
    for (const [rule, used] of this.#used) yield { k: 'ruleUse', rule, used } as RuleUseEntry;
  }

  #countUse(rule: string, used: number): void {
    this.#journal.append({ k: 'ruleUse', rule, used } as RuleUseEntry);
    this.#used.set(rule, used);
  }

  #fateOfTag(tag: string | undefined): Fate | undefined {
    if (tag === undefined) return undefined;
    const fate = parseTag(tag);
    if (fate === undefined) {
      this.#report(
        `HealthOmics: the tag ${EMULATE_TAG}=${tag} says nothing: use FAILED:<reason>[@STARTING|RUNNING|STOPPING] or HANG:<status>.`,
      );
    }
    return fate;
  }
}

function parseTag(tag: string): Fate | undefined {
  const failed = /^FAILED:([A-Z0-9_]{1,64})(?:@(STARTING|RUNNING|STOPPING))?$/.exec(tag);
  if (failed?.[1] !== undefined) {
    const at = (failed[2] ?? 'RUNNING') as 'STARTING' | 'RUNNING' | 'STOPPING';
    return { kind: 'FAIL', at, failureReason: failed[1] };
  }
  const hang = /^HANG:(PENDING|STARTING|RUNNING|STOPPING)$/.exec(tag);
  return hang === null ? undefined : { kind: 'HANG', at: hang[1] as 'PENDING' | 'STARTING' | 'RUNNING' | 'STOPPING' };
}

function fits(rule: FailureRule, subject: RuleSubject): boolean {
  const { name, workflowId, tags, parameters } = rule.when;
  return (
    (name === undefined || (subject.name !== undefined && matchesWildcard(name, subject.name))) &&
    (workflowId === undefined || workflowId === subject.workflowId) &&
    allFit(tags, subject.tags) &&
    allFit(parameters, subject.parameters)
  );
}

function allFit(wanted: Readonly<Record<string, string>> | undefined, given: unknown): boolean {
  if (wanted === undefined) return true;
  if (typeof given !== 'object' || given === null) return false;
  const values = new Map(Object.entries(given));
  return Object.entries(wanted).every(([key, pattern]) => {
    const value = values.get(key);
    return value !== undefined && matchesWildcard(pattern, typeof value === 'string' ? value : JSON.stringify(value));
  });
}

/** `*` is any text, also none. Linear: each fixed part is looked for once, from where the last one ended. */
export function matchesWildcard(pattern: string, text: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop();
  if (tail === undefined) return pattern === text;
  if (!text.startsWith(head)) return false;
  let place = head.length;
  for (const part of rest) {
    const found = text.indexOf(part, place);
    if (found < 0) return false;
    place = found + part.length;
  }
  return text.length - tail.length >= place && text.endsWith(tail);
}
