/** The tasks of a run: what the plan says of them at a moment, cut short where the run was. */
import { hash } from 'node:crypto';
import type { Run } from './run.ts';
import type { RunPlan, TaskPlan } from './run-plan.ts';

export type TaskStatus = 'PENDING' | 'STARTING' | 'RUNNING' | 'STOPPING' | 'COMPLETED' | 'CANCELLED' | 'FAILED';

/** The members of GetRunTask; times in milliseconds since 1970. */
export interface TaskView {
  readonly taskId: string;
  readonly uuid: string;
  readonly status: TaskStatus;
  readonly name: string;
  readonly cpus: number;
  readonly memory: number;
  readonly gpus: number;
  readonly instanceType: string;
  readonly cacheHit: boolean;
  readonly creationTime: number;
  readonly startTime?: number;
  readonly stopTime?: number;
  readonly statusMessage?: string;
  readonly failureReason?: string;
}

export interface TaskMoment {
  /** Which task of the run, from 0. */
  readonly index: number;
  readonly atMs: number;
  readonly status: TaskStatus;
}

/** All tasks that the run has begun by `nowMs`, in order of creation. */
export function tasksAt(run: Run, plan: RunPlan, plannedRunningMs: number, nowMs: number): TaskView[] {
  if (run.startMs === undefined) return [];
  const cutMs = run.stoppingMs ?? nowMs;
  const spanMs = spanOf(run, plannedRunningMs);
  let failure = run.outcome === 'FAILED' ? run.failureReason : undefined;
  const views: TaskView[] = [];
  for (const [i, task] of plan.tasks.entries()) {
    const moments = momentsOf(task, i, run.startMs, spanMs).filter((moment) => moment.atMs <= Math.min(cutMs, nowMs));
    if (moments.length === 0) continue;
    const view = viewOf(run, task, i, moments);
    const cut = run.stoppingMs !== undefined && view.status !== 'COMPLETED';
    views.push(cut ? cutShort(view, run.stoppingMs, failure) : view);
    // One task brings the run down; the others that are under way are cancelled with it.
    if (cut) failure = undefined;
  }
  return views;
}

/** A task as it enters a status on its way, before anything cuts it short. */
export function taskEntering(
  run: Run,
  plan: RunPlan,
  plannedRunningMs: number,
  moment: TaskMoment,
): TaskView | undefined {
  const task = plan.tasks[moment.index];
  if (task === undefined || run.startMs === undefined) return undefined;
  const moments = momentsOf(task, moment.index, run.startMs, plannedRunningMs);
  const place = moments.findIndex(({ status }) => status === moment.status);
  return viewOf(run, task, moment.index, moments.slice(0, place + 1));
}

/** When the tasks of a run enter each status if nothing cuts them short; in order of time. */
export function taskMoments(plan: RunPlan, startMs: number, spanMs: number): TaskMoment[] {
  const moments = plan.tasks.flatMap((task, index) => momentsOf(task, index, startMs, spanMs));
  return moments.sort((a, b) => a.atMs - b.atMs);
}

function momentsOf(task: TaskPlan, index: number, startMs: number, spanMs: number): TaskMoment[] {
  const at = (share: number) => startMs + Math.round(share * spanMs);
  return [
    { index, atMs: at(task.createdAt), status: 'PENDING' },
    { index, atMs: at(task.startingAt), status: 'STARTING' },
    { index, atMs: at(task.runningAt), status: 'RUNNING' },
    { index, atMs: at(task.stoppingAt), status: 'STOPPING' },
    { index, atMs: at(task.endAt), status: 'COMPLETED' },
  ];
}

/** A completed run's tasks fill the time that it took, also when the speed was another one then. */
function spanOf(run: Run, plannedRunningMs: number): number {
  const whole = run.stoppingMs !== undefined && run.outcome === 'COMPLETED';
  return whole ? run.stoppingMs - (run.startMs ?? 0) : plannedRunningMs;
}

function viewOf(run: Run, task: TaskPlan, index: number, moments: readonly TaskMoment[]): TaskView {
  const timeOf = (status: TaskStatus) => moments.find((moment) => moment.status === status)?.atMs;
  const startTime = timeOf('RUNNING');
  const stopTime = timeOf('COMPLETED');
  return {
    ...identityOf(run.uuid, index),
    status: moments.at(-1)?.status ?? 'PENDING',
    name: task.name,
    cpus: task.cpus,
    memory: task.memory,
    gpus: task.gpus,
    instanceType: task.instanceType,
    cacheHit: false,
    creationTime: timeOf('PENDING') ?? 0,
    ...(startTime === undefined ? {} : { startTime }),
    ...(stopTime === undefined ? {} : { stopTime }),
  };
}

function cutShort(view: TaskView, stopTime: number, failureReason: string | undefined): TaskView {
  if (failureReason === undefined) return { ...view, status: 'CANCELLED', stopTime };
  return { ...view, status: 'FAILED', stopTime, failureReason, statusMessage: `Task failed: ${failureReason}` };
}

/** Ids follow from the run's uuid, so tasks need not be stored. */
function identityOf(runUuid: string, index: number): { taskId: string; uuid: string } {
  const hex = hash('sha256', `${runUuid} task ${index}`);
  // The last digit is the index: no two tasks of a run share an id.
  const taskId = String(1_000_000 + (Number.parseInt(hex.slice(0, 8), 16) % 900_000) * 10 + index);
  const uuid = `${hex.slice(8, 16)}-${hex.slice(16, 20)}-4${hex.slice(21, 24)}-8${hex.slice(25, 28)}-${hex.slice(28, 40)}`;
  return { taskId, uuid };
}
