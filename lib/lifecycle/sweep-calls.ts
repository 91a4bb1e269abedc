/** The sweeper's calls of HealthOmics: each kind within its share of the account's rate, and none past the deadline. */
import { CallsThrottled, type SweepPorts } from './sweep-ports.ts';

/** Each of them answers ten calls a second; the quota is not adjustable. */
const CALLS_PER_SECOND = 10;
/** Throttled so often in a row, the sweep leaves the rest to the next one. */
const MOST_THROTTLED = 5;
const FIRST_BACKOFF_MS = 1_000;

/** No time is left for another call, or HealthOmics wants no more of them: what is not done is done by the next sweep. */
export class SweepPaused extends Error {
  override readonly name = 'SweepPaused';
}

export interface SweepCalls {
  /** @throws SweepPaused when the call may not be made any more. */
  list<T>(call: () => Promise<T>): Promise<T>;
  /** @throws SweepPaused when the call may not be made any more. */
  get<T>(call: () => Promise<T>): Promise<T>;
  /** ListRunTasks. @throws SweepPaused when the call may not be made any more. */
  tasks<T>(call: () => Promise<T>): Promise<T>;
  /** GetRunTask. @throws SweepPaused when the call may not be made any more. */
  task<T>(call: () => Promise<T>): Promise<T>;
  /** DeleteRun. @throws SweepPaused when the call may not be made any more. */
  remove<T>(call: () => Promise<T>): Promise<T>;
  /** ListRunGroups. @throws SweepPaused when the call may not be made any more. */
  groups<T>(call: () => Promise<T>): Promise<T>;
  count(): { readonly listCalls: number; readonly getCalls: number };
}

export function createSweepCalls(ports: Pick<SweepPorts, 'clock' | 'deadlineMs' | 'rateShare' | 'log'>): SweepCalls {
  const list = createPace(ports, 'ListRuns');
  const get = createPace(ports, 'GetRun');
  const { call: tasks } = createPace(ports, 'ListRunTasks');
  const { call: task } = createPace(ports, 'GetRunTask');
  const { call: remove } = createPace(ports, 'DeleteRun');
  const { call: groups } = createPace(ports, 'ListRunGroups');
  return {
    list: list.call,
    get: get.call,
    tasks,
    task,
    groups,
    remove,
    count: () => ({ listCalls: list.count(), getCalls: get.count() }),
  };
}

function createPace({ clock, deadlineMs, rateShare, log }: Parameters<typeof createSweepCalls>[0], operation: string) {
  let pauseMs = 1000 / (CALLS_PER_SECOND * rateShare);
  let nextMs = 0;
  let calls = 0;
  const turn = async (): Promise<void> => {
    if (Math.max(nextMs, clock.nowMs()) >= deadlineMs) throw new SweepPaused(`No time is left for ${operation}.`);
    const waitMs = nextMs - clock.nowMs();
    if (waitMs > 0) await clock.sleep(waitMs);
    nextMs = Math.max(nextMs, clock.nowMs()) + pauseMs;
    calls += 1;
  };
  return {
    count: () => calls,
    async call<T>(send: () => Promise<T>): Promise<T> {
      for (let throttled = 0; throttled < MOST_THROTTLED; throttled += 1) {
        await turn();
        try {
          return await send();
        } catch (error) {
          if (!(error instanceof CallsThrottled)) throw error;
          // Somebody else needs the rate: from now on half of what it was, and first a pause.
          pauseMs *= 2;
          nextMs = clock.nowMs() + FIRST_BACKOFF_MS * 2 ** throttled;
          log.warn('the sweeper was throttled', { operation, pauseMs });
        }
      }
      throw new SweepPaused(`${operation} was throttled ${MOST_THROTTLED} times in a row.`);
    },
  };
}
