import { fillMembers, type Scope } from './fill-members.ts';
import { assessGather, type Member } from './gather.ts';
import { localTime } from './local-time.ts';
import type { Route, Schedule } from './route.ts';
import { checkStartRunRequest, RequestRefused, type StartRunRequest } from './start-run-request.ts';

export { RequestRefused, type StartRunRequest } from './start-run-request.ts';

/** What a request is filled from. */
export interface Given {
  /** The one drop, or the set that `assessGather` answered. */
  readonly members: readonly Member[];
  /** `{time}` and `{date}`, in UTC. */
  readonly timeMs: number;
  /** With `each: row`. */
  readonly row?: Readonly<Record<string, string>>;
  /** With `each: { group }`: the rows of one group, in the sheet's order. */
  readonly rows?: readonly Readonly<Record<string, string>>[];
}

/** The StartRun request that this drop, set, row or group of rows makes. Throws RequestRefused with every reason. */
export function fillRequest(route: Route, given: Given): StartRunRequest {
  if (route.run.fromObject !== undefined) {
    throw new TypeError(`the dropped object is the request of route ${route.name}: readRunRequest reads it`);
  }
  // Callers may have the members in any order; templates rely on the set's own.
  const members = route.gather === undefined ? given.members : assessGather(route, given.members).set;
  const { row, rows } = given;
  const scope: Scope = {
    name: route.name,
    ...localTime(given.timeMs, 'UTC'),
    bucket: route.bucket,
    members,
    ...(route.gather === undefined ? {} : { gather: route.gather }),
    ...(row === undefined ? {} : { row }),
    ...(rows === undefined ? {} : { rows }),
  };
  return checked(fillMembers(route.run, scope));
}

/** The StartRun request of a schedule at its scheduled time; `{date}` and `{time}` are those of its time zone. */
export function fillSchedule(schedule: Schedule, scheduledTimeMs: number): StartRunRequest {
  const scope: Scope = { name: schedule.name, ...localTime(scheduledTimeMs, schedule.timezone), members: [] };
  return checked(fillMembers(schedule.run, scope));
}

function checked(value: Readonly<Record<string, unknown>>): StartRunRequest {
  const problems = checkStartRunRequest(value);
  if (problems.length > 0) throw new RequestRefused(problems);
  return value as unknown as StartRunRequest;
}
