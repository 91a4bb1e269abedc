import { expect, test } from 'vitest';
import { createPacer, mapBounded } from '../../cli/backfill/bounded.ts';
import { barLine, startBar } from '../../cli/progress-bar.ts';

test('a bar tells how much is done and how long the rest takes', () => {
  expect(barLine('looking', { count: 250, total: 1_000, elapsedMs: 1_000 })).toBe(
    'looking  ######··················  250 of 1000  25%  3.0s left',
  );
  expect(barLine('looking', { count: 3, total: 3, elapsedMs: 5 })).toMatch(/3 of 3 {2}100%$/);
});

test('a bar is drawn on terminals only, and is gone at the end', () => {
  const drawn: string[] = [];
  const write = (text: string) => void drawn.push(text);
  const quiet = startBar('x', 10, { stream: { write }, nowMs: () => 0 });
  quiet.done(5);
  quiet.end();
  expect(drawn).toEqual([]);
  let nowMs = 0;
  const bar = startBar('x', 10, { stream: { isTTY: true, write }, nowMs: () => nowMs });
  bar.done(1);
  bar.done(2);
  nowMs = 200;
  bar.done(3);
  bar.end();
  expect(drawn.map((text) => / (\d+) of /.exec(text)?.[1])).toEqual(['1', '3', undefined]);
  expect(drawn.at(-1)).toBe('\r\u001b[K');
});

test('never more calls than allowed are under way, and results keep their order', async () => {
  let underWay = 0;
  let most = 0;
  const results = await mapBounded([5, 1, 4, 2, 3], 2, async (item) => {
    underWay += 1;
    most = Math.max(most, underWay);
    for (let turn = 0; turn < item; turn += 1) await Promise.resolve();
    underWay -= 1;
    return item * 10;
  });
  expect(results).toEqual([50, 10, 40, 20, 30]);
  expect(most).toBe(2);
});

test('the first failure ends it, and nothing new begins', async () => {
  const begun: number[] = [];
  const run = async (item: number) => {
    begun.push(item);
    if (item === 2) throw new Error('two');
  };
  await expect(mapBounded([1, 2, 3, 4, 5, 6], 1, run)).rejects.toThrow('two');
  expect(begun).toEqual([1, 2]);
});

test('messages go at their rate', async () => {
  let nowMs = 0;
  const slept: number[] = [];
  const sleep = async (milliseconds: number) => {
    slept.push(milliseconds);
    nowMs += milliseconds;
  };
  const pace = createPacer(100, { nowMs: () => nowMs, sleep });
  for (let batch = 0; batch < 4; batch += 1) await pace(10);
  expect(slept).toEqual([100, 100, 100]);
});
