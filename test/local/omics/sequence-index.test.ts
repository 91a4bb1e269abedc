import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SequenceIndex } from '../../../local/omics/sequence-index.ts';

const step = fc.record({ adds: fc.boolean(), value: fc.integer({ min: 1, max: 40 }) });

it('holds the same numbers as a set, in order, whatever comes and goes', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 0, max: 41 }), (steps, place) => {
      const index = new SequenceIndex();
      const set = new Set<number>();
      for (const { adds, value } of steps) {
        if (adds) {
          index.add(value);
          set.add(value);
        } else {
          index.delete(value);
          set.delete(value);
        }
      }
      const sorted = [...set].sort((a, b) => a - b);
      expect([...index.ascending()]).toEqual(sorted);
      expect([...index.descending()]).toEqual(sorted.toReversed());
      expect([...index.ascending(place)]).toEqual(sorted.filter((value) => value > place));
      expect([...index.descending(place)]).toEqual(sorted.filter((value) => value < place).toReversed());
      expect([index.size, index.first, index.has(place)]).toEqual([set.size, sorted[0], set.has(place)]);
    }),
  );
});

it('keeps up when the first goes for each that comes', () => {
  const index = new SequenceIndex();
  for (let value = 1; value <= 5_000; value += 1) {
    index.add(value);
    if (value > 100) index.delete(value - 100);
  }
  expect([index.size, index.first]).toEqual([100, 4_901]);
});
