/** The operations on rules and their targets. */
import { AwsError } from '../aws-error.ts';
import type { JsonObject, JsonOperations } from '../aws-json.ts';
import type { Surroundings } from '../ports.ts';
import { ruleArn } from './event-router.ts';
import { busNameOf, optionalString, readRule, readTarget, requireRuleName, requireString } from './rule-input.ts';
import type { Rule, RuleDefinition, RuleStore } from './rule-store.ts';

const PAGE_LIMIT = 100;

export function ruleOperations(surroundings: Surroundings, store: RuleStore): JsonOperations {
  const arnOf = (rule: RuleDefinition) => ruleArn(surroundings, rule.EventBusName, rule.Name);
  const describe = ({ definition }: Rule): JsonObject => ({ ...definition, Arn: arnOf(definition) });
  return {
    PutRule: (input) => {
      const rule = readRule(input);
      store.putRule(rule);
      return { RuleArn: arnOf(rule) };
    },
    DeleteRule: (input) => {
      store.deleteRule(busNameOf(input.EventBusName), requireRuleName(input, 'Name'));
      return {};
    },
    DescribeRule: (input) => describe(store.rule(busNameOf(input.EventBusName), requireRuleName(input, 'Name'))),
    ListRules: (input) => {
      const prefix = optionalString(input, 'NamePrefix') ?? '';
      const rules = store.rules(busNameOf(input.EventBusName));
      return page(
        'Rules',
        rules.map(describe).filter((rule) => String(rule.Name).startsWith(prefix)),
        input,
      );
    },
    EnableRule: (input) => setState(store, input, 'ENABLED'),
    DisableRule: (input) => setState(store, input, 'DISABLED'),
    ...targetOperations(store),
  };
}

function targetOperations(store: RuleStore): JsonOperations {
  return {
    PutTargets: (input) => {
      const targets = listMember(input, 'Targets').map(readTarget);
      store.putTargets(busNameOf(input.EventBusName), requireRuleName(input, 'Rule'), targets);
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    RemoveTargets: (input) => {
      const ids = listMember(input, 'Ids').map(String);
      const ruleName = requireRuleName(input, 'Rule');
      const failed = store.removeTargets(busNameOf(input.EventBusName), ruleName, ids).map((id) => ({
        TargetId: id,
        ErrorCode: 'ResourceNotFoundException',
        ErrorMessage: `Rule ${ruleName} has no target ${id}.`,
      }));
      return { FailedEntryCount: failed.length, FailedEntries: failed };
    },
    ListTargetsByRule: (input) => {
      const rule = store.rule(busNameOf(input.EventBusName), requireRuleName(input, 'Rule'));
      return page('Targets', [...rule.targets.values()], input);
    },
    ListRuleNamesByTarget: (input) => {
      const arn = requireString(input, 'TargetArn');
      const rules = store.rules(busNameOf(input.EventBusName));
      const having = rules.filter((rule) => [...rule.targets.values()].some((target) => target.Arn === arn));
      return page(
        'RuleNames',
        having.map((rule) => rule.definition.Name),
        input,
      );
    },
  };
}

function setState(store: RuleStore, input: JsonObject, state: RuleDefinition['State']): JsonObject {
  const rule = store.rule(busNameOf(input.EventBusName), requireRuleName(input, 'Name'));
  store.putRule({ ...rule.definition, State: state });
  return {};
}

function listMember(input: JsonObject, member: string): unknown[] {
  const value = input[member];
  if (Array.isArray(value) && value.length > 0) return value;
  throw new AwsError(
    'ValidationException',
    `Parameter ${member} is not valid. Reason: ${member} is a required argument.`,
  );
}

/** A page of a list; the token is the position at which the next one begins. */
function page(member: string, items: readonly unknown[], input: JsonObject): JsonObject {
  const start = Number(optionalString(input, 'NextToken') ?? 0);
  const limit = typeof input.Limit === 'number' ? input.Limit : PAGE_LIMIT;
  if (!Number.isSafeInteger(start) || start < 0 || !Number.isSafeInteger(limit) || limit < 1 || limit > PAGE_LIMIT) {
    throw new AwsError('ValidationException', 'Parameter NextToken or Limit is not valid.');
  }
  const end = start + limit;
  return { [member]: items.slice(start, end), ...(end < items.length ? { NextToken: String(end) } : {}) };
}
