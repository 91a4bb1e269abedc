import { didYouMean } from './did-you-mean.ts';
import { isRecord, type Json, kindOf } from './json.ts';
import { show } from './problems.ts';
import { checkMember, isStartRunMember, START_RUN_MEMBER_NAMES } from './start-run-members.ts';

/** StartRun's request in the API's own spelling, without requestId: what is frozen and sent at every attempt. */
export interface StartRunRequest {
  readonly workflowId?: string;
  readonly workflowType?: 'PRIVATE' | 'READY2RUN';
  readonly workflowOwnerId?: string;
  readonly workflowVersionName?: string;
  readonly runId?: string;
  readonly roleArn: string;
  readonly name?: string;
  readonly cacheId?: string;
  readonly cacheBehavior?: 'CACHE_ON_FAILURE' | 'CACHE_ALWAYS';
  readonly runGroupId?: string;
  readonly priority?: number;
  readonly parameters?: { [name: string]: Json };
  readonly storageType?: 'STATIC' | 'DYNAMIC';
  readonly storageCapacity?: number;
  readonly scratchStorageMode?: 'LOCAL' | 'SHARED';
  readonly outputUri: string;
  readonly logLevel?: 'OFF' | 'FATAL' | 'ERROR' | 'ALL';
  readonly tags?: Record<string, string>;
  readonly retentionMode?: 'RETAIN' | 'REMOVE';
  readonly networkingMode?: 'RESTRICTED' | 'VPC';
  readonly configurationName?: string;
  readonly sessionPolicy?: string;
  readonly engineSettings?: { [name: string]: Json };
}

/** A drop, or what was dropped, cannot become a StartRun request. Trying again cannot help. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  /** Each a sentence that names the member and the rule. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}

/**
 * Every reason why HealthOmics would refuse `value` as a StartRun request, as far as it can be told from here; empty
 * when there is none. Also for the console's input `{"run": …}`.
 */
export function checkStartRunRequest(value: unknown): readonly string[] {
  if (!isRecord(value)) return [`a StartRun request is a JSON object, not ${kindOf(value)}`];
  const problems = checkMembers(value);
  for (const name of ['roleArn', 'outputUri']) {
    if (!Object.hasOwn(value, name)) problems.push(`${name} is missing: StartRun requires it`);
  }
  problems.push(...checkTogether(value));
  return problems;
}

/** The given members one by one: unknown names, and values that break their rules. */
export function checkMembers(value: Readonly<Record<string, unknown>>): string[] {
  const problems: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    if (isStartRunMember(name)) {
      problems.push(...checkMember(name, member).map((rule) => `${name} ${rule}`));
    } else {
      problems.push(sayUnknown(name));
    }
  }
  return problems;
}

/** Rules about several members at once. HealthOmics has run groups and run caches for private workflows only. */
export function checkTogether(value: Readonly<Record<string, unknown>>): readonly string[] {
  const has = (name: string) => Object.hasOwn(value, name);
  const problems: string[] = [];
  if (!has('workflowId') && !has('runId'))
    problems.push('workflowId is missing: say which workflow to run (or runId, to duplicate a run)');
  if (has('workflowId') && has('runId'))
    problems.push('workflowId and runId exclude each other: runId duplicates a run with its workflow');
  if (value.workflowType === 'READY2RUN') {
    for (const name of ['runGroupId', 'cacheId', 'cacheBehavior']) {
      if (has(name)) problems.push(`${name} is for private workflows only, and workflowType is READY2RUN`);
    }
  }
  if (has('cacheBehavior') && !has('cacheId')) problems.push('cacheBehavior needs a cacheId');
  return problems;
}

function sayUnknown(name: string): string {
  if (name === 'requestId') return 'requestId must be left out: Rundrop sets it, so that a run starts once';
  const meant = didYouMean(name, START_RUN_MEMBER_NAMES);
  const hint = meant === undefined ? '' : `, did you mean ${meant}?`;
  return `${show(name)} is not a member of a StartRun request${hint}`;
}
