/** What `show` adds to a request's own facts: who did what by hand, and what became of its runs since. Pure. */
import type { GoneRun } from '../lib/ledger/snapshots.ts';
import type { Act, EarlierOutcome, RequestRecord } from '../lib/runs/request-record.ts';
import { formatTime, printable } from './text.ts';

export function actLines(acts: readonly Act[]): string[] {
  if (acts.length === 0) return [];
  const lines = acts.map(({ what, at, by, reason, note }) =>
    [`  ${formatTime(at)}  ${what}`, note, `by ${by}`, reason === undefined ? undefined : `(${reason})`]
      .filter((part) => part !== undefined)
      .join(' '),
  );
  return ['', 'by hand', ...lines.map(printable)];
}

const HOW_GONE: Readonly<Record<GoneRun['how'], string>> = {
  retention: 'HealthOmics removed it to make room, as its retention mode REMOVE allows',
  deleted: 'somebody deleted it',
  pruned: 'Rundrop deleted it, as the prune rules of the route file say',
  unclear: 'HealthOmics removed it to make room, or somebody deleted it',
};

/** Runs that HealthOmics does not have any more, and what is left of them. */
export function goneLines(gone: readonly GoneRun[], { evidence }: Pick<RequestRecord, 'evidence'>): string[] {
  if (gone.length === 0) return [];
  const lines = gone.map(
    ({ attempt, runId, uuid, noticedAt, how }) =>
      `  run ${runId} (uuid ${uuid}) of attempt ${attempt}: ${HOW_GONE[how]}; noticed ${formatTime(noticedAt)}`,
  );
  const kept = evidence === undefined ? '' : `, and the evidence of its outcome is ${printable(evidence.uri)}`;
  return ['', 'gone from HealthOmics', ...lines, `  What stands here is what the ledger kept${kept}.`];
}

/** What it had come to before a person opened it again. */
export function earlierLines(earlier: readonly EarlierOutcome[]): string[] {
  if (earlier.length === 0) return [];
  return ['', 'before', ...earlier.map(({ outcome, at }) => `  ${outcome} ${at === undefined ? '' : formatTime(at)}`)];
}

/** Where the evidence of the outcome is, or what keeps it from being there; `undefined` before there is an outcome. */
export function evidenceText({
  evidence,
  evidenceTrouble: trouble,
}: Pick<RequestRecord, 'evidence' | 'evidenceTrouble'>): string | undefined {
  if (evidence !== undefined) {
    const version = evidence.versionId === undefined ? '' : `, version ${printable(evidence.versionId)}`;
    return `${printable(evidence.uri)}${version}`;
  }
  if (trouble === undefined) return undefined;
  const goesOn = trouble.givenUpAt === undefined ? 'it is tried again' : `given up ${formatTime(trouble.givenUpAt)}`;
  return `not written after ${trouble.tries} tries, the last ${formatTime(trouble.lastTryAt)} (${printable(trouble.error)}); ${goesOn}`;
}
