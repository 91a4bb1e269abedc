/**
 * Which stored runs may be deleted to make room. Off unless the route file has `prune:`. Every verdict rests on what
 * HealthOmics just said: where it said nothing, the run stays.
 */
import { PRUNABLE_STATUSES, type PruneRules } from './prune-settings.ts';
import { isActive, isSameRun, type StoredRun, uuidPrefixOf } from './stored-run.ts';

/** A run as GetRun just answered it. */
export interface PruneFacts {
  readonly runId: string;
  readonly uuid: string | undefined;
  /** 0 when HealthOmics did not say. */
  readonly createdMs: number;
  readonly stoppedMs: number | undefined;
  readonly status: string;
  readonly retentionMode: string | undefined;
  readonly tags: Readonly<Record<string, string>> | undefined;
}

/** Why a run stays. */
export type KeptBecause =
  | 'gone'
  | 'another-run'
  | 'not-identified'
  | 'not-retain'
  | 'not-at-its-end'
  | 'status-not-listed'
  | 'end-not-known'
  | 'too-young'
  | 'tags-not-known'
  | 'kept-by-tag'
  | 'not-ours'
  | 'outcome-not-recorded'
  | 'record-not-whole';

export type PruneVerdict = { readonly prune: true } | { readonly prune: false; readonly because: KeptBecause };

const END_STATUSES: ReadonlySet<string> = new Set(PRUNABLE_STATUSES);
const SAME_MOMENT_MS = 1_000;

/** `facts` is `undefined` when GetRun found nothing: then there is nothing to delete, and nothing is. */
export function judge(
  run: StoredRun,
  facts: PruneFacts | undefined,
  { rules, nowMs }: { readonly rules: PruneRules; readonly nowMs: number },
): PruneVerdict {
  const because = whyKept(run, facts, rules, nowMs);
  return because === undefined ? { prune: true } : { prune: false, because };
}

function whyKept(
  run: StoredRun,
  facts: PruneFacts | undefined,
  rules: PruneRules,
  nowMs: number,
): KeptBecause | undefined {
  if (facts === undefined) return 'gone';
  // The id alone names nobody: it is given again. Both the uuid and the creation time must be those that were seen before.
  if (!facts.uuid || run.uuidPrefix === '' || facts.createdMs === 0 || run.createdMs === 0) return 'not-identified';
  const isSameUuid = isSameRun(run, { createdMs: facts.createdMs, uuidPrefix: uuidPrefixOf(facts.uuid) });
  if (facts.runId !== run.runId || !isSameUuid || Math.abs(facts.createdMs - run.createdMs) >= SAME_MOMENT_MS)
    return 'another-run';
  if (facts.retentionMode !== 'RETAIN') return 'not-retain';
  if (!END_STATUSES.has(facts.status)) return 'not-at-its-end';
  if (!rules.statuses.some((status) => status === facts.status)) return 'status-not-listed';
  if (facts.stoppedMs === undefined) return 'end-not-known';
  if (nowMs - facts.stoppedMs < rules.olderThanMs) return 'too-young';
  if (facts.tags === undefined) return 'tags-not-known';
  return Object.hasOwn(facts.tags, rules.keepTag) ? 'kept-by-tag' : undefined;
}

/**
 * What the picture nominates, oldest first; only a GetRun on each decides. A run of unknown mode or status, a doubted
 * one, and one whose uuid was never seen is not nominated.
 */
export function pruneCandidates(runs: Iterable<StoredRun>, rules: PruneRules, nowMs: number): StoredRun[] {
  const retained: StoredRun[] = [];
  for (const run of runs) if (run.retentionMode === 'RETAIN') retained.push(run);
  retained.sort((a, b) => a.createdMs - b.createdMs);
  const beyondCount = retained.slice(0, Math.max(0, retained.length - rules.keepNewest));
  return beyondCount.filter(
    (run) =>
      !run.isDoubted &&
      run.uuidPrefix !== '' &&
      run.createdMs > 0 &&
      // It ended after it was created: what is too young by its creation is too young.
      nowMs - run.createdMs >= rules.olderThanMs &&
      !isActive(run) &&
      rules.statuses.some((status) => status === run.status) &&
      (rules.runs === 'all' || run.owner.route !== undefined),
  );
}
