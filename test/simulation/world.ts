/** The whole of Rundrop over a simulated AWS: the production code of lib/ and the state machine, on virtual time. */
import type { Notice } from '../../lib/lifecycle/ports.ts';
import type { RouteFile } from '../../lib/routing/route-file.ts';
import { FaultTally } from './fault-tally.ts';
import { type Faults, NO_FAULTS } from './faults.ts';
import { type FunctionName, functionOf, TIMEOUTS_MS } from './functions.ts';
import { type CrashPoint, type InvocationEnd, Invocations } from './invocations.ts';
import { Journal } from './journal.ts';
import type { Plant } from './plant.ts';
import { portsOf } from './ports.ts';
import { RandomSource } from './random-source.ts';
import { SimulatedBus } from './simulated-bus.ts';
import { SimulatedEvidence } from './simulated-evidence.ts';
import { SimulatedExecutions } from './simulated-executions.ts';
import { SimulatedObjects } from './simulated-objects.ts';
import { type OmicsSettings, SimulatedOmics, type SimulatedRun } from './simulated-omics.ts';
import { type QueueMessage, SimulatedQueue } from './simulated-queue.ts';
import type { SweeperSettings } from './simulated-sweeps.ts';
import { TableStore } from './simulated-table.ts';
import { Timeline } from './timeline.ts';

/** Soon before midnight: what is limited by the day meets another one. */
export const START_MS = Date.UTC(2026, 0, 5, 23, 20, 0);
const RECONCILE_MS = 60_000;
/** While sets only wait, reconciliation finds nothing new: it is let pass so often. */
const IDLE_RECONCILE_MS = 2 * 3_600_000;
/** No set is waited for longer; after that nobody looks. */
const IDLE_UNTIL_MS = 30 * 3_600_000;

export interface WorldOptions {
  readonly silence: { readonly fromMs: number; readonly untilMs: number };
  readonly seed: number;
  readonly faults: Faults;
  readonly routes: readonly [RouteFile, ...RouteFile[]];
  readonly omics: OmicsSettings;
  readonly requestIdTrustSeconds: number;
  readonly reconciles: boolean;
  readonly crashPoints: readonly CrashPoint[];
  readonly plant?: Plant;
  readonly keepsJournal: boolean;
  readonly latencyMs?: (name: string) => number;
  /** What has more steps goes round in circles. */
  readonly mostSteps?: number;
}

/** One announcement, and what the ledger said of its request at that moment. */
export interface Announced {
  readonly atMs: number;
  readonly detailType: string;
  readonly text: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly recorded: Readonly<Record<string, unknown>> | undefined;
}

/** A batch of the drops queue, as it went. */
export interface BatchRun {
  readonly bodies: ReadonlyMap<string, string>;
  readonly failed: readonly string[];
  readonly harmed: boolean;
}

/** As `pair S1`. */
function setName({ route, group }: Readonly<Record<string, unknown>>): string {
  return [route, ...Object.values(group as Readonly<Record<string, string>>)].join(' ');
}

export class World {
  readonly options: WorldOptions;
  readonly timeline: Timeline;
  readonly random: RandomSource;
  readonly journal: Journal;
  readonly tally = new FaultTally();
  readonly latencyMs: ((name: string) => number) | undefined;
  readonly invocations: Invocations;
  readonly store: TableStore;
  readonly bus: SimulatedBus;
  readonly objects: SimulatedObjects;
  readonly omics: SimulatedOmics;
  readonly executions: SimulatedExecutions;
  readonly drops: SimulatedQueue;
  readonly starts: SimulatedQueue;
  readonly announced: Announced[] = [];
  readonly notices: Notice[] = [];
  readonly evidence = new SimulatedEvidence();
  readonly logLines: string[] = [];
  readonly batches: BatchRun[] = [];
  reconciles = 0;
  /** Absent where no sweeper comes. */
  sweeper: SweeperSettings | undefined;
  /** Scheduled times. */
  readonly ticks = new Set<number>();
  /** Sets that a person ever let start, by route and group: a header may be gone by the time that somebody asks. */
  readonly released = new Set<string>();
  routes: RouteFile;
  #faults: Faults;
  #reconcileAtMs = Number.NEGATIVE_INFINITY;
  #idleSinceMs: number | undefined;

  constructor(options: WorldOptions) {
    this.options = options;
    this.timeline = new Timeline(START_MS, options.mostSteps);
    this.latencyMs = options.latencyMs;
    this.random = new RandomSource(options.seed);
    this.journal = new Journal(options.keepsJournal);
    this.#faults = options.faults;
    [this.routes] = options.routes;
    this.invocations = new Invocations(this, options.crashPoints);
    this.store = new TableStore(
      () => this.timeline.nowMs,
      () => this.random.int(0, this.#faults.indexLagMs),
    );
    this.bus = new SimulatedBus(this);
    this.objects = new SimulatedObjects(this, (event) => this.bus.send(() => this.drops.send(JSON.stringify(event))));
    this.omics = new SimulatedOmics(this, options.omics);
    this.executions = new SimulatedExecutions(this);
    this.drops = new SimulatedQueue(this, {
      name: 'drops',
      fifo: false,
      deliver: (batch, end) => this.#takeDrops(batch, end),
    });
    this.starts = new SimulatedQueue(this, {
      name: 'starts',
      fifo: true,
      deliver: (batch, end) => this.invoke('start-runs', { bodies: batch.map(({ body }) => body) }, end),
    });
    this.store.observers.push(
      () => this.#armReconcile(),
      (_, after) => {
        if (after?.release !== undefined) this.released.add(setName(after));
      },
    );
  }

  get silence() {
    return this.options.silence;
  }

  faults(): Faults {
    return this.#faults;
  }

  /** From now on nothing goes wrong any more. */
  calm(): void {
    this.#faults = NO_FAULTS;
  }

  announce(run: SimulatedRun): void {
    const { runId, uuid, status } = run;
    const withUuid = !this.random.chance(this.#faults.eventWithoutUuid);
    const detail = { arn: `arn:aws:omics:us-east-1:000000000000:run/${runId}`, status, ...(withUuid ? { uuid } : {}) };
    this.bus.send(() =>
      this.bus.invokeAsync('on-run-status-change', (end) => this.invoke('on-run-status-change', detail, end)),
    );
  }

  tick(scheduledMs: number): void {
    if (this.ticks.has(scheduledMs)) this.tally.add('schedules overlap');
    this.ticks.add(scheduledMs);
    const scheduledTime = new Date(scheduledMs).toISOString();
    const event = { schedule: 'nightly', scheduleArn: 'arn:aws:scheduler:::schedule/nightly', scheduledTime };
    this.bus.send(() => this.bus.invokeAsync('on-schedule', (end) => this.invoke('on-schedule', event, end)));
  }

  invoke(functionName: string, event: unknown, end: (end: InvocationEnd) => void): void {
    const name = functionName as FunctionName;
    this.invocations.invoke(
      name,
      { event, timeoutMs: TIMEOUTS_MS[name] },
      (invocation) => {
        const wrap = this.options.plant?.ports;
        const ports = portsOf(this, invocation);
        const given = wrap === undefined ? ports : wrap(ports, { invocation, world: this });
        const answer = functionOf(name)(given, event);
        const change = this.options.plant?.answer;
        return change === undefined ? answer : answer.then((value) => change(value, { invocation, world: this }));
      },
      end,
    );
  }

  #takeDrops(batch: readonly QueueMessage[], end: (end: InvocationEnd) => void): void {
    const Records = batch.map(({ messageId, body }) => ({ messageId, body }));
    const number = this.invocations.all.length;
    this.invoke('on-drop', { Records }, (ended) => {
      const harmed = this.invocations.all[number]?.harmed === true;
      const { batchItemFailures = [] } = (ended.kind === 'returned' ? ended.value : {}) as {
        batchItemFailures?: { itemIdentifier: string }[];
      };
      const bodies = new Map(batch.map(({ messageId, body }) => [messageId, body]));
      this.batches.push({ bodies, failed: batchItemFailures.map(({ itemIdentifier }) => itemIdentifier), harmed });
      end(ended);
    });
  }

  /** Every minute while something is unfinished: otherwise a reconciliation does nothing, as a test of it says. */
  #armReconcile(): void {
    if (!this.options.reconciles || this.#reconcileAtMs > this.timeline.nowMs) return;
    const { nowMs } = this.timeline;
    // A sheet whose part is dead-lettered waits for a person, as an incomplete set does; what is over its limit for a day.
    const isPatient = (open: string, item: Readonly<Record<string, unknown>>) =>
      open === 'GATHERING' || open === 'READING' || (open === 'WAITING' && /is its limit/.test(String(item.reason)));
    const isUntold = (item: Readonly<Record<string, unknown>>) =>
      item.uncertainAnnouncedSince !== item.since || item.uncertainToldSince !== item.since;
    // What the sweeper has begun, the sweeper ends.
    const urgent = this.store.hasOpen((open, item) =>
      open === 'UNCERTAIN' ? isUntold(item) : open !== 'DELETION' && !isPatient(open, item),
    );
    if (urgent) this.#idleSinceMs = undefined;
    else if (!this.store.hasOpen(isPatient)) return;
    else this.#idleSinceMs ??= nowMs;
    if (this.#idleSinceMs !== undefined && nowMs - this.#idleSinceMs > IDLE_UNTIL_MS) return;
    const everyMs = urgent ? RECONCILE_MS : IDLE_RECONCILE_MS;
    this.#reconcileAtMs = (Math.floor(nowMs / everyMs) + 1) * everyMs;
    this.timeline.at(this.#reconcileAtMs, () => this.#reconcile());
  }

  #reconcile(): void {
    const { reconcileLost, reconcileOverlaps } = this.#faults;
    const times = this.random.chance(reconcileOverlaps) ? 2 : 1;
    for (let time = 0; time < times; time += 1) {
      if (time > 0) this.tally.add('reconciliations overlap');
      if (this.random.chance(reconcileLost)) {
        this.tally.add('reconciliation lost');
        continue;
      }
      this.reconciles += 1;
      this.invoke('reconcile-runs', {}, () => {});
    }
    this.#armReconcile();
  }
}
