/** What goes wrong in a simulation, drawn from its seed. Rates are probabilities for each time that it could happen. */
import type { RandomSource } from './random-source.ts';

export interface Faults {
  /** The process dies at a remote call, before or after its effect. */
  readonly crash: number;
  /** A call fails without effect. */
  readonly fail: number;
  /** A call has its effect and its reply is lost. */
  readonly lostReply: number;
  /** A call has its effect, or not, and never comes back: the function runs into its timeout. */
  readonly hang: number;
  /** The bus does not take an event: PutEvents answers 200 all the same, and names it as failed. */
  readonly announcementRefused: number;
  /** The SDK repeats a call whose reply was lost, and answers with what the repeat brought. */
  readonly repeatedBySdk: number;
  /** A call takes time at all; it takes seconds. */
  readonly latency: number;
  readonly slow: number;
  readonly skewMs: number;
  readonly indexLagMs: number;
  readonly eventLost: number;
  readonly eventDuplicated: number;
  readonly eventLate: number;
  /** An event that is late comes up to so much later. */
  readonly lateMs: number;
  readonly eventWithoutUuid: number;
  readonly messageDuplicated: number;
  readonly invokeFails: number;
  readonly executionLost: number;
  readonly executionStopped: number;
  readonly reconcileLost: number;
  readonly reconcileOverlaps: number;
  readonly pageTokenExpired: number;
  readonly quotaFull: number;
  readonly startBurst: number;
  readonly runRemoved: number;
  readonly idReused: number;
  readonly runCancelled: number;
  readonly objectChanged: number;
  readonly routesChange: number;
}

export const NO_FAULTS: Faults = {
  crash: 0,
  fail: 0,
  lostReply: 0,
  hang: 0,
  announcementRefused: 0,
  repeatedBySdk: 0,
  latency: 0,
  slow: 0,
  skewMs: 0,
  indexLagMs: 0,
  eventLost: 0,
  eventDuplicated: 0,
  eventLate: 0,
  lateMs: 0,
  eventWithoutUuid: 0,
  messageDuplicated: 0,
  invokeFails: 0,
  executionLost: 0,
  executionStopped: 0,
  reconcileLost: 0,
  reconcileOverlaps: 0,
  pageTokenExpired: 0,
  quotaFull: 0,
  startBurst: 0,
  runRemoved: 0,
  idReused: 0,
  runCancelled: 0,
  objectChanged: 0,
  routesChange: 0,
};

/** How much of each there may be. */
const MOST: Faults = {
  crash: 0.03,
  fail: 0.05,
  lostReply: 0.05,
  hang: 0.02,
  announcementRefused: 0.6,
  repeatedBySdk: 0.1,
  latency: 0.5,
  slow: 0.2,
  skewMs: 5_000,
  indexLagMs: 5_000,
  eventLost: 0.9,
  eventDuplicated: 0.5,
  eventLate: 0.4,
  lateMs: 14 * 24 * 3_600_000,
  eventWithoutUuid: 0.7,
  messageDuplicated: 0.5,
  invokeFails: 0.15,
  executionLost: 0.3,
  executionStopped: 0.3,
  reconcileLost: 0.7,
  reconcileOverlaps: 0.3,
  pageTokenExpired: 0.2,
  quotaFull: 1,
  startBurst: 1,
  runRemoved: 0.8,
  idReused: 0.9,
  runCancelled: 0.3,
  objectChanged: 0.6,
  routesChange: 1,
};

/** Each kind is absent from most seeds, so that no fault hides behind another. */
export function drawFaults(random: RandomSource): Faults {
  const share = random.pick([0.15, 0.3, 0.5]);
  const drawn: Record<string, number> = {};
  for (const [name, most] of Object.entries(MOST)) drawn[name] = random.chance(share) ? most * random.next() : 0;
  // Minutes as often as days.
  if ((drawn.lateMs ?? 0) > 0 && random.chance(0.6)) drawn.lateMs = 600_000;
  if ((drawn.eventLate ?? 0) > 0 && drawn.lateMs === 0) drawn.lateMs = 60_000;
  return { ...NO_FAULTS, ...drawn };
}

/** Every fault is silent, but time passes and indexes lag: only order is left to chance. */
export function drawCalm(random: RandomSource): Faults {
  return {
    ...NO_FAULTS,
    latency: 0.6 * random.next(),
    eventDuplicated: 0.3,
    eventLate: 0.5,
    lateMs: 3_000,
    messageDuplicated: 0.3,
    runCancelled: random.chance(0.2) ? 0.5 : 0,
  };
}
