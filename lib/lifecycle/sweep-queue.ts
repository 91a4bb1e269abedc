/** The queue as this sweep sees it: what is active and pending by the picture, what waits by the ledger, and the limits. */
import { laneOf, type OpenLane, type QueuePicture, type RunGroupLimits } from '../quota/queue-picture.ts';
import { isActive } from '../quota/stored-run.ts';
import type { RequestRecord } from '../runs/request-record.ts';
import { errorName } from './error-name.ts';
import { SweepPaused } from './sweep-calls.ts';
import type { Sweep } from './sweep-memory.ts';
import { ownerOf } from './sweep-own-runs.ts';

/** Pages of 100 groups: more than the quota of run groups. */
const MOST_GROUP_PAGES = 20;

export async function takeQueue(sweep: Sweep, waiting: readonly RequestRecord[]): Promise<QueuePicture> {
  const { ports, quotas } = sweep;
  const nowMs = ports.clock.nowMs();
  const lanes = new Map<string, OpenLane>();
  let oldestMs: number | undefined;
  for (const run of sweep.runs.values()) {
    if (!isActive(run)) continue;
    const { workflowId, runGroupId } = run.owner;
    const lane = laneOf(lanes, { storageType: run.storageType, workflowId, runGroupId });
    if (run.status === 'PENDING') {
      lane.pending += 1;
      if (run.createdMs > 0) oldestMs = Math.min(oldestMs ?? nowMs, run.createdMs);
    } else {
      const startedMs = sweep.startedMs.get(run.runId) ?? nowMs;
      lane.activeSeconds.push(Math.max(0, Math.round((nowMs - startedMs) / 1000)));
    }
  }
  for (const record of waiting) addWaiting(lanes, record);
  const isGrouped = [...lanes.values()].some(({ runGroupId }) => runGroupId !== undefined);
  return {
    takenAt: new Date(nowMs).toISOString(),
    lanes: [...lanes.values()],
    limits: {
      activeRunsDynamic: quotas.activeRunsDynamic.value,
      activeRunsStatic: quotas.activeRunsStatic.value,
      startRunsPerSecond: await ports.quotas.startRunsPerSecond(),
      runGroups: isGrouped ? await runGroups(sweep) : [],
    },
    ...(oldestMs === undefined ? {} : { oldestPendingAt: new Date(oldestMs).toISOString() }),
  };
}

function addWaiting(lanes: Map<string, OpenLane>, record: RequestRecord): void {
  const { storageType, retentionMode } = JSON.parse(record.requestText) as Readonly<Record<string, unknown>>;
  const { workflowId, runGroupId } = ownerOf(record);
  const name = { storageType: typeof storageType === 'string' ? storageType : 'UNKNOWN', workflowId, runGroupId };
  const lane = laneOf(lanes, name);
  lane.waiting += 1;
  // RETAIN is what HealthOmics does when nothing was asked for.
  if (retentionMode !== 'REMOVE') lane.waitingRetain = (lane.waitingRetain ?? 0) + 1;
}

/** Those that could not be read are taken to have no limits: the estimate names the limits that it knew. */
async function runGroups({ ports, calls }: Sweep): Promise<RunGroupLimits[]> {
  const groups: RunGroupLimits[] = [];
  let token: string | undefined;
  try {
    for (let number = 0; number < MOST_GROUP_PAGES; number += 1) {
      const from = token;
      const page = await calls.groups(() => ports.runGroups.page(from));
      groups.push(...page.groups);
      token = page.token;
      if (token === undefined) break;
    }
  } catch (error) {
    if (!(error instanceof SweepPaused)) {
      ports.log.warn('the limits of run groups cannot be read', { error: errorName(error) });
    }
  }
  return groups;
}
