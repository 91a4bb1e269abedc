import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Drop } from '../../../lib/routing/drop.ts';
import { assessGather, gatherPlace, type Member } from '../../../lib/routing/gather.ts';
import type { Route } from '../../../lib/routing/route.ts';
import { routeOf } from './load-routes.ts';

const lanes = routeOf(`on: { bucket: acme-incoming, key: '{sample}_S{n,[0-9]+}_L{lane,[0-9]{3}}_R{read,[12]}.gz' }
gather: { by: [sample], needs: { lane: ["001", "002"], read: ["1", "2"] } }`);
const counted = routeOf(
  `on: { bucket: acme-incoming, key: '{run}/{part}.gz' }\ngather: { by: [run], needs: { count: 3 } }`,
);
const marked = routeOf(`on: { bucket: acme-incoming, key: '{run}/{part}' }
gather: { by: [run], needs: { marker: '{run}/_SUCCESS' }, quiet: 1m }`);
const quiet = routeOf(`on: { bucket: acme-incoming, key: '{run}/{part}' }\ngather: { by: [run], quiet: 15m }`);

function member(route: Route, key: string, more: Partial<Drop> = {}): Member {
  const needs = route.gather?.needs;
  const wildcards = (needs?.kind === 'marker' ? needs.pattern.match(key) : undefined) ?? route.pattern.match(key) ?? {};
  return { drop: { bucket: 'acme-incoming', key, sizeBytes: 1, etag: 'e', timeMs: 0, ...more }, wildcards };
}

const keysOf = (set: readonly Member[]) => set.map(({ drop }) => drop.key);

describe('the place of a drop', () => {
  it('is its group and its slot among the needed combinations', () => {
    const match = { key: 'a_S1_L002_R1.gz', wildcards: { sample: 'a', n: '1', lane: '002', read: '1' } };
    expect(gatherPlace(lanes, match)).toEqual({ group: { sample: 'a' }, slot: 'lane=002,read=1' });
  });

  it('is its key where members are only counted', () => {
    expect(gatherPlace(counted, { key: 'r/1.gz', wildcards: { run: 'r', part: '1' } })).toEqual({
      group: { run: 'r' },
      slot: 'r/1.gz',
    });
  });

  it('keeps S1 and S10 apart', () => {
    const groups = ['S1_S1_L001_R1.gz', 'S10_S2_L001_R1.gz'].map((key) => {
      return gatherPlace(lanes, { key, wildcards: lanes.pattern.match(key) ?? {} }).group;
    });
    expect(groups).toEqual([{ sample: 'S1' }, { sample: 'S10' }]);
  });
});

describe('a set by its needs', () => {
  const all = ['a_S1_L002_R2.gz', 'a_S1_L001_R1.gz', 'a_S1_L002_R1.gz', 'a_S1_L001_R2.gz'];

  it('names what is missing', () => {
    const state = assessGather(lanes, [member(lanes, 'a_S1_L001_R1.gz')]);
    expect(state).toMatchObject({
      complete: false,
      missing: ['lane=001,read=2', 'lane=002,read=1', 'lane=002,read=2'],
    });
  });

  it('is ordered as the needs are, however it came', () => {
    const state = assessGather(
      lanes,
      all.map((key) => member(lanes, key)),
    );
    expect(state).toMatchObject({ complete: true, missing: [] });
    expect(keysOf(state.set)).toEqual(['a_S1_L001_R1.gz', 'a_S1_L001_R2.gz', 'a_S1_L002_R1.gz', 'a_S1_L002_R2.gz']);
  });

  it('leaves out what is not needed', () => {
    expect(assessGather(lanes, [member(lanes, 'a_S1_L003_R1.gz')]).set).toEqual([]);
  });

  it('takes the newest sequencer of an overwritten member, whatever the clocks say', () => {
    const members = [
      member(lanes, 'a_S1_L001_R1.gz', { sequencer: '0A', etag: 'new', timeMs: 1 }),
      member(lanes, 'a_S1_L001_R1.gz', { sequencer: '9', etag: 'old', timeMs: 2 }),
    ];
    expect(assessGather(lanes, members).set.map(({ drop }) => drop.etag)).toEqual(['new']);
  });

  it('takes the later of two keys in one slot', () => {
    const members = [
      member(lanes, 'a_S2_L001_R1.gz', { timeMs: 1, sequencer: 'F' }),
      member(lanes, 'a_S1_L001_R1.gz', { timeMs: 2, sequencer: '1' }),
    ];
    expect(keysOf(assessGather(lanes, members).set)).toEqual(['a_S1_L001_R1.gz']);
  });
});

describe('other ways to be complete', () => {
  it('a count of different keys', () => {
    const members = ['r/10.gz', 'r/9.gz', 'r/9.gz'].map((key) => member(counted, key));
    expect(assessGather(counted, members)).toMatchObject({ complete: false, missing: ['1 more of 3'] });
    const state = assessGather(counted, [...members, member(counted, 'r/1a.gz')]);
    expect(state.complete).toBe(true);
    expect(keysOf(state.set)).toEqual(['r/9.gz', 'r/10.gz', 'r/1a.gz']);
  });

  it('a marker, which is no member', () => {
    const data = member(marked, 'r/a.gz');
    const marker = member(marked, 'r/_SUCCESS');
    expect(assessGather(marked, [data])).toMatchObject({ complete: false, missing: ['the marker {run}/_SUCCESS'] });
    expect(assessGather(marked, [marker])).toMatchObject({
      complete: false,
      missing: ['an object that matches {run}/{part}'],
    });
    const state = assessGather(marked, [marker, data]);
    expect(state.complete).toBe(true);
    expect(keysOf(state.set)).toEqual(['r/a.gz']);
  });

  it('silence, which the caller measures', () => {
    expect(quiet.gather).toMatchObject({ needs: { kind: 'silence' }, quietMs: 900_000 });
    expect(assessGather(quiet, [])).toMatchObject({ complete: false });
    expect(assessGather(quiet, [member(quiet, 'r/a')])).toMatchObject({ complete: true });
  });

  it('refuses a route that gathers nothing', () => {
    const plain = routeOf(`on: { bucket: acme-incoming, key: '{x}' }`);
    expect(() => assessGather(plain, [])).toThrow('route test gathers nothing');
  });
});

describe('any order and any repetition of the same drops', () => {
  const hex = fc.stringMatching(/^[0-9A-F]{1,6}$/);
  const event = fc.record({
    key: fc.constantFrom('a_S1_L001_R1.gz', 'a_S2_L001_R1.gz', 'a_S1_L001_R2.gz', 'a_S1_L002_R1.gz', 'a_S1_L002_R2.gz'),
    etag: fc.constantFrom('x', 'y', 'z'),
    timeMs: fc.integer({ min: 0, max: 3 }),
    sequencer: fc.option(hex, { nil: undefined }),
  });
  const toMember =
    (route: Route) => (given: { key: string; etag: string; timeMs: number; sequencer: string | undefined }) => {
      const { key, sequencer, ...more } = given;
      return member(route, key, { ...more, ...(sequencer === undefined ? {} : { sequencer }) });
    };

  it.each([
    ['needs', lanes],
    ['a count', routeOf(`on: { bucket: acme-incoming, key: '{a}_{b,.*}' }\ngather: { by: [a], needs: { count: 4 } }`)],
  ])('gives the same set by %s', (_, route) => {
    const shuffled = fc
      .array(event, { maxLength: 12 })
      .chain((events) =>
        fc.tuple(
          fc.constant(events),
          fc.shuffledSubarray(events, { minLength: events.length }),
          fc.array(fc.nat({ max: Math.max(0, events.length - 1) }), { maxLength: 6 }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([events, others, repeats]) => {
        const repeated = [...others, ...repeats.flatMap((index) => events[index] ?? [])];
        expect(assessGather(route, repeated.map(toMember(route)))).toEqual(
          assessGather(route, events.map(toMember(route))),
        );
      }),
    );
  });
});
