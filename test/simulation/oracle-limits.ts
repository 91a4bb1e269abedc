/** What a route says of its runs: how many may start on one day, and that the others start on the days after. */
import type { RequestData, Violate } from './oracle-ledger.ts';
import { MOST_A_DAY } from './workload.ts';
import type { World } from './world.ts';

const DAY_MS = 24 * 3_600_000;
/** Clocks may differ by so much, so that a run so near to midnight may count for either day. */
const SKEW_MS = 60_000;

/** 5: no more than the limit, retries and repeats included. */
export function checkDailyLimits({ omics }: World, violate: Violate): void {
  for (const [route, most] of Object.entries(MOST_A_DAY)) {
    const days = omics.runs
      .filter(({ tags }) => tags['rundrop:route'] === route)
      .filter(({ createdMs }) => createdMs % DAY_MS > SKEW_MS && createdMs % DAY_MS < DAY_MS - SKEW_MS)
      .map(({ createdMs }) => Math.floor(createdMs / DAY_MS));
    for (const [day, runs] of Map.groupBy(days, (one) => one)) {
      if (runs.length > most) violate(`5: ${runs.length} runs of route ${route} on day ${day}, not ${most}`);
    }
  }
}

/** 2: the limit only puts off. */
export function checkNobodyHeld(requests: readonly RequestData[], violate: Violate): void {
  for (const { identity, route, state, reason } of requests) {
    if (MOST_A_DAY[route] !== undefined && state === 'WAITING')
      violate(`2: request ${identity} waits for a day that is over: ${reason}`);
  }
}
