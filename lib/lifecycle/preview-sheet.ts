/** What the rows of a sheet would lead to: the requests that `takeSheet` would claim, claimed by nobody. */

import type { Drop } from '../routing/drop.ts';
import type { Matched } from '../routing/match-drop.ts';
import type { RouteFile } from '../routing/route-file.ts';
import { policyOf } from '../routing/route-policy.ts';
import { type RowProblem, type SheetRun, sheetRuns } from '../routing/sheet-runs.ts';
import { SheetRefused } from '../routing/sheet-text.ts';
import { RequestRefused } from '../routing/start-run-request.ts';
import { identityOf } from '../runs/identity.ts';
import { type StartRunInput, startRunInput } from '../runs/start-run-input.ts';
import { newRequest } from './claim-request.ts';
import { rowOrigin } from './take-sheet.ts';

export interface SheetPreview {
  readonly rows: number;
  readonly runs: number;
  /** The first of the runs. */
  readonly first: readonly RowPreview[];
  readonly refused: readonly RowProblem[];
  readonly duplicates: readonly RowProblem[];
}

export interface RowPreview {
  /** Of the sheet, from 1. */
  readonly lines: readonly number[];
  readonly identity: string;
  readonly requestId: string;
  readonly request: StartRunInput;
}

export interface PreviewSheetGiven {
  readonly file: RouteFile;
  readonly matched: Matched;
  readonly dropped: { readonly drop: Drop; readonly wildcards: Readonly<Record<string, string>> };
  readonly body?: string;
  readonly nowMs: number;
  readonly rundropVersion: string;
}

/** A sheet may have 10,000 rows; each request is some kilobytes. */
const RUNS_SHOWN = 20;

export function previewSheet(given: PreviewSheetGiven): {
  readonly sheet?: SheetPreview;
  readonly refused?: readonly string[];
  readonly doubts: readonly string[];
  readonly standIns: readonly string[];
} {
  const { body, dropped, matched } = given;
  const doubts = ['each run has an identity of its own: of its row, and of where the sheet lies'];
  if (body === undefined) return { doubts, standIns: [] };
  try {
    const { rows, runs, refused, duplicates } = sheetRuns(matched.route, dropped, body);
    const first = runs.slice(0, RUNS_SHOWN).map((run) => previewRow(run, given));
    return { sheet: { rows, runs: runs.length, first, refused, duplicates }, doubts, standIns: [] };
  } catch (error) {
    if (error instanceof SheetRefused) return { refused: [error.message], doubts: [], standIns: [] };
    if (!(error instanceof RequestRefused)) throw error;
    return { refused: error.problems, doubts: [], standIns: [] };
  }
}

function previewRow(run: SheetRun, { file, matched, dropped, nowMs, rundropVersion }: PreviewSheetGiven): RowPreview {
  const { route } = matched;
  const origin = rowOrigin(route, dropped.drop, run);
  const claim = {
    origin,
    route: route.name,
    routesHash: file.hash,
    request: run.request,
    members: [],
    ...policyOf(route),
  };
  const record = newRequest(claim, { rundropVersion }, new Date(nowMs).toISOString());
  const [attempt] = record.attempts;
  if (attempt === undefined) throw new Error('A new request has no attempt.');
  const request = startRunInput(record, attempt);
  return { lines: run.lines, identity: identityOf(origin), requestId: request.requestId, request };
}
