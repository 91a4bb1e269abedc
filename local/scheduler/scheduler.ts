/**
 * EventBridge Scheduler on a laptop. Not as on AWS: invocations come at their second, not within its minute; what was
 * missed while the process was down is not made up; retries last seconds; flexible windows, universal targets and tags
 * are not offered.
 */
import path from 'node:path';
import { forgetfulJournal, openKeyedJournal } from '../keyed-journal.ts';
import type { Cancel, LocalService, Surroundings, TargetPort } from '../ports.ts';
import { answerRestJson } from '../rest-json.ts';
import { DueTimer } from './due-timer.ts';
import { type DeclaredSchedule, ScheduleApi, scheduleArn } from './schedule-api.ts';
import { invokeTarget } from './schedule-invocation.ts';
import { ScheduleStore } from './schedule-store.ts';

export interface Scheduler extends LocalService {
  /**
   * Declares a schedule, replacing one of that name; an equal one is left alone, so that a restart moves no rate. It
   * counts as deployed before: a rate is first due one period from now, where CreateSchedule's is due at once.
   * @throws AwsError ValidationException.
   */
  putSchedule(schedule: DeclaredSchedule): void;
  /** Declares a group; schedules in it that are not named, left from an earlier start, are deleted. */
  putScheduleGroup(name: string, scheduleNames: readonly string[]): void;
}

const BODY_LIMIT_BYTES = 512 * 1024;

export function createScheduler(surroundings: Surroundings, { targets }: { targets: TargetPort }): Scheduler {
  const { dataDir, clock } = surroundings;
  const journal = dataDir === undefined ? forgetfulJournal : openKeyedJournal(path.join(dataDir, 'schedules.jsonl'));
  const store = new ScheduleStore(journal, clock.nowMs());
  const pauses = new Set<Cancel>();
  const timer = new DueTimer(clock, store, (kept, scheduledMs) => {
    const due = { schedule: kept.definition, arn: scheduleArn(surroundings, kept), scheduledMs };
    void invokeTarget({ surroundings, targets, pauses }, due);
  });
  timer.rearm();
  const api = new ScheduleApi(surroundings, store, timer);
  const routes = api.routes();
  return {
    signingNames: ['scheduler'],
    handle: (request, response) =>
      answerRestJson(request, response, {
        serviceName: 'Scheduler',
        routes,
        bodyLimitBytes: BODY_LIMIT_BYTES,
        report: surroundings.report,
      }),
    putSchedule: (schedule) => api.declare(schedule),
    putScheduleGroup: (name, scheduleNames) => api.declareGroup(name, scheduleNames),
    async close() {
      timer.close();
      for (const cancel of pauses) cancel();
      store.close();
    },
  };
}
