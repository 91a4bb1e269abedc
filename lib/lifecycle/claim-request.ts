/** Claims an identity, once, and gives the claimed request an execution that carries it through its life. */
import type { Ledger } from '../ledger/ledger.ts';
import { identityOf, type Origin } from '../runs/identity.ts';
import { onlyPolicy } from '../runs/request-policy.ts';
import type { MemberRecord, RequestPolicy, RequestRecord, SheetSource } from '../runs/request-record.ts';
import { askedName } from '../runs/start-run-input.ts';
import { executionStarted, newAttempt, watcherAllocated } from '../runs/transitions.ts';
import type { Clock, Executions, Settings } from './ports.ts';

/** What a request remembers of who made it. */
export type ClaimSettings = Pick<Settings, 'rundropVersion' | 'routesCommit'>;

export interface ClaimPorts {
  readonly ledger: Pick<Ledger, 'requests'>;
  readonly clock: Clock;
  readonly settings: ClaimSettings;
}

export interface Claim extends RequestPolicy {
  readonly origin: Origin;
  readonly route: string;
  readonly routesHash: string;
  /** The StartRun request, without requestId. */
  readonly request: object;
  readonly members: readonly MemberRecord[];
  readonly sheet?: SheetSource;
}

/** A request as it is before anybody claimed it. */
export function newRequest(claim: Claim, { rundropVersion, routesCommit }: ClaimSettings, at: string): RequestRecord {
  const identity = identityOf(claim.origin);
  const { requestId: _, ...request } = claim.request as Readonly<Record<string, unknown>>;
  const requestText = JSON.stringify(request);
  const { priority } = request;
  // A run that somebody else started has its name already.
  const name = askedName(requestText, claim.route);
  const first = newAttempt(identity, 1, name, {});
  return {
    identity,
    revision: 0,
    route: claim.route,
    origin: claim.origin,
    routesHash: claim.routesHash,
    ...(routesCommit === undefined || claim.routesHash === '' ? {} : { routesCommit }),
    rundropVersion,
    requestText,
    members: claim.members,
    ...(claim.sheet === undefined ? {} : { sheet: claim.sheet }),
    ...onlyPolicy(claim),
    priority: typeof priority === 'number' ? priority : 0,
    createdAt: at,
    state: 'CLAIMED',
    since: at,
    attempts: [claim.origin.kind === 'run' ? { ...first, name } : first],
    watchers: 0,
    executions: [],
  };
}

/** Whatever the ledger already holds under this identity wins: a repeat never gives a request another meaning. */
export async function claimRequest(ports: ClaimPorts, claim: Claim): Promise<RequestRecord> {
  const at = new Date(ports.clock.nowMs()).toISOString();
  const { record } = await ports.ledger.requests.claim(newRequest(claim, ports.settings, at));
  return record;
}

/**
 * Claims and starts the first execution in half the calls of `claimRequest` and `ensureWatcher`: the execution's name is
 * allocated by the claim itself, and AwaitStart records that it runs. Safe to repeat. `onceClaimed` comes between the two.
 */
export async function claimAndStart(
  ports: ClaimPorts & WatcherPorts,
  claim: Claim,
  onceClaimed: (record: RequestRecord) => Promise<unknown> = async () => undefined,
): Promise<RequestRecord> {
  const at = new Date(ports.clock.nowMs()).toISOString();
  const wanted = watcherAllocated(newRequest(claim, ports.settings, at));
  const { record, created } = await ports.ledger.requests.claim(wanted);
  await onceClaimed(record);
  if (!created) return ensureWatcher(ports, record);
  await ports.executions.start(executionName(record.route, record.identity, record.watchers), {
    request: record.identity,
  });
  return record;
}

export interface WatcherPorts {
  readonly ledger: Pick<Ledger, 'requests'>;
  readonly executions: Executions;
}

/** Starts the first execution of a request, unless it has one. Safe to repeat: the name is allocated before. */
export async function ensureWatcher(ports: WatcherPorts, record: RequestRecord): Promise<RequestRecord> {
  if (record.executions.length > 0 || record.state === 'ENDED') return record;
  const first = await ports.ledger.requests.change(
    record.identity,
    (latest) => (latest.watchers === 0 ? watcherAllocated(latest) : latest),
    record,
  );
  return startAllocated(ports, first);
}

/** Starts another execution for a request whose last one is gone. */
export async function startAnotherWatcher(ports: WatcherPorts, record: RequestRecord): Promise<RequestRecord> {
  const known = record.watchers;
  const allocated = await ports.ledger.requests.change(record.identity, (latest) =>
    latest.watchers === known ? watcherAllocated(latest) : latest,
  );
  return startAllocated(ports, allocated);
}

async function startAllocated(ports: WatcherPorts, record: RequestRecord): Promise<RequestRecord> {
  const name = executionName(record.route, record.identity, record.watchers);
  const executionArn = await ports.executions.start(name, { request: record.identity });
  return ports.ledger.requests.change(record.identity, (latest) => executionStarted(latest, executionArn), record);
}

const LONGEST_ROUTE_PART = 40;

/** `<route>-<identity>-w<n>`: at most 80 characters, none that Step Functions forbids. */
export function executionName(route: string, identity: string, watcher: number): string {
  const routePart = route.replaceAll(/[^A-Za-z0-9_-]/g, '-').slice(0, LONGEST_ROUTE_PART);
  return `${routePart}-${identity}-w${watcher}`;
}
