/** Where every run of the laptop stands: read over the public APIs, about once a second and only while something moves. */
import type { OmicsClient } from '@aws-sdk/client-omics';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import type { RequestRecord } from '../../lib/runs/request-record.ts';
import { gatherWaitsFor, groupText, latestAttempt, statusOf } from '../rows.ts';

/** One line of the live view: a request, or a set that waits for the rest of its drops. */
export interface ProgressLine {
  readonly id: string;
  readonly route: string;
  /** The run's name, or what the drops of a set have in common. */
  readonly name: string;
  readonly status: string;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly tasksDone: number;
  readonly tasksAll: number;
  readonly startedMs?: number;
  readonly endedMs?: number;
  /** The median of this workflow's completed runs. */
  readonly usualMs?: number;
  /** What it waits for, or why it ended as it did. */
  readonly note?: string;
}

export interface Progress {
  /** Oldest first. */
  readonly lines: readonly ProgressLine[];
  /** Whether anything is left that goes on by itself. */
  readonly unfinished: boolean;
  readonly requests: readonly RequestRecord[];
}

export interface TaskCount {
  readonly done: number;
  readonly all: number;
}

const SHOWN_REQUESTS = 200;
const SHOWN_SETS = 50;
const TASK_PAGES = 20;
/** Runs whose tasks are asked for in one round: ListRunTasks has a rate limit of its own on AWS. */
const TASK_RUNS = 25;

export type ReadProgress = () => Promise<Progress>;

/** Reads the ledger and, for runs that move, their tasks. Counts of ended runs are remembered. */
export function createProgressReader(
  ledger: Pick<Ledger, 'requests' | 'gathers'>,
  omics: Pick<OmicsClient, 'send'>,
): ReadProgress {
  const counts = new Map<string, TaskCount & { readonly final: boolean }>();
  const refresh = async (record: RequestRecord) => {
    const attempt = latestAttempt(record);
    if (attempt?.uuid === undefined || attempt.runId === undefined || counts.get(attempt.uuid)?.final) return;
    const final = record.state === 'ENDED';
    counts.set(attempt.uuid, { ...(await countTasks(omics, attempt.runId)), final });
  };
  return async () => {
    const [requests, gathers] = await Promise.all([
      ledger.requests.list(SHOWN_REQUESTS),
      ledger.gathers.open('GATHERING', SHOWN_SETS),
    ]);
    const needed = requests.filter((record) => {
      const uuid = latestAttempt(record)?.uuid;
      return uuid !== undefined && counts.get(uuid)?.final !== true;
    });
    await Promise.all(needed.slice(0, TASK_RUNS).map(refresh));
    const usual = usualDurations(requests);
    const lines = [...requests]
      .reverse()
      .map((record) => requestLine(record, counts.get(latestAttempt(record)?.uuid ?? ''), usual));
    const sets = gathers.filter(({ missing }) => missing.length > 0);
    const waiting = sets.map((header) => ({
      id: header.gatherId,
      route: header.route,
      name: groupText(header.group),
      status: 'WAITING',
      attempt: 0,
      maxAttempts: 0,
      tasksDone: 0,
      tasksAll: 0,
      note: `waiting for ${gatherWaitsFor(header)}`,
    }));
    return { lines: [...lines, ...waiting], unfinished: requests.some(goesOn), requests };
  };
}

/** UNCERTAIN waits for a person; everything else that has not ended goes on by itself. */
function goesOn(record: RequestRecord): boolean {
  return record.state !== 'ENDED' && record.state !== 'UNCERTAIN';
}

async function countTasks(omics: Pick<OmicsClient, 'send'>, runId: string): Promise<TaskCount> {
  const { ListRunTasksCommand } = await import('@aws-sdk/client-omics');
  let done = 0;
  let all = 0;
  let startingToken: string | undefined;
  for (let page = 0; page < TASK_PAGES; page += 1) {
    const input = { id: runId, ...(startingToken === undefined ? {} : { startingToken }) };
    const answer = await omics.send(new ListRunTasksCommand(input)).catch(ignoreMissing);
    for (const task of answer?.items ?? []) {
      all += 1;
      if (task.status === 'COMPLETED') done += 1;
    }
    startingToken = answer?.nextToken;
    if (startingToken === undefined) break;
  }
  return { done, all };
}

/** A run may be deleted at any moment; its tasks go with it. */
function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
  throw error;
}

function requestLine(
  record: RequestRecord,
  tasks: TaskCount | undefined,
  usual: ReadonlyMap<string, number>,
): ProgressLine {
  const attempt = latestAttempt(record);
  const startedMs = timeOf(attempt?.startTime ?? attempt?.creationTime ?? attempt?.statuses.PENDING);
  const endedMs = timeOf(attempt?.stopTime ?? record.outcomeAt);
  const usualMs = usual.get(workflowOf(record));
  const note = noteOf(record);
  return {
    id: record.identity,
    route: record.route,
    name: attempt?.name ?? record.identity,
    status: statusOf(record),
    attempt: attempt?.attempt ?? 0,
    maxAttempts: record.maxAttempts,
    tasksDone: tasks?.done ?? 0,
    tasksAll: tasks?.all ?? 0,
    ...(startedMs === undefined ? {} : { startedMs }),
    ...(endedMs === undefined || record.outcome === undefined ? {} : { endedMs }),
    ...(usualMs === undefined ? {} : { usualMs }),
    ...(note === undefined ? {} : { note }),
  };
}

function noteOf(record: RequestRecord): string | undefined {
  const failures = record.attempts.map(({ failureReason }) => failureReason).filter((reason) => reason !== undefined);
  if (record.outcome === 'COMPLETED') return failures.length === 0 ? undefined : `after ${failures.join(', ')}`;
  return record.reason ?? (failures.length === 0 ? undefined : failures.join(', '));
}

/** The median duration of the completed runs of each workflow. */
function usualDurations(records: readonly RequestRecord[]): Map<string, number> {
  const durations = new Map<string, number[]>();
  for (const record of records) {
    const attempt = latestAttempt(record);
    const begin = timeOf(attempt?.startTime ?? attempt?.creationTime);
    const end = timeOf(attempt?.stopTime);
    if (record.outcome !== 'COMPLETED' || begin === undefined || end === undefined) continue;
    const workflow = workflowOf(record);
    durations.set(workflow, [...(durations.get(workflow) ?? []), end - begin]);
  }
  return new Map([...durations].map(([workflow, all]) => [workflow, median(all)]));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

function workflowOf(record: RequestRecord): string {
  try {
    const request = JSON.parse(record.requestText) as { workflowType?: unknown; workflowId?: unknown };
    return `${String(request.workflowType ?? 'PRIVATE')}/${String(request.workflowId)}`;
  } catch {
    return record.route;
  }
}

function timeOf(iso: string | undefined): number | undefined {
  if (iso === undefined) return undefined;
  const time = Date.parse(iso);
  return Number.isNaN(time) ? undefined : time;
}
