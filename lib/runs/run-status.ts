/** HealthOmics' run statuses, in the API's spelling, and the order in which a run can go through them. */

export const RUN_STATUSES = [
  'PENDING',
  'STARTING',
  'RUNNING',
  'STOPPING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'DELETED',
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const ACTIVE_RUN_STATUSES = [
  'PENDING',
  'STARTING',
  'RUNNING',
  'STOPPING',
] as const satisfies readonly RunStatus[];
export type ActiveRunStatus = (typeof ACTIVE_RUN_STATUSES)[number];

/** How far along a status is. Two ends are equally far, so that neither replaces the other. */
const PROGRESS: Readonly<Record<RunStatus, number>> = {
  PENDING: 0,
  STARTING: 1,
  RUNNING: 2,
  STOPPING: 3,
  COMPLETED: 4,
  FAILED: 4,
  CANCELLED: 4,
  DELETED: 4,
};

/** A status as the service says it; `undefined` for one that this version does not know. */
export function parseRunStatus(text: unknown): RunStatus | undefined {
  return RUN_STATUSES.find((status) => status === text);
}

export function isTerminal(status: RunStatus): boolean {
  return PROGRESS[status] === PROGRESS.COMPLETED;
}

/** Whether news of `to` moves a run on that was last known as `from`. News may come late, twice, or with steps left out. */
export function advances(from: RunStatus | undefined, to: RunStatus): boolean {
  return from === undefined || PROGRESS[to] > PROGRESS[from];
}
