import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admissionOrder, type InLine, servedNow } from '../../../lib/runs/admission-order.ts';

const entry = fc.record({
  identity: fc.uuid(),
  route: fc.constantFrom('a', 'b', 'c', 'd'),
  priority: fc.constantFrom(0, 0, 0, 5),
  since: fc.integer({ min: 0, max: 59 }).map((second) => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`),
});
const line = fc.uniqueArray(entry, { selector: ({ identity }) => identity, maxLength: 60 });
const served = fc.shuffledSubarray(['a', 'b', 'c', 'd', 'gone']);
const holds = (property: (entries: InLine[], servedLast: string[]) => void) =>
  fc.assert(fc.property(line, served, property), { numRuns: 200 });

const made = (identity: string, change: Partial<InLine> = {}): InLine => ({
  identity,
  route: 'a',
  priority: 0,
  since: '2026-01-01T00:00:00Z',
  ...change,
});
const identities = (entries: readonly InLine[]) => entries.map(({ identity }) => identity);

describe('admission', () => {
  it('goes by priority, then age, then identity', () => {
    const entries = [
      made('c', { since: '2026-01-01T00:00:02Z' }),
      made('b', { since: '2026-01-01T00:00:01Z' }),
      made('a', { since: '2026-01-01T00:00:02Z' }),
      made('d', { since: '2026-01-01T00:00:03Z', priority: 5 }),
    ];
    expect(identities(admissionOrder(entries))).toEqual(['d', 'b', 'a', 'c']);
  });

  it('gives a single drop of one route its turn beside a burst of another', () => {
    const burst = Array.from({ length: 1000 }, (_, number) => made(String(number).padStart(4, '0')));
    const single = made('single', { route: 'b', since: '2026-01-02T00:00:00Z' });
    expect(identities(admissionOrder([...burst, single])).indexOf('single')).toBe(1);
    expect(identities(admissionOrder([...burst, single], ['a'])).indexOf('single')).toBe(0);
  });

  it('goes on where the last invocation stopped', () => {
    const entries = ['a', 'b', 'c'].map((route) => made(route, { route }));
    expect(identities(admissionOrder(entries, ['c', 'a']))).toEqual(['b', 'c', 'a']);
  });

  it('loses and doubles nobody, whatever order they come in', () => {
    holds((entries, servedLast) => {
      const order = identities(admissionOrder(entries, servedLast));
      expect([...order].sort()).toEqual(identities(entries).sort());
      expect(identities(admissionOrder(entries.toReversed(), servedLast))).toEqual(order);
    });
  });

  it('never lets a lower priority go first, nor a younger one of the same route', () => {
    holds((entries, servedLast) => {
      const order = admissionOrder(entries, servedLast);
      for (const [place, first] of order.entries()) {
        for (const second of order.slice(place + 1)) {
          expect(first.priority).toBeGreaterThanOrEqual(second.priority);
          if (first.route === second.route && first.priority === second.priority)
            expect(first.since <= second.since).toBe(true);
        }
      }
    });
  });

  it('gives no route two starts more than another that waits, at any time', () => {
    holds((entries, servedLast) => {
      const order = admissionOrder(
        entries.map((one) => ({ ...one, priority: 0 })),
        servedLast,
      );
      const total = (route: string) => order.filter((one) => one.route === route).length;
      for (let length = 1; length <= order.length; length += 1) {
        const begun = order.slice(0, length);
        const counts = ['a', 'b', 'c', 'd']
          .map((route) => ({ left: total(route), got: begun.filter((one) => one.route === route).length }))
          .filter(({ left, got }) => got < left);
        const most = Math.max(...begun.map(({ route }) => begun.filter((one) => one.route === route).length));
        for (const { got } of counts) expect(most - got).toBeLessThanOrEqual(1);
      }
    });
  });

  it('is fair over invocations that start one each', () => {
    holds((entries) => {
      const waiting = entries.map((one) => ({ ...one, priority: 0 }));
      let servedLast: readonly string[] = [];
      let left = waiting;
      const got = new Map<string, number>();
      while (left.length > 0) {
        const [first] = admissionOrder(left, servedLast);
        if (first === undefined) break;
        for (const { route } of left) {
          const ahead = (got.get(first.route) ?? 0) - (got.get(route) ?? 0);
          expect(ahead).toBeLessThanOrEqual(0);
        }
        got.set(first.route, (got.get(first.route) ?? 0) + 1);
        servedLast = servedNow(servedLast, first.route);
        left = left.filter(({ identity }) => identity !== first.identity);
      }
    });
  });
});

describe('the turns of routes', () => {
  it('are remembered by their last start, each route once, and not without end', () => {
    expect(servedNow(['a', 'b', 'c'], 'a')).toEqual(['b', 'c', 'a']);
    let list: readonly string[] = [];
    for (let number = 0; number < 1_200; number += 1) list = servedNow(list, `route-${number}`);
    expect(list).toHaveLength(1_000);
    expect(list.at(-1)).toBe('route-1199');
  });
});
