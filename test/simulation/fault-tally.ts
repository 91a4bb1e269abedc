/** Every fault that a simulation can inject, by name, and how often it really happened. */

/** In the order of issue to effect: events, the process, remote calls, services, people. */
export const FAULT_NAMES = [
  'event lost',
  'event duplicated',
  'event late',
  'event late by days',
  'events out of order',
  'crash before a call',
  'crash after a call',
  'call failed',
  'reply lost after success',
  'call without end',
  'call repeated by the SDK',
  'function timed out',
  'timeout in mid-batch',
  'function not invoked',
  'message delivered twice',
  'poison record',
  'conditional write in conflict',
  'stale index read',
  'PutEvents refused',
  'requestId forgotten',
  'StartRun throttled',
  'StartRun failed with 5xx',
  'quota full',
  'page token expired',
  'clock skewed',
  'reconciliation lost',
  'reconciliations overlap',
  'schedules overlap',
  'sweeps overlap',
  'run removed',
  'run pruned',
  'id reused',
  'run cancelled',
  'execution lost',
  'execution stopped',
  'token spent',
  'object overwritten',
  'object deleted',
  'route file changed',
] as const;

export type FaultName = (typeof FAULT_NAMES)[number];
export type FaultCounts = Readonly<Record<FaultName, number>>;

export class FaultTally {
  readonly counts = noFaultCounts();

  add(name: FaultName): void {
    this.counts[name] += 1;
  }
}

function noFaultCounts(): Record<FaultName, number> {
  return Object.fromEntries(FAULT_NAMES.map((name) => [name, 0])) as Record<FaultName, number>;
}

/** How often each happened, and in how many of the simulations. */
export function sumOf(all: readonly FaultCounts[]): { name: FaultName; times: number; seeds: number }[] {
  return FAULT_NAMES.map((name) => ({
    name,
    times: all.reduce((sum, counts) => sum + counts[name], 0),
    seeds: all.filter((counts) => counts[name] > 0).length,
  }));
}
