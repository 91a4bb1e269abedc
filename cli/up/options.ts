/** What `rundrop up` takes, checked. */
import { didYouMean } from '../../lib/routing/did-you-mean.ts';
import { RETRY_RULES } from '../../lib/runs/retry.ts';
import type { BootOptions } from '../emulator-options.ts';
import { UsageError } from '../errors.ts';

/** The command line's own words, as commander hands them over. */
export interface UpOptions extends BootOptions {
  readonly routes: string;
  readonly once?: boolean;
  readonly empty?: boolean;
  readonly demo?: boolean;
  readonly verbose?: boolean;
}

/** An hour in twelve seconds: runs of real length can be watched from start to end. */
export const DEFAULT_SPEED = 300;

/** HealthOmics' quotas by a name that can be typed, and Service Quotas' code. */
const QUOTA_CODES: Readonly<Record<string, string>> = {
  'stored-runs': 'L-C9679DBC',
  'active-runs-dynamic': 'L-BE38079A',
  'active-runs-static': 'L-A30FD31B',
  'tasks-per-run': 'L-25504C8C',
  'active-gpus': 'L-AFB19B96',
  'run-duration': 'L-7B9E5416',
  'static-storage': 'L-35CE76C9',
  'start-run-rate': 'L-24A3B174',
};

/** Quota codes to values, from `stored-runs=5` or `L-C9679DBC=5`. @throws UsageError */
export function parseQuotas(texts: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name = '', number = ''] = /^([^=]+)=(.*)$/.exec(text) ?? [];
      const code = /^L-[0-9A-F]{8}$/.test(name)
        ? name
        : Object.hasOwn(QUOTA_CODES, name)
          ? QUOTA_CODES[name]
          : undefined;
      if (code === undefined) {
        throw new UsageError(
          `--quota "${text}": write name=number; the names are ${Object.keys(QUOTA_CODES).join(', ')}.`,
        );
      }
      const value = Number(number);
      if (number.trim() === '' || !Number.isFinite(value) || value < 0) {
        throw new UsageError(`--quota "${text}": "${number}" is not a number of 0 or more.`);
      }
      return [code, value];
    }),
  );
}

/** Which runs fail or hang, as the HealthOmics of the laptop takes it. */
export interface FailureRule {
  readonly when: {
    readonly name?: string;
    readonly workflowId?: string;
    readonly tags?: Readonly<Record<string, string>>;
    readonly parameters?: Readonly<Record<string, string>>;
  };
  readonly failureReason: string;
  readonly at?: 'STARTING' | 'RUNNING' | 'STOPPING';
  readonly times?: number;
  readonly hang?: 'PENDING' | 'STARTING' | 'RUNNING' | 'STOPPING';
}

const RULE_HELP =
  'write REASON[@STATUS] or HANG@STATUS, then, after commas, any of name=…, workflow=…, parameters.NAME=…, tags.NAME=… (* is any text) and times=N; for example SERVICE_ERROR,workflow=1234567,times=1';

/** A rule from `SERVICE_ERROR@STARTING,workflow=1234567,times=1`. @throws UsageError */
export function parseFailureRule(text: string): FailureRule {
  const fail = (why: string) => new UsageError(`--fail "${text}": ${why}; ${RULE_HELP}.`);
  const [head = '', ...rest] = text.split(',');
  const [, reason, status] =
    /^([A-Z][A-Z0-9_]{0,63})(?:@(PENDING|STARTING|RUNNING|STOPPING))?$/.exec(head.trim()) ?? [];
  if (reason === undefined) throw fail(`"${head}" is not a failure reason`);
  if (reason === 'HANG' && status === undefined) throw fail('HANG needs the status in which the run stays');
  const meant = reason === 'HANG' || reason in RETRY_RULES ? undefined : didYouMean(reason, Object.keys(RETRY_RULES));
  if (meant !== undefined) throw fail(`"${reason}" is no failureReason of HealthOmics (did you mean ${meant}?)`);
  if (reason !== 'HANG' && status === 'PENDING') throw fail('a run that is PENDING does not fail yet');
  const conditions: {
    name?: string;
    workflowId?: string;
    tags: Record<string, string>;
    parameters: Record<string, string>;
  } = {
    tags: {},
    parameters: {},
  };
  let times: number | undefined;
  for (const part of rest) {
    const [, key = '', value = ''] = /^\s*([^=]+?)\s*=(.*)$/.exec(part) ?? [];
    const [, group, member = ''] = /^(tags|parameters)\.(.+)$/.exec(key) ?? [];
    if (key === 'name') conditions.name = value;
    else if (key === 'workflow') conditions.workflowId = value;
    else if (group === 'tags' || group === 'parameters') conditions[group][member] = value;
    else if (key === 'times' && /^[1-9]\d{0,5}$/.test(value)) times = Number(value);
    else throw fail(`"${part}" was not understood`);
  }
  const { tags, parameters, ...when } = conditions;
  const given = {
    ...when,
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
  };
  return { when: given, ...fateOf(reason, status), ...(times === undefined ? {} : { times }) };
}

function fateOf(reason: string, status: string | undefined): Pick<FailureRule, 'failureReason' | 'at' | 'hang'> {
  if (reason === 'HANG') return { failureReason: 'RUN_TIMED_OUT', hang: status as NonNullable<FailureRule['hang']> };
  return { failureReason: reason, ...(status === undefined ? {} : { at: status as NonNullable<FailureRule['at']> }) };
}
