/** What a route says of its runs: how many may start on one day, and that the others start on the days after. */
import type { RequestData, Violate } from './oracle-ledger.ts';
import { MOST_A_DAY } from './workload.ts';

/** 5: no more than the limit. A start counts for the day of its first call, also when its run comes after midnight. */
export function checkDailyLimits(requests: readonly RequestData[], violate: Violate): void {
  for (const [route, most] of Object.entries(MOST_A_DAY)) {
    const days = requests
      .filter((request) => request.route === route)
      .flatMap(({ attempts }) => attempts.filter(({ uuid }) => uuid !== undefined))
      .map(({ countedOn }) => countedOn);
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
