/** Reads what CreateSchedule and UpdateSchedule are asked, refusing it as AWS does: a ValidationException with the reason. */
import { AwsError } from '../aws-error.ts';
import type { JsonObject } from '../aws-json.ts';
import { parseSchedule, ScheduleSyntaxError } from './schedule-expression.ts';

export interface ScheduleTarget {
  readonly Arn: string;
  readonly RoleArn: string;
  readonly Input?: string;
  readonly SqsParameters?: { readonly MessageGroupId?: string };
  readonly EventBridgeParameters?: { readonly DetailType: string; readonly Source: string };
  readonly DeadLetterConfig?: { readonly Arn?: string };
  readonly RetryPolicy?: { readonly MaximumRetryAttempts?: number; readonly MaximumEventAgeInSeconds?: number };
}

/** A schedule as the API speaks of it; dates are seconds since 1970. */
export interface ScheduleDefinition {
  readonly Name: string;
  readonly GroupName: string;
  readonly ScheduleExpression: string;
  readonly ScheduleExpressionTimezone: string;
  readonly State: 'ENABLED' | 'DISABLED';
  readonly StartDate?: number;
  readonly EndDate?: number;
  readonly Description?: string;
  readonly FlexibleTimeWindow: { readonly Mode: 'OFF' };
  readonly ActionAfterCompletion: 'NONE' | 'DELETE';
  readonly Target: ScheduleTarget;
}

const NAME = /^[0-9a-zA-Z\-_.]{1,64}$/;
export const DEFAULT_GROUP = 'default';
/** What a target may be here: the services to which `TargetPort` delivers. */
const TARGET_ARN = /^arn:[^:]+:(lambda|sqs|states|events):[^:]*:\d{12}:.+$/;

export function invalid(message: string, cause?: unknown): AwsError {
  return new AwsError('ValidationException', message, cause === undefined ? {} : { cause });
}

export function checkName(value: unknown, member: 'name' | 'groupName'): string {
  if (typeof value === 'string' && NAME.test(value)) return value;
  throw invalid(
    `1 validation error detected: Value '${String(value)}' at '${member}' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$`,
  );
}

/** @throws AwsError ValidationException */
export function readSchedule(name: string, input: JsonObject): ScheduleDefinition {
  const expression = text(input, 'ScheduleExpression');
  const timezone = optionalText(input, 'ScheduleExpressionTimezone') ?? 'UTC';
  checkExpression(expression, timezone);
  const startDate = date(input, 'StartDate');
  const endDate = date(input, 'EndDate');
  if (startDate !== undefined && endDate !== undefined && endDate <= startDate) {
    throw invalid('The EndDate you specify must come after the StartDate.');
  }
  const description = optionalText(input, 'Description');
  return {
    Name: checkName(name, 'name'),
    GroupName: checkName(input.GroupName ?? DEFAULT_GROUP, 'groupName'),
    ScheduleExpression: expression,
    ScheduleExpressionTimezone: timezone,
    State: oneOf(input, 'State', ['ENABLED', 'DISABLED'] as const),
    FlexibleTimeWindow: flexibleTimeWindow(input.FlexibleTimeWindow),
    ActionAfterCompletion: oneOf(input, 'ActionAfterCompletion', ['NONE', 'DELETE'] as const),
    Target: readTarget(input.Target),
    ...(startDate === undefined ? {} : { StartDate: startDate }),
    ...(endDate === undefined ? {} : { EndDate: endDate }),
    ...(description === undefined ? {} : { Description: description }),
  };
}

function checkExpression(expression: string, timezone: string): void {
  try {
    parseSchedule(expression, timezone);
  } catch (error) {
    if (!(error instanceof ScheduleSyntaxError)) throw error;
    throw invalid(`Invalid Schedule Expression ${expression} in ${timezone}. Reason: ${error.message}.`, error);
  }
}

function flexibleTimeWindow(value: unknown): { Mode: 'OFF' } {
  const mode = isObject(value) ? value.Mode : undefined;
  if (mode === 'OFF') return { Mode: 'OFF' };
  throw invalid(
    mode === 'FLEXIBLE'
      ? 'FlexibleTimeWindow: this laptop AWS offers the Mode OFF only.'
      : 'FlexibleTimeWindow is required, with the Mode OFF.',
  );
}

function readTarget(value: unknown): ScheduleTarget {
  if (!isObject(value)) throw invalid('Target is required.');
  const arn = text(value, 'Arn');
  text(value, 'RoleArn');
  if (!TARGET_ARN.test(arn)) {
    throw invalid(`Provided Arn ${arn} is no target that this laptop AWS delivers to (lambda, sqs, states, events).`);
  }
  const given = Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
  const target = given as unknown as ScheduleTarget;
  if (arn.endsWith('.fifo') && typeof target.SqsParameters?.MessageGroupId !== 'string') {
    throw invalid('MessageGroupId is required for a FIFO queue.');
  }
  const parameters = target.EventBridgeParameters;
  if (arn.includes(':event-bus/') && (!parameters?.DetailType || !parameters.Source)) {
    throw invalid('EventBridgeParameters with DetailType and Source are required for an event bus.');
  }
  checkRange(target.RetryPolicy?.MaximumRetryAttempts, 'MaximumRetryAttempts', [0, 185]);
  checkRange(target.RetryPolicy?.MaximumEventAgeInSeconds, 'MaximumEventAgeInSeconds', [60, 86_400]);
  optionalText(value, 'Input');
  return target;
}

function checkRange(value: unknown, member: string, [min, max]: readonly [number, number]): void {
  if (value === undefined || (Number.isInteger(value) && Number(value) >= min && Number(value) <= max)) return;
  throw invalid(`${member} must be from ${min} to ${max}.`);
}

function text(input: JsonObject, member: string): string {
  const value = optionalText(input, member);
  if (value !== undefined && value !== '') return value;
  throw invalid(`${member} is required.`);
}

function optionalText(input: JsonObject, member: string): string | undefined {
  const value = input[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw invalid(`${member} must be a string.`);
}

function date(input: JsonObject, member: string): number | undefined {
  const value = input[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw invalid(`${member} must be a time.`);
}

/** The first choice is the default. */
function oneOf<const T extends string>(input: JsonObject, member: string, choices: readonly [T, ...T[]]): T {
  const value = input[member] ?? choices[0];
  const choice = choices.find((each) => each === value);
  if (choice !== undefined) return choice;
  throw invalid(
    `1 validation error detected: Value '${String(value)}' at '${member}' failed to satisfy constraint: Member must satisfy enum value set: [${choices.join(', ')}]`,
  );
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
