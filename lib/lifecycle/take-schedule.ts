/** A schedule ticks: one tick of one schedule is one request, however often Scheduler delivers it. */

import type { Ledger } from '../ledger/ledger.ts';
import { fillSchedule } from '../routing/fill-request.ts';
import { policyOf } from '../routing/route-policy.ts';
import type { RequestRecord } from '../runs/request-record.ts';
import { claimAndStart } from './claim-request.ts';
import type { Clock, Executions, Log, Routes, Settings } from './ports.ts';

export interface TakeSchedulePorts {
  readonly ledger: Pick<Ledger, 'requests'>;
  readonly executions: Executions;
  readonly routes: Routes;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly log: Log;
}

export interface ScheduleTick {
  readonly schedule: string;
  readonly scheduleArn: string;
  /** ISO, as Scheduler's context attribute says it. */
  readonly scheduledTime: string;
}

/** The event is not what the schedule's target sends. Permanent. */
export class InvalidTick extends Error {
  override readonly name = 'InvalidTick';
}

/** The route file has no schedule of that name any more. Permanent. */
export class UnknownSchedule extends Error {
  override readonly name = 'UnknownSchedule';
}

export function parseTick(event: unknown): ScheduleTick {
  const { schedule, scheduleArn, scheduledTime } = (event ?? {}) as Record<string, unknown>;
  if (typeof schedule !== 'string' || typeof scheduleArn !== 'string' || typeof scheduledTime !== 'string') {
    throw new InvalidTick('A schedule tick needs the texts schedule, scheduleArn and scheduledTime.');
  }
  if (Number.isNaN(Date.parse(scheduledTime))) throw new InvalidTick(`scheduledTime ${scheduledTime} is not a time.`);
  return { schedule, scheduleArn, scheduledTime };
}

export async function takeTick(ports: TakeSchedulePorts, tick: ScheduleTick): Promise<RequestRecord> {
  const file = await ports.routes.read();
  const schedule = file.schedules.find((one) => one.name === tick.schedule);
  if (schedule === undefined) {
    throw new UnknownSchedule(
      `The route file has no schedule ${tick.schedule}. Deploy again, so that it is removed from Scheduler too.`,
    );
  }
  const record = await claimAndStart(ports, {
    origin: { kind: 'schedule', ...tick },
    route: schedule.name,
    routesHash: file.hash,
    request: fillSchedule(schedule, Date.parse(tick.scheduledTime)),
    members: [],
    ...policyOf(schedule),
  });
  ports.log.info('schedule ticked', { identity: record.identity, schedule: tick.schedule });
  return record;
}
