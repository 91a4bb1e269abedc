import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BinaryHeap } from '../../../local/omics/binary-heap.ts';

it('gives what it was given in order, also while more comes', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer(), { nil: undefined })), (steps) => {
      const heap = new BinaryHeap<number>((a, b) => a < b);
      const sorted: number[] = [];
      for (const step of steps) {
        if (step === undefined) expect(heap.takeFirst()).toBe(sorted.shift());
        else {
          heap.add(step);
          sorted.push(step);
          sorted.sort((a, b) => a - b);
        }
        expect(heap.first).toBe(sorted[0]);
      }
    }),
  );
});
