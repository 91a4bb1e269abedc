/** Messages of the starts queue. Each says who got in line, as opaque ids only; one that says nothing is as good. */

export function writeNudge(identity: string | undefined): string {
  return JSON.stringify(identity === undefined ? {} : { request: identity });
}

/** The requests that a batch of nudges names. What cannot be read is a nudge all the same: the ledger knows what waits. */
export function readNudges(bodies: readonly string[]): readonly string[] {
  return [...new Set(bodies.flatMap(readNudge))];
}

function readNudge(body: string): readonly string[] {
  const request = /"request":"([0-9a-f]{32})"/.exec(body)?.[1];
  return request === undefined ? [] : [request];
}
