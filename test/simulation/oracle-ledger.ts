/** The ledger's items as the oracle reads them, and invariant 4 at every write: nothing goes back. */
import type { World } from './world.ts';

export interface AttemptData {
  readonly attempt: number;
  readonly requestId: string;
  readonly startCalledAt?: string;
  readonly countedOn?: string;
  readonly runId?: string;
  readonly uuid?: string;
  readonly status?: string;
  readonly failureReason?: string;
  readonly outcome?: string;
}

export interface RequestData {
  readonly identity: string;
  readonly route: string;
  readonly origin: { readonly kind: string };
  readonly state: string;
  readonly since: string;
  readonly reason?: string;
  readonly requestText: string;
  readonly attempts: readonly AttemptData[];
  readonly executions: readonly string[];
  readonly watchers: number;
  readonly outcome?: string;
  readonly outcomeAt?: string;
  readonly announcedAt?: string;
  readonly notifiedAt?: string;
  readonly evidence?: { readonly uri: string };
  readonly cancelAskedAt?: string;
  readonly reopened?: number;
  readonly earlierOutcomes?: readonly unknown[];
  readonly acts?: readonly { readonly what: string; readonly at: string }[];
  readonly uncertainAnnouncedSince?: string;
  readonly uncertainToldSince?: string;
}

type Item = Readonly<Record<string, unknown>>;
export type Violate = (text: string) => void;

export function requestsIn(world: World): readonly RequestData[] {
  return [...world.store.items.values()].filter(isRequest).map((item) => item as unknown as RequestData);
}

function isRequest(item: Item | undefined): boolean {
  return item !== undefined && item.sk === 'REQUEST' && String(item.pk).startsWith('REQUEST#');
}

const ORDER = ['PENDING', 'STARTING', 'RUNNING', 'STOPPING'];

function rank(status: string | undefined): number {
  if (status === undefined) return -1;
  const found = ORDER.indexOf(status);
  return found < 0 ? ORDER.length : found;
}

/** A person may open again what ended without a run in its last attempt, once the world has been told of its end. */
function isReopened(old: RequestData, now: RequestData): boolean {
  const last = old.attempts.at(-1);
  const isTold = old.announcedAt !== undefined && old.notifiedAt !== undefined;
  const isRight = isTold && last?.uuid === undefined && now.attempts.length === old.attempts.length + 1;
  return old.state === 'ENDED' && now.state === 'CLAIMED' && isRight && now.reopened === (old.reopened ?? 0) + 1;
}

export class LedgerWatch {
  readonly #world: World;
  readonly #violate: Violate;

  constructor(world: World, violate: Violate) {
    this.#world = world;
    this.#violate = violate;
  }

  written(before: Item | undefined, after: Item | undefined): void {
    if (isRequest(after)) this.#checkTruth(after as unknown as RequestData);
    if (!isRequest(before)) return;
    const old = before as unknown as RequestData;
    if (after === undefined) this.#violate(`4: request ${old.identity} vanished`);
    else this.#compare(old, after as unknown as RequestData);
  }

  #compare(old: RequestData, now: RequestData): void {
    const { identity } = old;
    const stays = (name: 'requestText' | 'outcome' | 'outcomeAt' | 'announcedAt' | 'notifiedAt') => {
      if (old[name] !== undefined && old[name] !== now[name])
        this.#violate(`4: ${name} of request ${identity} changed`);
    };
    stays('requestText');
    const goesOn = now.reopened === old.reopened && now.attempts.length > old.attempts.length;
    // What is uncertain may be started again in spite of it, by a person.
    if (old.cancelAskedAt !== undefined && goesOn && old.state !== 'UNCERTAIN')
      this.#violate(`1: request ${identity} goes on after its end was asked for`);
    if (isReopened(old, now)) return;
    stays('outcome');
    stays('outcomeAt');
    stays('announcedAt');
    stays('notifiedAt');
    if (old.state === 'ENDED' && now.state !== 'ENDED')
      this.#violate(`4: request ${identity} went back to ${now.state}`);
    if (now.attempts.length < old.attempts.length) this.#violate(`4: request ${identity} lost an attempt`);
    if (now.watchers < old.watchers) this.#violate(`4: request ${identity} lost a watcher`);
    for (const [index, attempt] of old.attempts.entries())
      this.#compareAttempts(identity, attempt, now.attempts[index]);
  }

  #compareAttempts(identity: string, old: AttemptData, now: AttemptData | undefined): void {
    if (now === undefined) return;
    const place = `attempt ${old.attempt} of request ${identity}`;
    // A start that was denied for good reason is no start: startCalledAt goes then, and comes with the next call.
    for (const name of ['requestId', 'uuid', 'outcome'] as const) {
      if (old[name] !== undefined && old[name] !== now[name]) this.#violate(`4: ${name} of ${place} changed`);
    }
    const wentBack = rank(now.status) < rank(old.status);
    const endChanged = rank(old.status) === ORDER.length && now.status !== old.status;
    if (wentBack || endChanged) this.#violate(`4: ${place} went from ${old.status} to ${now.status}`);
  }

  /** What the ledger says of a run was true of that run, by uuid. */
  #checkTruth({ identity, attempts }: RequestData): void {
    for (const { uuid, status } of attempts) {
      if (uuid === undefined || status === undefined) continue;
      const run = this.#world.omics.runs.find((one) => one.uuid === uuid);
      if (run === undefined) this.#violate(`3: request ${identity} has a run ${uuid} that never was`);
      else if (!run.statuses.some((seen) => seen.status === status))
        this.#violate(`3: request ${identity} says ${status} of run ${uuid}, which never was`);
    }
  }
}
