/** One picture of the account's stored runs. Our own runs' retention mode is known; a foreign run costs one GetRun, once. */
import type { Ledger } from '../ledger/ledger.ts';
import { type StoredRun, takeSnapshot } from '../quota/quota-snapshot.ts';
import type { Clock } from './ports.ts';

export interface ListedRun {
  readonly runId: string;
  readonly status: string;
  readonly storageType: string | undefined;
  /** ISO; tells two runs apart that had the same id. */
  readonly creationTime: string | undefined;
}

export interface StoredRuns {
  /** Every stored run of the account, page by page. */
  list(): AsyncIterable<readonly ListedRun[]>;
  /** `undefined` when the run is gone. */
  retentionModeOf(runId: string): Promise<string | undefined>;
}

export interface SweepPorts {
  readonly ledger: Pick<Ledger, 'requests' | 'snapshots'>;
  readonly storedRuns: StoredRuns;
  readonly quotas: { storedRuns(): Promise<number> };
  readonly clock: Clock;
  /** Past it no run is asked for its mode any more; it counts as UNKNOWN until a later sweep. */
  readonly deadlineMs: number;
}

export interface SweepResult {
  readonly storedRuns: number;
  readonly storedRunsQuota: number;
  readonly unknownRetention: number;
}

/** One question a pause: HealthOmics answers ten GetRun calls a second, and the watchers need theirs. */
const GET_RUN_PAUSE_MS = 500;

export async function sweepRuns(ports: SweepPorts): Promise<SweepResult> {
  const runs: StoredRun[] = [];
  for await (const page of ports.storedRuns.list()) {
    for (const run of page) {
      const retentionMode = (await modeOf(ports, run)) ?? 'UNKNOWN';
      runs.push({ status: run.status, storageType: run.storageType, retentionMode });
    }
  }
  const takenAt = new Date(ports.clock.nowMs()).toISOString();
  const snapshot = takeSnapshot(runs, await ports.quotas.storedRuns(), takenAt);
  await ports.ledger.snapshots.write(snapshot);
  const unknown = Object.values(snapshot.byRetentionMode.UNKNOWN ?? {}).reduce((sum, count) => sum + count, 0);
  return { storedRuns: snapshot.storedRuns, storedRunsQuota: snapshot.storedRunsQuota, unknownRetention: unknown };
}

async function modeOf(ports: SweepPorts, run: ListedRun): Promise<string | undefined> {
  const name = `${run.runId}#${run.creationTime ?? ''}`;
  const known = await ports.ledger.snapshots.knownMode(name);
  if (known !== undefined) return known;
  const mode = await askedMode(ports, run);
  if (mode !== undefined) await ports.ledger.snapshots.rememberMode(name, mode);
  return mode;
}

async function askedMode(ports: SweepPorts, run: ListedRun): Promise<string | undefined> {
  const ours = await ports.ledger.requests.findByRunId(run.runId);
  for (const { identity, attempt } of ours) {
    const record = await ports.ledger.requests.read(identity);
    const known = record?.attempts.find((one) => one.attempt === attempt);
    if (known?.retentionMode !== undefined && known.creationTime === run.creationTime) return known.retentionMode;
  }
  if (ports.clock.nowMs() > ports.deadlineMs) return undefined;
  await ports.clock.sleep(GET_RUN_PAUSE_MS);
  return ports.storedRuns.retentionModeOf(run.runId);
}
