/** What the ledger knows of a stored run, so that HealthOmics need not be asked. */
import { parseRetentionMode, type RetentionMode, type RunOwner, uuidPrefixOf } from '../quota/stored-run.ts';
import type { AttemptRecord, RequestRecord } from '../runs/request-record.ts';
import type { SweepPorts } from './sweep-ports.ts';

export interface OwnRun {
  readonly identity: string;
  readonly attempt: number;
  readonly runId: string;
  readonly uuid: string;
  readonly createdMs: number;
  readonly retentionMode: RetentionMode;
  readonly status: string | undefined;
  readonly storageType: string | undefined;
  readonly owner: RunOwner;
}

/** A run's name ends so when Rundrop started it: only such runs are looked up. */
const OWN_NAME = /-[0-9a-f]{8}$/;
const SAME_MOMENT_MS = 1000;

export function mayBeOwn(name: string | undefined): boolean {
  return name !== undefined && OWN_NAME.test(name);
}

/** By id and uuid where that is known, else by id and creation time. `undefined`: not ours, or the ledger does not know its creation time yet. */
export async function findOwnRun(
  requests: Pick<SweepPorts['requests'], 'findByRunId' | 'read'>,
  run: { readonly runId: string; readonly createdMs: number; readonly uuidPrefix: string },
): Promise<OwnRun | undefined> {
  for (const pointer of await requests.findByRunId(run.runId)) {
    if (run.uuidPrefix !== '' && uuidPrefixOf(pointer.uuid) !== run.uuidPrefix) continue;
    const record = await requests.read(pointer.identity);
    const attempt = record?.attempts.find((one) => one.attempt === pointer.attempt && one.uuid === pointer.uuid);
    if (record === undefined || attempt === undefined) continue;
    const isNamed = run.uuidPrefix !== '';
    const own = ownRunOf(record, attempt, isNamed ? run.createdMs : undefined);
    if (own !== undefined && (isNamed || Math.abs(own.createdMs - run.createdMs) < SAME_MOMENT_MS)) return own;
  }
  return undefined;
}

/** `undefined` for an attempt without a run, or one whose creation time neither the ledger nor the caller knows. */
export function ownRunOf(record: RequestRecord, attempt: AttemptRecord, elseMs?: number): OwnRun | undefined {
  const { runId, uuid, creationTime } = attempt;
  const createdMs = creationTime === undefined ? elseMs : Date.parse(creationTime);
  if (runId === undefined || uuid === undefined || createdMs === undefined) return undefined;
  return {
    identity: record.identity,
    attempt: attempt.attempt,
    runId,
    uuid,
    createdMs,
    retentionMode: parseRetentionMode(attempt.retentionMode),
    status: attempt.status,
    storageType: attempt.storageType,
    owner: ownerOf(record),
  };
}

export function ownerOf({ route, requestText }: Pick<RequestRecord, 'route' | 'requestText'>): RunOwner {
  const { workflowId, runGroupId } = JSON.parse(requestText) as { workflowId?: unknown; runGroupId?: unknown };
  return {
    route,
    ...(typeof workflowId === 'string' ? { workflowId } : {}),
    ...(typeof runGroupId === 'string' ? { runGroupId } : {}),
  };
}
