import type { Place, ProblemList } from './problems.ts';
import { isBroken } from './read-values.ts';
import type { Allow } from './run-template.ts';
import type { Entry } from './source-nodes.ts';
import { placeholdersOf, type ValueTemplate } from './template.ts';

/** What may stand in an output location after its fixed prefix: nothing that can hold a '/'. */
const SLASHED: ReadonlySet<string> = new Set(['key', 'uri', 'uris', 'bucket', 'rows', 'upstream']);

/**
 * Invariant 7 for output locations: the bucket is fixed and what a drop fills in cannot leave the prefix. Answers that
 * prefix, `s3://bucket/…` up to the first placeholder; empty when there is none to trust.
 */
export function checkOutputUri(
  template: ValueTemplate | undefined,
  place: Place | undefined,
  { problems }: { problems: ProblemList },
): string {
  if (template === undefined || place === undefined) return '';
  const prefix = fixedPrefix(template);
  if (
    !/^s3:\/\/[a-z0-9][a-z0-9.-]+[a-z0-9](?:\/|$)/.test(prefix) ||
    (template.kind !== 'constant' && !/^s3:\/\/[^/]+\//.test(prefix))
  ) {
    problems.error(place, 'must begin with s3://bucket/, and no placeholder may change the bucket');
    return '';
  }
  if (/\/\.{1,2}(?:\/|$)/.test(prefix)) problems.error(place, "must not have '.' or '..' between slashes");
  for (const { name, text } of placeholdersOf(template)) {
    if (SLASHED.has(name)) problems.error(place, `${text} may hold '/', which would change where the run writes`);
  }
  return prefix.endsWith('/') || template.kind !== 'constant' ? prefix : `${prefix}/`;
}

function fixedPrefix(template: ValueTemplate): string {
  if (template.kind === 'constant') return typeof template.value === 'string' ? template.value : '';
  const first = template.kind === 'text' ? template.parts[0] : undefined;
  return typeof first === 'string' ? first : '';
}

interface Merged {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly members: ReadonlyMap<string, ValueTemplate>;
  /** Of the route's `run`. */
  readonly place: Place;
  /** Of a run-request route. */
  readonly allow: Allow | undefined;
  readonly problems: ProblemList;
}

/** Rules about several members at once, and about what is missing. */
export function checkDependence(merged: Merged): void {
  checkMissing(merged);
  const { entries, members, problems } = merged;
  const behavior = entries.get('cacheBehavior');
  if (behavior !== undefined && !entries.has('cacheId') && merged.allow === undefined) {
    problems.error(behavior.node.place, 'cacheBehavior needs a cacheId');
  }
  if (constant(members, 'workflowType') === 'READY2RUN') {
    for (const name of ['runGroupId', 'cacheId', 'cacheBehavior']) {
      const entry = entries.get(name);
      if (entry !== undefined) problems.error(merged.place, `READY2RUN workflows take no ${name}`, `${name}: null`);
    }
  }
  warnStorage(merged);
}

function checkMissing({ entries, place, allow, problems }: Merged): void {
  const workflow = entries.get('workflowId');
  const duplicate = entries.get('runId');
  if (workflow !== undefined && duplicate !== undefined) {
    problems.error(
      duplicate.keyPlace,
      'workflowId and runId exclude each other: runId duplicates a run with its workflow',
    );
  }
  if (allow !== undefined && duplicate !== undefined)
    problems.error(duplicate.keyPlace, 'runId does not go with fromObject');
  if (allow === undefined && workflow === undefined && duplicate === undefined) {
    problems.error(place, 'workflowId is missing: say which workflow to run');
  }
  for (const [name, allowed] of [
    ['roleArn', allow?.roleArns],
    ['outputUri', allow?.outputUriPrefixes],
  ] as const) {
    if (!entries.has(name) && !allowed?.length)
      problems.error(place, `${name} is missing here and in defaults: StartRun requires it`);
  }
}

/** AWS's own pages disagree about the default storage type, and a retention mode cannot be changed afterwards. */
function warnStorage({ entries, members, place, allow, problems }: Merged): void {
  if (entries.has('runId')) return;
  if (!entries.has('retentionMode')) {
    problems.warn(place, 'retentionMode is not given: runs are kept (RETAIN) until someone deletes them');
  }
  const storageType = entries.get('storageType');
  const capacity = entries.get('storageCapacity');
  const ready2run = constant(members, 'workflowType') === 'READY2RUN';
  if (storageType === undefined && !ready2run) {
    problems.warn(place, 'storageType is not given: HealthOmics documents two different defaults');
  }
  const type = constant(members, 'storageType');
  if (type === 'STATIC' && capacity === undefined && allow === undefined) {
    problems.warn(place, 'storageType is STATIC without a storageCapacity: HealthOmics takes its default size');
  }
  if (type === 'DYNAMIC' && capacity !== undefined && !isBroken(capacity.node)) {
    problems.warn(capacity.keyPlace, 'storageCapacity has no effect with storageType DYNAMIC');
  }
}

function constant(members: ReadonlyMap<string, ValueTemplate>, name: string): unknown {
  const template = members.get(name);
  return template?.kind === 'constant' ? template.value : undefined;
}
