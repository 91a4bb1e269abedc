/** `rundrop prune` for people. Pure. */
import type { Deletion } from '../../lib/ledger/deletions.ts';
import type { KeptBecause } from '../../lib/quota/prune-rules.ts';
import type { PruneRules } from '../../lib/quota/prune-settings.ts';
import type { RunOwner } from '../../lib/quota/stored-run.ts';
import { formatDuration, formatTable, formatTime, type Screen, wrapLine } from '../text.ts';
import { formatCount } from './plot.ts';

export interface PlannedRun {
  readonly runId: string;
  readonly uuidPrefix: string;
  /** ISO. */
  readonly createdAt: string;
  readonly status: string;
  readonly owner: RunOwner;
  readonly verdict: 'goes' | 'stays';
  /** `null` for a run that goes. */
  readonly because: KeptBecause | null;
}

export interface PrunePlan {
  readonly rules: PruneRules;
  /** When the picture was last complete, ISO. */
  readonly scannedAt: string;
  readonly storedRuns: number;
  /** By the picture alone. */
  readonly candidates: number;
  /** The oldest of them, each by a GetRun just now. */
  readonly looked: readonly PlannedRun[];
}

const REASONS: Readonly<Record<KeptBecause, string>> = {
  gone: 'it is gone already',
  'another-run': 'another run has its id by now',
  'not-identified': 'its uuid or creation time is not known',
  'not-retain': 'GetRun does not say RETAIN',
  'not-at-its-end': 'it has not ended',
  'status-not-listed': 'its status is not in `statuses`',
  'end-not-known': 'GetRun does not say when it ended',
  'too-young': 'it ended too recently',
  'tags-not-known': 'GetRun does not say its tags',
  'kept-by-tag': 'it has the tag that keeps it',
  'not-ours': 'Rundrop did not start it',
  'outcome-not-recorded': 'its outcome is not announced yet',
  'record-not-whole': 'not all of its tasks can be kept',
};

const DAY_MS = 24 * 3_600_000;

export function planLines(
  { rules, scannedAt, storedRuns, candidates, looked }: PrunePlan,
  screen: Screen,
  nowMs: number,
): string[] {
  const goes = looked.filter(({ verdict }) => verdict === 'goes').length;
  const age = formatDuration(nowMs - Date.parse(scannedAt));
  const lines = [
    `RETAIN runs that ended ${rules.statuses.join(' or ')} at least ${Math.round(rules.olderThanMs / DAY_MS)} days ago, ` +
      `${rules.runs === 'ours' ? 'started by Rundrop' : 'whoever started them'}, without the tag ${rules.keepTag}, beyond the newest ${formatCount(rules.keepNewest)}:`,
    `${formatCount(candidates)} of ${formatCount(storedRuns)} stored runs by the picture of ${age} ago; ${goes} of the ${looked.length} looked at would go.`,
    rules.dryRun
      ? 'Nothing is deleted: `dryRun` is true.'
      : `Each sweep deletes at most ${rules.mostPerSweep}, each after its evidence is kept.`,
  ];
  const table = looked.length === 0 ? [] : ['', ...plannedTable(looked, screen)];
  return [...lines.flatMap((line) => wrapLine(line, screen.width)), ...table];
}

function plannedTable(looked: readonly PlannedRun[], screen: Screen): string[] {
  const columns = [
    { header: 'RUN' },
    { header: 'CREATED' },
    { header: 'STATUS' },
    { header: 'ROUTE', shrinks: true },
    { header: 'VERDICT', shrinks: true },
  ];
  const rows = looked.map(({ runId, createdAt, status, owner, because }) => [
    runId,
    formatTime(createdAt),
    status,
    owner.route ?? '(foreign)',
    because === null ? 'goes' : `stays: ${REASONS[because]}`,
  ]);
  return formatTable(columns, rows, screen);
}

export function deletedLines(deletions: readonly Deletion[], screen: Screen): string[] {
  if (deletions.length === 0) return ['No run was deleted.'];
  const columns = [
    { header: 'WHEN' },
    { header: 'RUN' },
    { header: 'STATE' },
    { header: 'ROUTE', shrinks: true },
    { header: 'EVIDENCE', shrinks: true },
  ];
  const rows = deletions.map(({ intendedAt, settledAt, runId, state, owner, evidence, reason }) => [
    formatTime(settledAt ?? intendedAt),
    runId,
    reason === undefined ? state : `${state}: ${reason}`,
    owner.route ?? '(foreign)',
    evidence.uri,
  ]);
  return formatTable(columns, rows, screen);
}
