/** A sweep whose process dies, and a ledger that knows some of the account's runs as ours. */
import type { SweepPorts } from '../../lib/lifecycle/sweep-ports.ts';
import { sweepRuns } from '../../lib/lifecycle/sweep-runs.ts';
import { currentAttempt, type RequestRecord } from '../../lib/runs/request-record.ts';
import { ended, started, statusKnown, waiting } from '../../lib/runs/transitions.ts';
import { claimedRequest } from './request-record.ts';
import type { AccountRun, SweeperWorld } from './simulated-account.ts';

const ENOUGH_MS = 14 * 60_000;

/** Ports of a process that dies: before its first call of anything takes effect, after that, before its second, and so on. */
export function dyingPorts(
  ports: SweepPorts,
  crashAt: number,
): { readonly ports: SweepPorts; readonly isDead: () => boolean } {
  const lastCall = Math.ceil(crashAt / 2);
  const takesEffect = crashAt % 2 === 0;
  let calls = 0;
  let isDead = false;
  const die = () => {
    isDead = true;
    throw new Error('the process is dead');
  };
  const call = async (effect: () => unknown): Promise<unknown> => {
    calls += 1;
    if (isDead || (calls === lastCall && !takesEffect)) die();
    const answer: unknown = await effect();
    if (isDead || calls >= lastCall) die();
    return answer;
  };
  const dying = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (...args: unknown[]) => call(() => value.apply(target, args)) : value;
      },
    });
  const { prune } = ports;
  const pruning =
    prune === undefined
      ? {}
      : {
          prune: {
            ...prune,
            runs: dying(prune.runs),
            archive: dying(prune.archive),
            evidence: dying(prune.evidence),
            deletions: dying(prune.deletions),
          },
        };
  return {
    isDead: () => isDead,
    ports: {
      ...ports,
      store: dying(ports.store),
      snapshots: dying(ports.snapshots),
      announcer: dying(ports.announcer),
      notifier: dying(ports.notifier),
      requests: dying(ports.requests),
      storedRuns: dying(ports.storedRuns),
      quotas: dying(ports.quotas),
      ...pruning,
    },
  };
}

/** One sweep of a process that dies so; whether it did. */
export async function crashing(
  world: SweeperWorld,
  crashAt: number,
  change: Partial<SweepPorts> = {},
): Promise<boolean> {
  const dying = dyingPorts(world.lasting(ENOUGH_MS, change), crashAt);
  await sweepRuns(dying.ports).catch(() => undefined);
  return dying.isDead();
}

/** As the ledger has requests whose runs completed, announced or not yet. */
export function ledgerOfOwnRuns(
  own: readonly { readonly run: AccountRun | undefined; readonly isAnnounced: boolean }[],
): SweepPorts['requests'] {
  const records = new Map(
    own
      .flatMap(({ run, isAnnounced }) => (run === undefined ? [] : [recordOf(run, isAnnounced)]))
      .map((record) => [record.identity, record]),
  );
  return {
    read: async (identity) => records.get(identity),
    findByRunId: async (runId) =>
      [...records.values()].flatMap((record) => {
        const { attempt, uuid, runId: id } = currentAttempt(record);
        return id === runId && uuid !== undefined ? [{ identity: record.identity, attempt, uuid }] : [];
      }),
    list: async () => [...records.values()],
    open: async () => [],
  };
}

function recordOf(run: AccountRun, isAnnounced: boolean): RequestRecord {
  const at = new Date(run.createdMs).toISOString();
  const record = claimedRequest({ identity: `own-${run.runId}`, createdAt: at });
  const { attempt } = currentAttempt(record);
  const { runId, uuid, retentionMode } = run;
  const begun = started(waiting(record, at), attempt, { runId, uuid, retentionMode }, at);
  const known = statusKnown(begun, attempt, { status: 'COMPLETED', creationTime: at }, at);
  const over = ended(known, 'COMPLETED', at);
  return isAnnounced ? { ...over, announcedAt: at } : over;
}
