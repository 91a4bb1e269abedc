/**
 * Level-triggered repair, every minute: compares what the ledger says is unfinished with what HealthOmics and Step
 * Functions say, and takes the step that a lost event, a lost execution or a crash left out. Every step is safe to repeat.
 */
import type { Ledger } from '../ledger/ledger.ts';
import type { RequestRecord } from '../runs/request-record.ts';
import { listActive, statusesToList } from './active-runs.ts';
import { announceIncomplete } from './announce-incomplete.ts';
import { announceRejected } from './announce-rejected.ts';
import { announceStuckSheets } from './announce-stuck-sheets.ts';
import { byTurns } from './by-turns.ts';
import { errorName } from './error-name.ts';
import { claimWithoutRoute, fireIfComplete } from './gather-drop.ts';
import type { Objects, Runs, Starter } from './ports.ts';
import type { RecordOutcomePorts } from './record-outcome.ts';
import { repairAnnouncement, repairClaim, repairEvidence, repairUncertainty, repairWatcher } from './repair-request.ts';
import { repairStarted } from './repair-started.ts';
import { sideBySide } from './side-by-side.ts';
import { sparing } from './sparing.ts';
import type { TakeDropPorts } from './take-drop.ts';

export interface ReconcilePorts extends TakeDropPorts, RecordOutcomePorts {
  readonly ledger: Ledger;
  readonly runs: RecordOutcomePorts['runs'] & Pick<Runs, 'listRuns' | 'cancelRun'>;
  readonly objects: Objects;
  readonly starter: Starter;
}

/** So much unfinished work of each kind is looked at in one pass, oldest first. */
const MOST_PER_PASS = 1_000;
/** Sets that wait. More than the thousand of a pass are looked at by turns. */
const MOST_SETS = 20_000;
const READS_AT_ONCE = 8;
/** Executions are asked for at a rate that all of an account share: of more of one state, each is asked for by turns. */
const MOST_WATCHERS = 200;
const MINUTE_MS = 60_000;

export interface Reconciled {
  readonly unfinished: number;
  readonly repaired: number;
}

/**
 * What one service does not answer keeps back only what needs it.
 * @throws PassesFailed once all others are done
 */
export async function reconcile(given: ReconcilePorts): Promise<Reconciled> {
  const ports = { ...given, ...sparing(given) };
  const failed: unknown[] = [];
  let unfinished = 0;
  let repaired = 0;
  for (const [name, pass] of inTurn(ports.clock.nowMs())) {
    try {
      const done = await pass(ports);
      unfinished += done.seen;
      repaired += done.repaired;
    } catch (error) {
      failed.push(error);
      ports.log.error('pass failed', { pass: name, error: errorName(error) });
    }
  }
  if (failed.length > 0) throw new PassesFailed(failed);
  return { unfinished, repaired };
}

/** Some of reconciliation was not done; the next one, in a minute, tries it again. */
export class PassesFailed extends AggregateError {
  override readonly name = 'PassesFailed';
  constructor(errors: readonly unknown[]) {
    super(errors, `${errors.length} of ${PASSES.length} passes of reconciliation failed; the log names them.`);
  }
}

const PASSES: readonly (readonly [name: string, pass: (ports: ReconcilePorts) => Promise<Pass>])[] = [
  ['nudge', nudgeStarter],
  ['gathers', fireGathers],
  ['claims', (ports) => forEachOpen(ports, 'CLAIMED', (record) => repairClaim(ports, record))],
  ['waiting', (ports) => forEachOpen(ports, 'WAITING', (record) => repairWatcher(ports, record), MOST_WATCHERS)],
  ['retrying', (ports) => forEachOpen(ports, 'RETRYING', (record) => repairWatcher(ports, record), MOST_WATCHERS)],
  ['runs', followStarted],
  ['outcomes', (ports) => forEachOpen(ports, 'UNANNOUNCED', (record) => repairAnnouncement(ports, record))],
  ['uncertain', (ports) => forEachOpen(ports, 'UNCERTAIN', (record) => repairUncertainty(ports, record))],
  ['rejections', tellRejected],
  ['evidence', (ports) => forEachOpen(ports, 'UNEVIDENCED', (record) => repairEvidence(ports, record))],
  ['sheets', announceStuckSheets],
];

/**
 * The nudge first, since it is short and every start waits for it; the others begin with another one each minute. What
 * takes an invocation's whole time, because there is very much of it or because a service hangs, so that Lambda ends it,
 * keeps the same others back this once.
 */
function inTurn(nowMs: number): typeof PASSES {
  const [nudge, others] = [PASSES.slice(0, 1), PASSES.slice(1)];
  const first = Math.floor(nowMs / MINUTE_MS) % others.length;
  return [...nudge, ...others.slice(first), ...others.slice(0, first)];
}

/** Counts nothing: what waits is counted by its own pass. */
async function nudgeStarter({ ledger, starter, clock }: ReconcilePorts): Promise<Pass> {
  if ((await ledger.requests.open('WAITING', 1)).length > 0) await starter.nudge(`reconcile-${clock.nowMs()}`);
  return { seen: 0, repaired: 0 };
}

/** What is left to do of requests that have ended. */
const STATE_OF_WORK: Readonly<Record<string, string>> = { UNANNOUNCED: 'ENDED', UNEVIDENCED: 'ENDED' };

interface Pass {
  readonly seen: number;
  readonly repaired: number;
}

/** One bad request harms itself only: its error is logged with its identity, and the pass goes on. */
async function forEachOpen(
  ports: ReconcilePorts,
  state: string,
  repair: (record: RequestRecord) => Promise<boolean>,
  most = MOST_PER_PASS,
): Promise<Pass> {
  const identities = await ports.ledger.requests.open(state, MOST_PER_PASS);
  const now = byTurns(identities, most, ports.clock.nowMs());
  let seen = identities.length - now.length;
  let repaired = 0;
  for (const identity of now) {
    const record = await ports.ledger.requests.read(identity);
    if (record === undefined || record.state !== (STATE_OF_WORK[state] ?? state)) continue;
    seen += 1;
    try {
      if (await repair(record)) repaired += 1;
    } catch (error) {
      ports.log.error('repair failed', { identity, state, error: errorName(error) });
    }
  }
  return { seen, repaired };
}

async function fireGathers(ports: ReconcilePorts): Promise<Pass> {
  const { gathers } = ports.ledger;
  const waiting = await gathers.open('GATHERING', MOST_SETS);
  // Sets may stay incomplete for ever, so those of before must not keep newer ones out.
  const turns = new Set(
    byTurns(
      waiting.map(({ gatherId }) => gatherId),
      MOST_PER_PASS,
      ports.clock.nowMs(),
    ),
  );
  const headers = [
    ...(await gathers.open('FIRED', MOST_PER_PASS)),
    ...waiting.filter(({ gatherId }) => turns.has(gatherId)),
  ];
  let seen = waiting.length - turns.size;
  let repaired = 0;
  if (headers.length === 0) return { seen, repaired };
  const file = await ports.routes.read();
  for (const header of headers) {
    const route = file.routes.find((one) => one.name === header.route);
    seen += 1;
    try {
      if (route === undefined) {
        if (await claimWithoutRoute(ports, header)) repaired += 1;
        continue;
      }
      const taken = await fireIfComplete(ports, file, route, header);
      if (taken === 'started') repaired += 1;
      if (taken === 'gathering') await announceIncomplete(ports, route, header.gatherId);
    } catch (error) {
      ports.log.error('gather failed', {
        gatherId: header.gatherId,
        error: errorName(error),
      });
    }
  }
  return { seen, repaired };
}

/** Drops are rejected in one write, by whoever takes them; that they are told is left to this. */
async function tellRejected(ports: ReconcilePorts): Promise<Pass> {
  const dropIds = await ports.ledger.drops.untold(MOST_PER_PASS);
  for (const dropId of dropIds) {
    try {
      await announceRejected(ports, dropId);
    } catch (error) {
      ports.log.error('a rejection was not told', { dropId, error: errorName(error) });
    }
  }
  return { seen: dropIds.length, repaired: 0 };
}

/** Lists what is active only while a run of ours is. */
async function followStarted(ports: ReconcilePorts): Promise<Pass> {
  const { requests } = ports.ledger;
  const identities = await requests.open('STARTED', MOST_PER_PASS);
  const records = await sideBySide(identities, READS_AT_ONCE, (identity) => requests.read(identity));
  const started = records.filter((record) => record?.state === 'STARTED') as RequestRecord[];
  if (started.length === 0) return { seen: 0, repaired: 0 };
  const nowMs = ports.clock.nowMs();
  const active = await listActive(ports.runs, statusesToList(started, nowMs));
  const watched = new Set(byTurns(identities, MOST_WATCHERS, nowMs));
  return forEachOpen(ports, 'STARTED', (record) => repairStarted(ports, record, { active, watched }));
}
