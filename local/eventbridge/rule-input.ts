/** Reads what the rule operations are asked, refusing it in AWS's words. */
import { AwsError } from '../aws-error.ts';
import type { JsonObject } from '../aws-json.ts';
import { checkJsonPath, type InputTransformer } from './input-transform.ts';
import { DEFAULT_BUS, type RuleDefinition, type Target } from './rule-store.ts';

const RULE_NAME = /^[.\-_A-Za-z0-9]{1,64}$/;
const BUS_NAME = /^[/.\-_A-Za-z0-9]{1,256}$/;
const TEMPLATE_LIMIT_CHARACTERS = 8192;
const PATHS_LIMIT = 100;
/** What a target may be here: the services to which `TargetPort` delivers. */
const TARGET_ARN = /^arn:[^:]+:(lambda|sqs|states|events):[^:]*:\d{12}:.+$/;

export function requireString(input: JsonObject, member: string): string {
  const value = input[member];
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(member, `${member} is a required argument.`);
}

export function optionalString(input: JsonObject, member: string): string | undefined {
  const value = input[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw invalid(member, `${member} must be a string.`);
  return value;
}

/** A bus is named by its name or its ARN; absent means the default bus. */
export function busNameOf(value: unknown): string {
  if (value === undefined || value === null) return DEFAULT_BUS;
  const name = String(value).replace(/^arn:[^:]+:events:[^:]*:\d{12}:event-bus\//, '');
  if (!BUS_NAME.test(name)) throw constraint('eventBusName', name, '[/\\.\\-_A-Za-z0-9]+');
  return name;
}

export function requireRuleName(input: JsonObject, member: string): string {
  const name = requireString(input, member);
  if (!RULE_NAME.test(name)) throw constraint(member === 'Rule' ? 'rule' : 'name', name, '[\\.\\-_A-Za-z0-9]+');
  return name;
}

export function readRule(input: JsonObject): RuleDefinition {
  if (input.ScheduleExpression !== undefined) {
    throw invalid(
      'ScheduleExpression',
      'this laptop AWS offers schedules by EventBridge Scheduler (CreateSchedule) only.',
    );
  }
  const pattern = optionalString(input, 'EventPattern');
  if (pattern === undefined) {
    throw new AwsError('ValidationException', 'Parameter(s) EventPattern or ScheduleExpression must be specified.');
  }
  const state = optionalString(input, 'State') ?? 'ENABLED';
  if (state !== 'ENABLED' && state !== 'DISABLED') throw constraint('state', state, '[DISABLED, ENABLED]');
  const description = optionalString(input, 'Description');
  const roleArn = optionalString(input, 'RoleArn');
  return {
    Name: requireRuleName(input, 'Name'),
    EventBusName: busNameOf(input.EventBusName),
    EventPattern: pattern,
    State: state,
    ...(description === undefined ? {} : { Description: description }),
    ...(roleArn === undefined ? {} : { RoleArn: roleArn }),
  };
}

/** @throws AwsError ValidationException naming the target and what is wrong with it. */
export function readTarget(value: unknown): Target {
  if (!isObject(value)) throw invalid('Targets', 'a target must be an object.');
  const id = requireString(value, 'Id');
  if (!RULE_NAME.test(id)) throw constraint('targets.id', id, '[\\.\\-_A-Za-z0-9]+');
  const arn = requireString(value, 'Arn');
  if (!TARGET_ARN.test(arn)) {
    throw invalid(
      'Arn',
      `${arn} is no target that this laptop AWS delivers to (lambda, sqs, states, events). Target: ${id}.`,
    );
  }
  const given = Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
  const target = { ...(given as unknown as Target), Id: id, Arn: arn };
  checkInputMembers(target);
  if (arn.endsWith('.fifo') && typeof target.SqsParameters?.MessageGroupId !== 'string') {
    throw new AwsError('ValidationException', `Parameter(s) MessageGroupId must be specified for target: ${id}.`);
  }
  return target;
}

function checkInputMembers(target: Target): void {
  const given = [target.Input, target.InputPath, target.InputTransformer].filter((member) => member !== undefined);
  if (given.length > 1) {
    throw new AwsError(
      'ValidationException',
      `Only one of Input, InputPath, or InputTransformer must be provided for target ${target.Id}.`,
    );
  }
  if (target.Input !== undefined) checkJson(target.Input, target.Id);
  if (target.InputPath !== undefined) checkJsonPath(target.InputPath, `InputPath of target ${target.Id}`);
  if (target.InputTransformer !== undefined) checkTransformer(target.InputTransformer, target.Id);
}

function checkJson(input: unknown, targetId: string): void {
  if (typeof input !== 'string') throw invalid('Input', `it must be a string. Target: ${targetId}.`);
  try {
    JSON.parse(input);
  } catch (error) {
    throw new AwsError('ValidationException', `Parameter Input is not valid JSON text. Target: ${targetId}.`, {
      cause: error,
    });
  }
}

function checkTransformer(transformer: InputTransformer, targetId: string): void {
  const template: unknown = transformer.InputTemplate;
  if (typeof template !== 'string' || template === '' || template.length > TEMPLATE_LIMIT_CHARACTERS) {
    throw invalid('InputTemplate', `it must have 1 to ${TEMPLATE_LIMIT_CHARACTERS} characters. Target: ${targetId}.`);
  }
  const paths = Object.entries(transformer.InputPathsMap ?? {});
  if (paths.length > PATHS_LIMIT)
    throw invalid('InputPathsMap', `more than ${PATHS_LIMIT} paths. Target: ${targetId}.`);
  for (const [name, path] of paths) {
    if (/^aws\./i.test(name)) throw invalid('InputPathsMap', `the name ${name} is reserved. Target: ${targetId}.`);
    checkJsonPath(path, `InputPathsMap.${name} of target ${targetId}`);
  }
}

function invalid(parameter: string, reason: string): AwsError {
  return new AwsError('ValidationException', `Parameter ${parameter} is not valid. Reason: ${reason}`);
}

function constraint(member: string, value: string, pattern: string): AwsError {
  return new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern}`,
  );
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
