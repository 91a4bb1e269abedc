/** Task Status Change events, sent when the tasks of a run get there. */
import { taskStatusEvent } from '../events/status-events.ts';
import type { OmicsParts } from '../parts.ts';
import { isTerminal, type Run } from './run.ts';
import { momentsOf, type TaskView, tasksAt } from './run-tasks.ts';

/** Call at each new status of the run. */
export function announceTasks(parts: OmicsParts, run: Run): void {
  if (run.status === 'RUNNING') scheduleFrom(parts, run, Number.NEGATIVE_INFINITY);
  else if (run.status === 'STOPPING' && run.stoppingMs !== undefined) announceCutShort(parts, run, run.stoppingMs);
}

/** After a restart: only what is still to come, as the rest was sent before. */
export function resumeTaskEvents(parts: OmicsParts): void {
  const nowMs = parts.clock.nowMs();
  for (const run of parts.runs.list({ status: 'RUNNING' }, 'OLDEST_FIRST')) scheduleFrom(parts, run, nowMs);
}

/** The tasks of a run as they are at `nowMs`. */
export function tasksOf(parts: OmicsParts, run: Run, nowMs: number): TaskView[] {
  return tasksAt(run, parts.lifecycle.planOf(run), parts.lifecycle.plannedRunningMs(run), nowMs);
}

function scheduleFrom(parts: OmicsParts, run: Run, afterMs: number): void {
  const { startMs } = run;
  if (startMs === undefined) return;
  const plannedMs = parts.lifecycle.plannedRunningMs(run);
  for (const [index, task] of parts.lifecycle.planOf(run).tasks.entries()) {
    for (const moment of momentsOf(task, startMs, plannedMs)) {
      if (moment.atMs > afterMs) parts.dues.add(moment.atMs, (atMs) => announce(parts, run.seq, index, atMs));
    }
  }
}

/** A run that stopped before this moment has had its tasks cut short, and that was announced. */
function announce(parts: OmicsParts, seq: number, index: number, atMs: number): void {
  const run = parts.runs.bySeq(seq);
  if (run === undefined || (run.stoppingMs !== undefined && run.stoppingMs < atMs) || isTerminal(run.status)) return;
  const task = tasksOf(parts, run, atMs)[index];
  if (task !== undefined) parts.sender.send(taskStatusEvent(run, task, parts.arns, atMs));
}

function announceCutShort(parts: OmicsParts, run: Run, atMs: number): void {
  for (const task of tasksOf(parts, run, atMs)) {
    const ended = task.status === 'FAILED' || task.status === 'CANCELLED';
    if (ended && task.stopTime === atMs) parts.sender.send(taskStatusEvent(run, task, parts.arns, atMs));
  }
}
