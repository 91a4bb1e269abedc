/** The event buses, their rules and the rules' targets, kept in a journal. */
import { AwsError } from '../aws-error.ts';
import type { KeyedJournal } from '../keyed-journal.ts';
import { compileEventPattern, type EventTest, InvalidEventPatternError } from './event-pattern.ts';
import type { InputTransformer } from './input-transform.ts';

/** A target as PutTargets takes it; the members that the laptop acts on. */
export interface Target {
  readonly Id: string;
  readonly Arn: string;
  readonly RoleArn?: string;
  readonly Input?: string;
  readonly InputPath?: string;
  readonly InputTransformer?: InputTransformer;
  readonly SqsParameters?: { readonly MessageGroupId?: string };
  readonly DeadLetterConfig?: { readonly Arn?: string };
  readonly RetryPolicy?: { readonly MaximumRetryAttempts?: number };
}

export interface RuleDefinition {
  readonly Name: string;
  readonly EventBusName: string;
  readonly EventPattern: string;
  readonly State: 'ENABLED' | 'DISABLED';
  readonly Description?: string;
  readonly RoleArn?: string;
}

export interface Rule {
  readonly definition: RuleDefinition;
  readonly test: EventTest;
  readonly targets: ReadonlyMap<string, Target>;
}

export const DEFAULT_BUS = 'default';
const TARGETS_PER_RULE = 5;

interface KeptRule {
  readonly definition: RuleDefinition;
  readonly targets: readonly Target[];
}

/** @throws AwsError InvalidEventPatternException with AWS's words. */
export function compileOrRefuse(pattern: string): EventTest {
  try {
    return compileEventPattern(pattern);
  } catch (error) {
    if (!(error instanceof InvalidEventPatternError)) throw error;
    throw new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${error.message}`, {
      cause: error,
    });
  }
}

export class RuleStore {
  readonly #buses = new Map<string, Map<string, Rule>>([[DEFAULT_BUS, new Map()]]);
  readonly #journal: KeyedJournal;

  constructor(journal: KeyedJournal) {
    this.#journal = journal;
    for (const [key, value] of journal.loaded) if (key.startsWith('bus ')) this.#buses.set(String(value), new Map());
    for (const [key, value] of journal.loaded) if (key.startsWith('rule ')) this.#restore(value as KeptRule);
  }

  #restore({ definition, targets }: KeptRule): void {
    const rule = { definition, test: compileOrRefuse(definition.EventPattern), targets: byId(targets) };
    this.#buses.get(definition.EventBusName)?.set(definition.Name, rule);
  }

  busNames(): string[] {
    return [...this.#buses.keys()].sort();
  }

  hasBus(name: string): boolean {
    return this.#buses.has(name);
  }

  /** @throws AwsError ResourceAlreadyExistsException. */
  createBus(name: string): void {
    if (this.hasBus(name)) throw new AwsError('ResourceAlreadyExistsException', `Event bus ${name} already exists.`);
    this.#journal.put(`bus ${name}`, name);
    this.#buses.set(name, new Map());
  }

  /** Deleting a bus that is not there succeeds, as on AWS. */
  deleteBus(name: string): void {
    if (name === DEFAULT_BUS) throw new AwsError('ValidationException', 'Cannot delete event bus default.');
    if ((this.#buses.get(name)?.size ?? 0) > 0) {
      throw new AwsError('ValidationException', `Event bus ${name} can't be deleted since it has rules.`);
    }
    if (this.#buses.delete(name)) this.#journal.remove(`bus ${name}`);
  }

  /** By name, in the order of names. @throws AwsError ResourceNotFoundException when the bus does not exist. */
  rules(busName: string): Rule[] {
    return [...this.#bus(busName).values()].sort((a, b) => compareText(a.definition.Name, b.definition.Name));
  }

  findRule(busName: string, name: string): Rule | undefined {
    return this.#bus(busName).get(name);
  }

  /** @throws AwsError ResourceNotFoundException when the rule does not exist. */
  rule(busName: string, name: string): Rule {
    const rule = this.findRule(busName, name);
    if (rule !== undefined) return rule;
    throw new AwsError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus ${busName}.`);
  }

  /** Creates or replaces a rule; its targets stay. */
  putRule(definition: RuleDefinition): void {
    const test = compileOrRefuse(definition.EventPattern);
    const targets = this.findRule(definition.EventBusName, definition.Name)?.targets ?? new Map<string, Target>();
    this.#keep({ definition, test, targets });
  }

  deleteRule(busName: string, name: string): void {
    const rule = this.findRule(busName, name);
    if (rule === undefined) return;
    if (rule.targets.size > 0) throw new AwsError('ValidationException', "Rule can't be deleted since it has targets.");
    this.#journal.remove(ruleKey(busName, name));
    this.#bus(busName).delete(name);
  }

  putTargets(busName: string, name: string, targets: readonly Target[]): void {
    const rule = this.rule(busName, name);
    const merged = new Map([...rule.targets, ...byId(targets)]);
    if (merged.size > TARGETS_PER_RULE) {
      throw new AwsError(
        'LimitExceededException',
        `The requested resource exceeds the maximum number allowed (${TARGETS_PER_RULE} targets per rule).`,
      );
    }
    this.#keep({ ...rule, targets: merged });
  }

  /** The ids that were not there. */
  removeTargets(busName: string, name: string, ids: readonly string[]): string[] {
    const rule = this.rule(busName, name);
    const missing = ids.filter((id) => !rule.targets.has(id));
    const removed = new Set(ids);
    this.#keep({ ...rule, targets: new Map([...rule.targets].filter(([id]) => !removed.has(id))) });
    return missing;
  }

  close(): void {
    this.#journal.close();
  }

  #keep(rule: Rule): void {
    const { definition } = rule;
    const bus = this.#bus(definition.EventBusName);
    const kept: KeptRule = { definition, targets: [...rule.targets.values()] };
    this.#journal.put(ruleKey(definition.EventBusName, definition.Name), kept);
    bus.set(definition.Name, rule);
  }

  #bus(name: string): Map<string, Rule> {
    const bus = this.#buses.get(name);
    if (bus !== undefined) return bus;
    throw new AwsError('ResourceNotFoundException', `Event bus ${name} does not exist.`);
  }
}

function ruleKey(busName: string, name: string): string {
  return `rule ${busName} ${name}`;
}

function byId(targets: readonly Target[]): Map<string, Target> {
  return new Map(targets.map((target) => [target.Id, target]));
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
