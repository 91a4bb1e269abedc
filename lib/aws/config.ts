/** What a function is told by its environment. The only place in lib/ that reads it. */
import { NOTICE_KINDS, type NoticeKind, type Settings } from '../lifecycle/ports.ts';
import type { PruneRules } from '../quota/prune-settings.ts';
import type { TrustedSenders } from '../routing/event-sender.ts';
import { readStatusLimits } from './status-limits.ts';

export interface Config {
  readonly stage: string;
  readonly ledgerTable: string;
  readonly idempotencyTable: string;
  readonly startsQueueUrl: string;
  readonly dropsQueueUrl: string;
  readonly stateMachineArn: string;
  readonly eventBus: string;
  /** ARN of the SNS topic for people. */
  readonly notificationsTopic: string;
  /** Name of the bucket for evidence of outcomes. */
  readonly evidenceBucket: string;
  /** The git commit of the route file, where it was known while packaging. */
  readonly routesCommit?: string;
  /** What people are told of. */
  readonly notify: ReadonlySet<NoticeKind>;
  /** Whose drops start runs: this account's, and those of the accounts that forward theirs. */
  readonly trustedDrops: TrustedSenders;
  /** Whose runs are followed: this account's, in this region. */
  readonly trustedRuns: TrustedSenders;
  /** Path of the route file. */
  readonly routesFile: string;
  readonly rundropVersion: string;
  readonly requestIdTrustSeconds: number;
  readonly retryBaseSeconds: number;
  readonly quotaProbeSeconds: number;
  readonly inStatusSeconds: Settings['inStatusSeconds'];
  /** The part of HealthOmics' ListRuns and GetRun rates that a sweep takes: above 0, at most 0.9. */
  readonly sweepRateShare: number;
  /** Percent of the stored-run quota at which RETAIN runs are worth an announcement. */
  readonly quotaThresholds: readonly number[];
  /** Which stored runs are deleted to make room: the route file's `prune`, put here at deployment; absent when it has none. */
  readonly prune?: PruneRules;
  /** How much of a function X-Ray is told: that it ran, or what it did too. */
  readonly tracing: Tracing;
  /** Set when the functions talk to something else than AWS. */
  readonly endpointUrl: string | undefined;
  /** The whole environment, for `${env:NAME}` in the route file. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The environment lacks something or says something else than it may. Names every such variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The function's environment is not complete: ${problems.join(' ')} serverless.yml sets these variables.`);
    this.problems = problems;
  }
}

const ONE_DAY_SECONDS = 24 * 3600;

export function parseConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const text = (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === '') problems.push(`${name} is missing.`);
    return value ?? '';
  };
  const seconds = (name: string, defaultSeconds: number, mostSeconds: number): number => {
    const value = environment[name];
    if (value === undefined || value === '') return defaultSeconds;
    const number = Number(value);
    if (Number.isInteger(number) && number >= 1 && number <= mostSeconds) return number;
    problems.push(`${name} is ${JSON.stringify(value)}, not a whole number of seconds from 1 to ${mostSeconds}.`);
    return defaultSeconds;
  };
  const config: Config = {
    stage: text('RUNDROP_STAGE'),
    ledgerTable: text('RUNDROP_LEDGER_TABLE'),
    idempotencyTable: text('RUNDROP_IDEMPOTENCY_TABLE'),
    startsQueueUrl: text('RUNDROP_STARTS_QUEUE_URL'),
    dropsQueueUrl: text('RUNDROP_DROPS_QUEUE_URL'),
    stateMachineArn: text('RUNDROP_STATE_MACHINE_ARN'),
    eventBus: text('RUNDROP_EVENT_BUS'),
    notificationsTopic: text('RUNDROP_NOTIFICATIONS_TOPIC'),
    evidenceBucket: text('RUNDROP_EVIDENCE_BUCKET'),
    routesFile: text('RUNDROP_ROUTES_FILE'),
    ...routesCommitOf(text('RUNDROP_ROUTES_COMMIT')),
    rundropVersion: text('RUNDROP_VERSION'),
    requestIdTrustSeconds: seconds('RUNDROP_REQUEST_ID_TRUST_SECONDS', ONE_DAY_SECONDS, 90 * ONE_DAY_SECONDS),
    retryBaseSeconds: seconds('RUNDROP_RETRY_BASE_SECONDS', 60, ONE_DAY_SECONDS),
    // Reconciliation nudges once a minute: a nudge that comes a moment early must not lose the minute.
    quotaProbeSeconds: seconds('RUNDROP_QUOTA_PROBE_SECONDS', 55, ONE_DAY_SECONDS),
    inStatusSeconds: readStatusLimits(environment.RUNDROP_STATUS_LIMITS, problems),
    ...sweepSettings(environment, problems),
    tracing: tracingSetting(environment.RUNDROP_TRACING, problems),
    notify: notifySetting(environment.RUNDROP_NOTIFY, problems),
    ...trustedSenders(environment, problems),
    endpointUrl: environment.AWS_ENDPOINT_URL,
    environment,
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

const DEFAULT_RATE_SHARE = 0.5;
const DEFAULT_QUOTA_THRESHOLDS: readonly number[] = [80, 90, 95];

function sweepSettings(
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[],
): Pick<Config, 'sweepRateShare' | 'quotaThresholds' | 'prune'> {
  const share = environment.RUNDROP_SWEEP_RATE_SHARE || String(DEFAULT_RATE_SHARE);
  const thresholds = environment.RUNDROP_QUOTA_THRESHOLDS || DEFAULT_QUOTA_THRESHOLDS.join(',');
  const sweepRateShare = Number(share);
  const quotaThresholds = thresholds.split(',').map(Number);
  if (!(sweepRateShare > 0 && sweepRateShare <= 0.9))
    problems.push(`RUNDROP_SWEEP_RATE_SHARE is ${JSON.stringify(share)}, not a number above 0 and at most 0.9.`);
  if (!quotaThresholds.every((percent) => percent > 0 && percent <= 100))
    problems.push(
      `RUNDROP_QUOTA_THRESHOLDS is ${JSON.stringify(thresholds)}, not percentages with commas between, as in 80,90,95.`,
    );
  return { sweepRateShare, quotaThresholds, ...pruneSetting(environment.RUNDROP_PRUNE, problems) };
}

/** deploy/routes.cjs writes it, from a route file that was checked; anything else is refused, because runs are deleted by it. */
function pruneSetting(text: string | undefined, problems: string[]): { readonly prune?: PruneRules } {
  if (text === undefined || text === '') return {};
  try {
    const prune = JSON.parse(text) as PruneRules;
    const isWhole =
      prune.olderThanMs > 0 &&
      prune.mostPerSweep > 0 &&
      prune.keepNewest >= 0 &&
      prune.statuses.length > 0 &&
      prune.keepTag !== '' &&
      (prune.runs === 'ours' || prune.runs === 'all') &&
      typeof prune.dryRun === 'boolean';
    if (isWhole) return { prune };
  } catch {
    // Said below.
  }
  problems.push(
    `RUNDROP_PRUNE is ${JSON.stringify(text.slice(0, 100))}, not what deploy/routes.cjs makes of \`prune\`.`,
  );
  return {};
}

/** The state machine is ours, so its ARN says who and where we are. */
function trustedSenders(
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[],
): Pick<Config, 'trustedDrops' | 'trustedRuns'> {
  const [, , , region = '', account = ''] = (environment.RUNDROP_STATE_MACHINE_ARN ?? '').split(':');
  const text = environment.RUNDROP_BUCKET_ACCOUNTS ?? '';
  const others = text === '' ? [] : text.split(',').map((word) => word.trim());
  if (!others.every((other) => /^[0-9]{12}$/.test(other)))
    problems.push(
      `RUNDROP_BUCKET_ACCOUNTS is ${JSON.stringify(text)}, not account ids of 12 digits with commas between.`,
    );
  const regions = [region];
  return { trustedDrops: { accounts: [account, ...others], regions }, trustedRuns: { accounts: [account], regions } };
}

/** A completed run is what everybody hopes for, and a cancelled one somebody's wish. */
const NOT_NEWS: readonly NoticeKind[] = ['COMPLETED', 'CANCELLED'];

function notifySetting(text: string | undefined, problems: string[]): ReadonlySet<NoticeKind> {
  if (text === undefined || text === '') return new Set(NOTICE_KINDS.filter((kind) => !NOT_NEWS.includes(kind)));
  const words = text === 'none' ? [] : text.split(',').map((word) => word.trim());
  const kinds = NOTICE_KINDS.filter((kind) => words.includes(kind));
  if (new Set(words).size === kinds.length) return new Set(kinds);
  problems.push(
    `RUNDROP_NOTIFY is ${JSON.stringify(text)}, not "none" or some of ${NOTICE_KINDS.join(', ')} with commas between.`,
  );
  return new Set();
}

const TRACINGS = ['true', 'false', 'detailed'] as const;
type Tracing = (typeof TRACINGS)[number];

function tracingSetting(text: string | undefined, problems: string[]): Tracing {
  const tracing = TRACINGS.find((each) => each === (text || 'true'));
  if (tracing === undefined)
    problems.push(`RUNDROP_TRACING is ${JSON.stringify(text)}, not one of ${TRACINGS.join(', ')}.`);
  return tracing ?? 'true';
}

/**
 * Whether to load what tells X-Ray of each call. Known before the configuration is parsed, so that a trace shows an
 * invocation that fails for it. Lambda says where X-Ray's daemon is; on a laptop there is none.
 */
export function tracesInDetail(environment: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return environment.RUNDROP_TRACING === 'detailed' && Boolean(environment.AWS_XRAY_DAEMON_ADDRESS);
}

/** What stands there when the route file is in no git repository. */
const UNKNOWN_COMMIT = 'unknown';

function routesCommitOf(commit: string): { readonly routesCommit?: string } {
  return commit === UNKNOWN_COMMIT || commit === '' ? {} : { routesCommit: commit };
}

let parsed: Config | undefined;

/** The function's configuration, parsed at the first call. */
export function config(): Config {
  parsed ??= parseConfig(process.env);
  return parsed;
}
