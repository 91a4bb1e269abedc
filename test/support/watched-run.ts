/** A run of the cram route that is watched, and the request it is of. */
import { awaitStart } from '../../lib/lifecycle/await-start.ts';
import { startWaiting } from '../../lib/lifecycle/start-waiting.ts';
import { takeDrop } from '../../lib/lifecycle/take-drop.ts';
import { watchRun } from '../../lib/lifecycle/watch-run.ts';
import { currentAttempt, type RequestRecord } from '../../lib/runs/request-record.ts';
import { put, type World } from './world.ts';

export interface WatchedRun {
  readonly record: RequestRecord;
  readonly executionArn: string;
  readonly runId: string;
}

/** @throws Error when there is none */
export async function newestRequest({ ledger }: World): Promise<RequestRecord> {
  const [record] = await ledger.requests.list(1);
  if (record === undefined) throw new Error('there is no request');
  return record;
}

/** One drop, taken as far as a run that is watched by its own execution. The world is to be a new one. */
export async function watchedRun(world: World): Promise<WatchedRun> {
  await takeDrop(world, put(world, 'cram/SYN-1.cram'));
  const executionArn = [...world.executions.statuses.keys()][0] ?? '';
  const executionName = executionArn.replace('arn:execution:', '');
  const { identity } = await newestRequest(world);
  await awaitStart(world, { token: 'start', executionArn, executionName, input: { request: identity } });
  await startWaiting(world, Number.MAX_SAFE_INTEGER);
  await watchRun(world, { token: 'watch', executionName, request: identity, attempt: 1 });
  const record = await newestRequest(world);
  return { record, executionArn, runId: currentAttempt(record).runId ?? '' };
}
