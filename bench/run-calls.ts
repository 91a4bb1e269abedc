/** HealthOmics calls for each run, all causes, while a hundred and more are active; and how late outcomes are known. */
import type { RandomSource } from '../test/simulation/random-source.ts';
import { START_MS } from '../test/simulation/world.ts';
import { CheckFailed, type Figure, type Row } from './figure.ts';
import { VirtualLaptop } from './virtual/laptop.ts';
import { endedRequests, outcomeDelays, percentile } from './virtual/records.ts';

const HOUR_MS = 3_600_000;
const DROPS = 600;
/** One comes every so often, so that little more than 100 runs are active at a time: more of them share a page of a listing. */
const EVERY_MS = 170_000;
const LIFE_MS = (random: RandomSource) => random.int(4 * HOUR_MS, 6 * HOUR_MS);
const REST_MS = 8 * HOUR_MS;
const MOST_CALLS = 6;
const LEAST_ACTIVE = 100;
const MOST_SECONDS = { withEvents: 5, withoutEvents: 65 };
const LISTING = 'listRuns';

export const runCalls: Figure = {
  name: 'run-calls',
  async measure(say): Promise<Row[]> {
    const withEvents = await manyRuns(true);
    const withoutEvents = await manyRuns(false);
    say(`with events: ${shown(withEvents.calls)}`);
    say(`every event lost: ${shown(withoutEvents.calls)}`);
    const active = (measured: Measured) => `${measured.active} active on average of 4 to 6 h`;
    return [
      {
        figure: 'HealthOmics calls a run',
        value: sum(withEvents.calls) / DROPS,
        unit: 'calls',
        bound: MOST_CALLS,
        from: `all causes, ${active(withEvents)}`,
      },
      {
        figure: 'the same, every event lost',
        value: (sum(withoutEvents.calls) - (withoutEvents.calls.get(LISTING) ?? 0)) / DROPS,
        unit: 'calls',
        bound: MOST_CALLS,
        from: `and ${((withoutEvents.calls.get(LISTING) ?? 0) / DROPS).toFixed(1)} of listing, ${active(withoutEvents)}`,
      },
      delayRow('end of a run to its outcome, p99', withEvents, MOST_SECONDS.withEvents),
      delayRow('the same, every event lost', withoutEvents, MOST_SECONDS.withoutEvents),
    ];
  },
};

interface Measured {
  readonly calls: ReadonlyMap<string, number>;
  /** Seconds, ascending. */
  readonly delays: readonly number[];
  readonly active: number;
}

async function manyRuns(events: boolean): Promise<Measured> {
  const laptop = new VirtualLaptop({ seed: 1, events, lifeMs: LIFE_MS });
  for (let number = 0; number < DROPS; number += 1)
    laptop.timeline.at(START_MS + number * EVERY_MS, () => laptop.objects.put(`single/SYN-${number}.cram`, 'reads'));
  await laptop.runFor(DROPS * EVERY_MS + REST_MS);
  const records = endedRequests(laptop, DROPS);
  return { calls: laptop.omicsCalls, delays: outcomeDelays(laptop, records), active: activeRuns(laptop) };
}

/** On average from the first end to the last start. @throws CheckFailed when they were too few to count */
function activeRuns({ omics: { runs } }: VirtualLaptop): number {
  const firstEndMs = Math.min(...runs.map(({ endedMs = 0 }) => endedMs));
  const lastStartMs = Math.max(...runs.map(({ createdMs }) => createdMs));
  const activeMs = runs.map(({ createdMs, endedMs = 0 }) =>
    Math.max(0, Math.min(endedMs, lastStartMs) - Math.max(createdMs, firstEndMs)),
  );
  const active = Math.round(activeMs.reduce((all, one) => all + one, 0) / (lastStartMs - firstEndMs));
  if (active < LEAST_ACTIVE) throw new CheckFailed(`Only ${active} runs were active on average.`);
  return active;
}

function delayRow(figure: string, { delays }: Measured, bound: number): Row {
  const from = `p50 ${percentile(delays, 0.5).toFixed(1)} s, most ${percentile(delays, 1).toFixed(1)} s of ${delays.length}`;
  return { figure, value: percentile(delays, 0.99), unit: 's', bound, from };
}

function sum(calls: ReadonlyMap<string, number>): number {
  return [...calls.values()].reduce((all, one) => all + one, 0);
}

function shown(calls: ReadonlyMap<string, number>): string {
  return [...calls].map(([name, count]) => `${name} ${(count / DROPS).toFixed(2)}`).join(', ');
}
