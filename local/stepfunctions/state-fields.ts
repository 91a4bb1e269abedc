/** Which fields a state of each type may have, and that those it has can be run. */
import type { JsonObject } from '../aws-json.ts';
import { checkPath, checkTemplate, DefinitionFault } from './paths.ts';

export const STATE_TYPES = ['Task', 'Pass', 'Wait', 'Choice', 'Succeed', 'Fail', 'Parallel', 'Map'] as const;
export type StateType = (typeof STATE_TYPES)[number];

const EVERY = ['Type', 'Comment', 'QueryLanguage'];
const PATHS = ['InputPath', 'OutputPath'];
const FLOW = ['Next', 'End'];
const WORK = [...PATHS, 'Parameters', 'ResultSelector', 'ResultPath', 'Retry', 'Catch', ...FLOW];
const TASK_TIMES = ['TimeoutSeconds', 'HeartbeatSeconds'];
const WAIT_TIMES = ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'];

const FIELDS: Readonly<Record<StateType, readonly string[]>> = {
  Task: [...WORK, 'Resource', ...TASK_TIMES, ...TASK_TIMES.map((time) => `${time}Path`)],
  Pass: [...PATHS, 'Parameters', 'Result', 'ResultPath', ...FLOW],
  Wait: [...PATHS, ...WAIT_TIMES, ...FLOW],
  Choice: [...PATHS, 'Choices', 'Default'],
  Succeed: PATHS,
  Fail: ['Error', 'ErrorPath', 'Cause', 'CausePath'],
  Parallel: [...WORK, 'Branches'],
  Map: [...WORK, 'ItemProcessor', 'Iterator', 'ItemsPath', 'ItemSelector', 'MaxConcurrency'],
};
/** Said with its reason, since AWS has them. */
const NOT_RUN: Readonly<Record<string, string>> = {
  Assign: 'variables',
  Arguments: 'JSONata',
  Output: 'JSONata',
  Items: 'JSONata',
  ItemReader: 'a distributed Map',
  ItemBatcher: 'a distributed Map',
  ResultWriter: 'a distributed Map',
  Label: 'a distributed Map',
  ToleratedFailureCount: 'a distributed Map',
  ToleratedFailurePercentage: 'a distributed Map',
  Credentials: 'another role for a task',
  MaxConcurrencyPath: 'a MaxConcurrency from a path',
};
const SINGLE_PATHS = [
  'InputPath',
  'OutputPath',
  'ResultPath',
  'ItemsPath',
  'SecondsPath',
  'TimestampPath',
  'ErrorPath',
  'CausePath',
];
const TEMPLATES = ['Parameters', 'ResultSelector', 'ItemSelector'];
const MAY_BE_NULL = ['InputPath', 'OutputPath', 'ResultPath'];
const MOST_SECONDS = 99_999_999;

/** @throws DefinitionFault for the first field that is unknown, malformed or cannot be run. */
export function checkFields(type: StateType, fields: JsonObject): void {
  for (const key of Object.keys(fields)) {
    if (EVERY.includes(key) || FIELDS[type].includes(key)) continue;
    const reason = Object.hasOwn(NOT_RUN, key) ? NOT_RUN[key] : undefined;
    throw new DefinitionFault(
      reason === undefined ? `${type} has no field ${key}` : `${key} (${reason}) does not run on this laptop AWS`,
    );
  }
  checkEnd(type, fields);
  for (const key of [...SINGLE_PATHS, ...TASK_TIMES.map((time) => `${time}Path`)]) {
    const mayPass = fields[key] === undefined || (fields[key] === null && MAY_BE_NULL.includes(key));
    if (!mayPass) checkPath(fields[key], key);
  }
  if (typeof fields.ResultPath === 'string' && fields.ResultPath.startsWith('$$')) {
    throw new DefinitionFault('ResultPath cannot write into the context object');
  }
  for (const key of TEMPLATES) if (fields[key] !== undefined) checkTemplate(fields[key], key);
  checkTimes(type, fields);
  if (type === 'Choice' && !(Array.isArray(fields.Choices) && fields.Choices.length > 0)) {
    throw new DefinitionFault('Choices must be a list of at least one rule');
  }
}

function checkEnd(type: StateType, fields: JsonObject): void {
  if (!FIELDS[type].includes('Next')) return;
  const ways = Number(typeof fields.Next === 'string') + Number(fields.End === true);
  if (ways !== 1) throw new DefinitionFault(`${type} needs either Next or "End": true`);
}

function checkTimes(type: StateType, fields: JsonObject): void {
  for (const key of TASK_TIMES) {
    const seconds = fields[key];
    if (seconds === undefined) continue;
    if (!Number.isInteger(seconds) || Number(seconds) < 1 || Number(seconds) > MOST_SECONDS) {
      throw new DefinitionFault(`${key} must be a whole number from 1 to ${MOST_SECONDS}`);
    }
  }
  if (Number(fields.HeartbeatSeconds ?? 0) >= Number(fields.TimeoutSeconds ?? MOST_SECONDS)) {
    throw new DefinitionFault('HeartbeatSeconds must be smaller than TimeoutSeconds');
  }
  if (type !== 'Wait') return;
  if (WAIT_TIMES.filter((key) => key in fields).length !== 1) {
    throw new DefinitionFault(`Wait needs exactly one of ${WAIT_TIMES.join(', ')}`);
  }
  const { Seconds: seconds, Timestamp: timestamp } = fields;
  if (
    seconds !== undefined &&
    !(Number.isInteger(seconds) && Number(seconds) >= 0 && Number(seconds) <= MOST_SECONDS)
  ) {
    throw new DefinitionFault(`Seconds must be a whole number from 0 to ${MOST_SECONDS}`);
  }
  if (timestamp !== undefined && Number.isNaN(Date.parse(String(timestamp))))
    throw new DefinitionFault('Timestamp is not a timestamp');
}
