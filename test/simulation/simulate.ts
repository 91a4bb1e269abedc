/** One seed, from its faults to the oracle's verdict. */
import { liveAYear } from './a-year-later.ts';
import { drawHands } from './by-hand.ts';
import type { FaultCounts } from './fault-tally.ts';
import { drawCalm, drawFaults, type Faults, NO_FAULTS } from './faults.ts';
import type { CrashPoint } from './invocations.ts';
import { Oracle } from './oracle.ts';
import type { Plant } from './plant.ts';
import { RandomSource } from './random-source.ts';
import type { Window } from './simulated-omics.ts';
import { drawSweeps } from './simulated-sweeps.ts';
import { drawCrowd, drawWork, type Kind, LATE, POISON, ROUTE_FILES, work } from './workload.ts';
import { START_MS, World } from './world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WORK_MS = 30 * MINUTE_MS;
const FAULTS_MS = 75 * MINUTE_MS;
/** By then everything is over, whatever went wrong before. */
const REST_MS = 9 * HOUR_MS;
/** Events that were delayed for fourteen days have come by then. */
const END_MS = 16 * DAY_MS;
const SILENCE = { fromMs: START_MS + FAULTS_MS + HOUR_MS, untilMs: START_MS + REST_MS + MINUTE_MS };
/** The sweeper comes in every sixth history, from beside the faults to an hour behind them. */
const SWEPT = 6;
const SWEEPS_MS = FAULTS_MS + HOUR_MS;
const TRUST_SECONDS = 1800;
/** HealthOmics remembers longer than it is trusted to. */
const MEMORY_MS = TRUST_SECONDS * 1000 + 2 * MINUTE_MS;

/** In so many seeds a full quota holds up a crowd, so that it matters who starts first. Of a random source of its own. */
const CROWDED = 0.05;
const CROWD_SALT = 1_000_000_007;
const CROWD_WAITS: Window = { fromMs: START_MS, untilMs: START_MS + 7 * MINUTE_MS };

export interface Verdict {
  readonly seed: number;
  readonly hash: string;
  readonly violations: readonly string[];
  readonly profile: string;
  readonly calls: number;
  readonly lines: readonly string[];
  /** How often each fault happened. */
  readonly faults: FaultCounts;
}

export interface SimulateOptions {
  readonly plant?: Plant;
  readonly keepsJournal?: boolean;
  /** An operator takes things in hand meanwhile. */
  readonly byHand?: boolean;
}

/** `mixed`: faults of every kind. `calm`: none, and no reconciliation, so that events alone must do. */
type Profile = 'mixed' | 'calm';

export async function simulate(seed: number, options: SimulateOptions = {}): Promise<Verdict> {
  // Of its own, so that the faults of a seed do not depend on what is planted.
  const random = new RandomSource(seed);
  // What people end is announced by reconciliation, which a calm world goes without.
  const byHand = options.byHand === true || options.plant?.byHand === true;
  const profile: Profile = random.chance(0.15) && !byHand ? 'calm' : 'mixed';
  const crowded = profile === 'mixed' && new RandomSource(seed + CROWD_SALT).chance(CROWDED);
  const faults = profile === 'calm' ? drawCalm(random) : drawFaults(random);
  const world = worldOf(random.int(0, 0x7fff_ffff), {
    faults,
    random,
    profile,
    crowded,
    keepsJournal: options.keepsJournal === true,
    ...(options.plant === undefined ? {} : { plant: options.plant }),
  });
  const oracle = new Oracle(world, { strict: profile === 'calm' });
  drawWork(world, START_MS + WORK_MS);
  if (crowded) drawCrowd(world);
  if (byHand) drawHands(world, new RandomSource(seed), START_MS + WORK_MS);
  if (seed % SWEPT === SWEPT - 1) drawSweeps(world, seed, { untilMs: START_MS + SWEEPS_MS, endMs: START_MS + END_MS });
  if (random.chance(faults.routesChange)) {
    world.timeline.after(random.int(0, WORK_MS), () => {
      world.tally.add('route file changed');
      world.routes = ROUTE_FILES[1];
    });
  }
  await live(world, oracle, byHand ? new RandomSource(seed) : undefined);
  const { calls } = world.invocations;
  return {
    seed,
    hash: world.journal.digest(),
    violations: oracle.verdict(),
    profile,
    calls,
    lines: world.journal.lines,
    faults: {
      ...world.tally.counts,
      'conditional write in conflict': world.store.conflicts,
      'stale index read': world.store.staleReads,
    },
  };
}

/** With `years`, on until what fired has expired. */
async function live(world: World, oracle: Oracle, years?: RandomSource): Promise<void> {
  const { timeline } = world;
  try {
    await timeline.runUntil(START_MS + FAULTS_MS);
    world.calm();
    await timeline.runUntil(START_MS + FAULTS_MS + HOUR_MS);
    world.drops.redrive();
    await timeline.runUntil(START_MS + REST_MS);
    oracle.atRest();
    world.omics.cured = true;
    await timeline.runUntil(START_MS + END_MS);
    oracle.atEnd();
    if (years === undefined) return;
    await liveAYear(world, years);
    oracle.afterYears();
  } catch (error) {
    oracle.violate(`the simulation failed: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

interface WorldDraw {
  readonly faults: Faults;
  readonly random: RandomSource;
  readonly profile: Profile;
  readonly crowded: boolean;
  readonly plant?: Plant;
  readonly keepsJournal: boolean;
}

function worldOf(seed: number, { faults, random, profile, crowded, plant, keepsJournal }: WorldDraw): World {
  return new World({
    seed,
    faults,
    routes: ROUTE_FILES,
    omics: {
      memoryMs: MEMORY_MS,
      quotaFull: [...windows(random, faults.quotaFull), ...(crowded ? [CROWD_WAITS] : [])],
      bursts: windows(random, faults.startBurst),
      failureRate: random.pick([0, 0.3, 0.8]),
      poison: POISON,
      late: LATE,
    },
    requestIdTrustSeconds: TRUST_SECONDS,
    reconciles: profile !== 'calm',
    silence: SILENCE,
    crashPoints: [],
    keepsJournal,
    ...(plant === undefined ? {} : { plant }),
  });
}

function windows(random: RandomSource, chance: number): Window[] {
  if (!random.chance(chance)) return [];
  return Array.from({ length: random.int(1, 3) }, () => {
    const fromMs = START_MS + random.int(0, WORK_MS);
    return {
      fromMs,
      untilMs: fromMs + (random.chance(0.4) ? random.int(MINUTE_MS, 45 * MINUTE_MS) : random.int(1_000, MINUTE_MS)),
    };
  });
}

export interface Survived {
  readonly violations: readonly string[];
  /** Remote calls that were made until everything was at rest. */
  readonly calls: number;
  readonly runs: number;
}

/** One piece of work in a world where nothing goes wrong but that the process dies at the given calls. */
export async function surviveCrashes(kind: Kind, crashPoints: readonly CrashPoint[]): Promise<Survived> {
  const world = new World({
    seed: 1,
    faults: NO_FAULTS,
    routes: ROUTE_FILES,
    omics: { memoryMs: MEMORY_MS, quotaFull: [], bursts: [], failureRate: 0, poison: POISON },
    requestIdTrustSeconds: TRUST_SECONDS,
    reconciles: true,
    silence: SILENCE,
    crashPoints,
    keepsJournal: false,
  });
  const oracle = new Oracle(world, { strict: false });
  work(world, kind);
  await live(world, oracle);
  return { violations: oracle.verdict(), calls: world.invocations.calls, runs: world.omics.runs.length };
}
