/** Whether a nominated run may go, by one GetRun and the ledger. What the sweeper decides by, and what `rundrop prune` shows. */
import { judge, type KeptBecause, type PruneFacts } from '../quota/prune-rules.ts';
import type { PruneRules } from '../quota/prune-settings.ts';
import type { StoredRun } from '../quota/stored-run.ts';
import { currentAttempt, type RequestRecord } from '../runs/request-record.ts';
import type { Clock } from './ports.ts';
import type { SweepCalls } from './sweep-calls.ts';
import { findOwnRun, type OwnRun } from './sweep-own-runs.ts';
import type { PrunableRuns, SweepPorts } from './sweep-ports.ts';

export interface PruneLook {
  readonly runs: Pick<PrunableRuns, 'describe'>;
  readonly requests: Pick<SweepPorts['requests'], 'findByRunId' | 'read'>;
  readonly calls: Pick<SweepCalls, 'get'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly rules: PruneRules;
}

export type Looked = { readonly kept: KeptBecause } | { readonly facts: PruneFacts; readonly own: OwnRun | undefined };

/** @throws SweepPaused when the call may not be made any more. */
export async function lookForPruning(ports: PruneLook, run: StoredRun): Promise<Looked> {
  const { requests, rules, clock } = ports;
  const facts = await ports.calls.get(() => ports.runs.describe(run.runId));
  const verdict = judge(run, facts, { rules, nowMs: clock.nowMs() });
  if (!verdict.prune) return { kept: verdict.because };
  if (facts === undefined) return { kept: 'gone' };
  const found = await findOwnRun(requests, run);
  const own = found?.uuid === facts.uuid ? found : undefined;
  if (own === undefined && rules.runs === 'ours') return { kept: 'not-ours' };
  if (own !== undefined && !isSettled(await requests.read(own.identity), own)) return { kept: 'outcome-not-recorded' };
  return { facts, own };
}

/**
 * Whether nobody needs the run any more: its outcome is in the ledger and, if it is the request's last, announced, and no
 * evidence is still to be made of it.
 */
function isSettled(record: RequestRecord | undefined, own: OwnRun): boolean {
  const attempt = record?.attempts.find((one) => one.uuid === own.uuid);
  if (record === undefined || attempt?.outcome === undefined) return false;
  const { evidence, evidenceTrouble } = record;
  if (evidence === undefined && evidenceTrouble !== undefined && evidenceTrouble.givenUpAt === undefined) return false;
  if (currentAttempt(record).attempt !== attempt.attempt) return record.state === 'ENDED' || evidence !== undefined;
  return record.state === 'ENDED' && record.announcedAt !== undefined;
}
