/** How far a sheet is: pure steps of its drop's record. A step that was taken already changes nothing. */
import type { DropRecord, LineReason, SheetProgress, SheetStep } from '../ledger/drops.ts';
import type { SheetRuns } from '../routing/sheet-runs.ts';
import type { Taken } from './take-drop.ts';

/** So many rows are claimed at a time: a few seconds of a small function, some of them for reading the sheet again. */
export const PART_ROWS = 100;
/** Of the rows that start nothing, so many are listed in the ledger. */
const MOST_PROBLEMS = 50;
const LONGEST_REASON = 300;
const PROBLEMS_IN_REASON = 3;

type Progress = Omit<SheetProgress, 'revision'>;

/** The sheet is read for the first time. */
export function begun(drop: DropRecord, rows: number): SheetStep | undefined {
  if (drop.sheet !== undefined) return undefined;
  const parts = Math.ceil(rows / PART_ROWS);
  return stepTo({ rows, parts, done: [], started: 0, known: 0, refused: 0, duplicates: 0, problems: [] });
}

/** All rows of a part have their requests, or the reason why not. */
export function partDone(
  drop: DropRecord,
  part: number,
  { runs, started, known }: { readonly runs: SheetRuns; readonly started: number; readonly known: number },
): SheetStep | undefined {
  const { sheet } = drop;
  if (sheet === undefined || drop.state !== 'READING' || sheet.done.includes(part)) return undefined;
  const found = [...runs.refused, ...runs.duplicates].map(({ line, reason }) => ({
    line,
    reason: reason.slice(0, LONGEST_REASON),
  }));
  return stepTo({
    ...sheet,
    done: [...sheet.done, part].sort((a, b) => a - b),
    started: sheet.started + started,
    known: sheet.known + known,
    refused: sheet.refused + runs.refused.reduce((sum, { rows }) => sum + rows, 0),
    duplicates: sheet.duplicates + runs.duplicates.length,
    problems: [...sheet.problems, ...found].sort((a, b) => a.line - b.line).slice(0, MOST_PROBLEMS),
  });
}

function stepTo(sheet: Progress): SheetStep {
  const { done, parts, rows } = sheet;
  if (done.length < parts) {
    return { state: 'READING', reason: `${done.length} of ${parts} parts of its ${rows} rows are claimed.`, sheet };
  }
  const state = sheet.started + sheet.known === 0 ? 'REJECTED' : 'TAKEN';
  const reason = sayProblems(sheet);
  return reason === undefined ? { state, sheet } : { state, reason, sheet };
}

function sayProblems({ rows, refused, duplicates, problems }: Progress): string | undefined {
  if (problems.length === 0) return undefined;
  const shown = problems.slice(0, PROBLEMS_IN_REASON).map(sayProblem).join(' ');
  const more = refused + duplicates > PROBLEMS_IN_REASON ? ' The drop lists more.' : '';
  const counts = [
    ...(refused > 0 ? [`${refused} of ${rows} rows start nothing`] : []),
    ...(duplicates > 0 ? [`${duplicates} of ${rows} rows are there twice`] : []),
  ];
  return `${counts.join(', ')}. ${shown}${more}`;
}

function sayProblem({ line, reason }: LineReason): string {
  return `Line ${line}: ${reason}.`;
}

/** What is left of a delivery of a sheet on which nothing is left to do. */
export function settledAs({ state, sheet }: DropRecord): Taken | undefined {
  if (state === 'REJECTED') return 'rejected';
  if (state === 'SUPERSEDED') return 'superseded';
  return sheet !== undefined && state === 'TAKEN' ? 'known' : undefined;
}
