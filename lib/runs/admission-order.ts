/** Who starts first. */

/** A request in line, as much of it as decides when it starts. */
export interface InLine {
  readonly identity: string;
  readonly route: string;
  /** A higher number starts earlier. */
  readonly priority: number;
  /** Since when it waits, ISO. */
  readonly since: string;
}

/**
 * The order in which waiting requests start: a higher priority first; then the routes take turns, so that a burst of one
 * holds up no other; within a route the one that waits longer, then by identity so that the order is total.
 * `servedLast`: the routes of earlier starts, the latest at the end; those that are not named there come first.
 */
export function admissionOrder<Entry extends InLine>(
  entries: readonly Entry[],
  servedLast: readonly string[] = [],
): Entry[] {
  const priorities = [...new Set(entries.map(({ priority }) => priority))].sort((a, b) => b - a);
  return priorities.flatMap((wanted) =>
    inTurns(
      entries.filter(({ priority }) => priority === wanted),
      servedLast,
    ),
  );
}

function inTurns<Entry extends InLine>(entries: readonly Entry[], servedLast: readonly string[]): Entry[] {
  const queues = [...Map.groupBy(entries.toSorted(byAge), ({ route }) => route)]
    .map(([route, queue]) => ({ queue, served: servedLast.lastIndexOf(route) }))
    // A stable sort: among routes that were not served yet, the one whose first waits longest.
    .sort((a, b) => a.served - b.served);
  const order: Entry[] = [];
  for (let turn = 0; order.length < entries.length; turn += 1) {
    for (const { queue } of queues) {
      const entry = queue[turn];
      if (entry !== undefined) order.push(entry);
    }
  }
  return order;
}

/** As many as a route file may have: who is forgotten would come first again. */
const MOST_ROUTES = 1_000;

/** `servedLast` after a start of that route. */
export function servedNow(servedLast: readonly string[], route: string): readonly string[] {
  return [...servedLast.filter((one) => one !== route), route].slice(-MOST_ROUTES);
}

function byAge(a: InLine, b: InLine): number {
  return compareText(a.since, b.since) || compareText(a.identity, b.identity);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
