/** What people decided of starts that were uncertain, and which runs nobody is to answer for since. */
import type { AttemptData, RequestData, Violate } from './oracle-ledger.ts';
import type { World } from './world.ts';

const TAG = 'rundrop:requestId';
/** Clocks of functions differ by so much, a command takes so long, and a call under way may arrive in between. */
const SLACK_MS = 70_000;

/**
 * requestIds of the attempts that a person gave up, for another one or for good: the run that such a call makes late is
 * nobody's. With them those of attempts that were given a run that is not their own.
 */
export function givenUpIn(world: World, requests: readonly RequestData[]): ReadonlySet<string> {
  return new Set(requests.flatMap((request) => decidedIn(world, request)).map(({ attempt }) => attempt.requestId));
}

/** 1 and 3: nothing else is decided where the run of that start is to be seen. */
export function checkDecisions(world: World, requests: readonly RequestData[], violate: Violate): void {
  for (const request of requests) {
    for (const { attempt, atMs } of decidedIn(world, request)) {
      const wasThere = world.omics.runs.some(
        ({ tags, createdMs, removedMs = Number.POSITIVE_INFINITY }) =>
          tags[TAG] === attempt.requestId && createdMs < atMs - SLACK_MS && removedMs > atMs + SLACK_MS,
      );
      if (wasThere)
        violate(`1: attempt ${attempt.attempt} of request ${request.identity} was given up, and its run was there`);
    }
  }
}

interface Decided {
  readonly attempt: AttemptData;
  readonly atMs: number;
}

/** Acts and attempts are both in their order. */
function decidedIn({ omics }: World, { attempts, acts = [], outcome }: RequestData): readonly Decided[] {
  const decisions = acts.filter(({ what }) => what === 'start-again' || what === 'give-up' || what === 'adopt');
  const uncertain = attempts.filter(({ uuid, startCalledAt, outcome: own }, index) => {
    if (uuid !== undefined) return isStrange(omics.runs, uuid);
    if (startCalledAt === undefined) return false;
    return index < attempts.length - 1 ? own === undefined : outcome === 'REMOVED';
  });
  return uncertain.flatMap((attempt) => {
    const kinds = attempt.uuid === undefined ? ['start-again', 'give-up'] : ['adopt'];
    const place = uncertain.filter((one) => (one.uuid === undefined) === (attempt.uuid === undefined)).indexOf(attempt);
    const act = decisions.filter(({ what }) => kinds.includes(what))[place];
    return act === undefined ? [] : [{ attempt, atMs: Date.parse(act.at) }];
  });
}

/** Of nobody's StartRun. */
function isStrange(runs: World['omics']['runs'], uuid: string): boolean {
  return runs.find((run) => run.uuid === uuid)?.tags[TAG] === undefined;
}
