/** What has to hold of the ledger and of HealthOmics when everything is over: one run and one outcome for each drop. */
import type { DropRecord } from '../../lib/ledger/drops.ts';
import type { RequestRecord } from '../../lib/runs/request-record.ts';

/** A run as HealthOmics tells it. */
export interface FoundRun {
  readonly uuid: string;
  readonly status: string;
  /** Of its tag. */
  readonly requestId: string | undefined;
}

export interface Found {
  /** Keys whose PUT was answered with 200. */
  readonly keys: readonly string[];
  readonly drops: readonly Pick<DropRecord, 'key' | 'state' | 'identity'>[];
  readonly requests: readonly Pick<RequestRecord, 'identity' | 'outcome' | 'announcedAt' | 'attempts'>[];
  readonly runs: readonly FoundRun[];
}

/** What is wrong, each in a sentence; nothing when all is well. */
export function judge({ keys, drops, requests, runs }: Found): readonly string[] {
  const wrong: string[] = [];
  const expectCount = (what: string, count: number) => {
    if (count !== keys.length) wrong.push(`${count} ${what} for ${keys.length} drops.`);
  };
  expectCount('runs', runs.length);
  expectCount('requests', requests.length);
  expectCount('recorded outcomes', requests.filter(({ outcome }) => outcome !== undefined).length);
  wrong.push(
    ...doubled(
      'uuid',
      runs.map(({ uuid }) => uuid),
    ),
  );
  wrong.push(
    ...doubled(
      'requestId',
      runs.map(({ requestId }) => requestId ?? 'none'),
    ),
  );
  wrong.push(
    ...doubled(
      'request',
      requests.map(({ identity }) => identity),
    ),
  );
  for (const key of keys) wrong.push(...judgeDrop(key, drops, requests));
  const byIdentity = drops.filter(({ state }) => state === 'TAKEN').map(({ key, identity }) => `${identity} ${key}`);
  const taken = [...new Set(byIdentity)].map((pair) => pair.split(' ', 1)[0] ?? '');
  wrong.push(...doubled('identity of two drops', taken));
  for (const request of requests) wrong.push(...judgeRequest(request, runs));
  return wrong;
}

function doubled(what: string, values: readonly string[]): string[] {
  const seen = new Set<string>();
  return values
    .filter((value) => seen.size === seen.add(value).size)
    .map((value) => `The ${what} ${value} is there twice.`);
}

function judgeDrop(key: string, drops: Found['drops'], requests: Found['requests']): string[] {
  // A PUT that was repeated, because its answer was lost, may have made a drop of its own of the same content.
  const own = drops.filter((drop) => drop.key === key);
  const identities = new Set(own.map(({ identity }) => identity));
  const [identity] = identities;
  if (own.length === 0) return [`Drop ${key} is not in the ledger.`];
  if (identities.size > 1) return [`Drop ${key} belongs to ${identities.size} requests.`];
  const isThere = requests.some((request) => request.identity === identity);
  return isThere ? [] : [`Drop ${key} belongs to no request; it is ${own.map(({ state }) => state).join(', ')}.`];
}

function judgeRequest(
  { identity, outcome, announcedAt, attempts }: Found['requests'][number],
  runs: readonly FoundRun[],
): string[] {
  const [attempt] = attempts;
  const run = runs.find(({ uuid }) => uuid === attempt?.uuid);
  if (attempts.length !== 1) return [`Request ${identity} took ${attempts.length} attempts.`];
  if (run === undefined) return [`Request ${identity} has no run.`];
  const wrong: string[] = [];
  if (run.requestId !== attempt?.requestId) wrong.push(`The run of request ${identity} has another requestId.`);
  if (run.status !== outcome) wrong.push(`Request ${identity} is recorded as ${outcome}; its run is ${run.status}.`);
  if (announcedAt === undefined) wrong.push(`The outcome of request ${identity} was not announced.`);
  return wrong;
}
