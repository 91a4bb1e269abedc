import { describe, expect, it } from 'vitest';
import { isOver, median } from '../../bench/figure.ts';
import { tableOf } from '../../bench/table.ts';

describe('the median', () => {
  it.each([
    [[3], 3],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
  ])('of %j is %d', (values, middle) => {
    expect(median(values)).toBe(middle);
  });

  it('of nothing is refused', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('a bound', () => {
  it('is kept by its own value, and passed by anything above', () => {
    expect(isOver({ value: 20, bound: 20 })).toBe(false);
    expect(isOver({ value: 20.001, bound: 20 })).toBe(true);
  });

  it('is passed by what could not be measured', () => {
    expect(isOver({ value: Number.NaN, bound: 20 })).toBe(true);
  });

  it('cannot be passed where there is none', () => {
    expect(isOver({ value: 1e9 })).toBe(false);
  });
});

describe('the table', () => {
  it('lines its columns up and says which bounds hold', () => {
    const from = 'measured';
    expect(
      tableOf([
        { figure: 'start-up', value: 8.94, unit: '×', bound: 20, from },
        { figure: 'memory', value: 151.2, unit: 'MB', bound: 150, from },
        { figure: 'drops', value: 0.02345, unit: '×', from },
      ]),
    ).toEqual([
      'figure      value     bound        measured',
      'start-up    8.9 ×    ≤ 20 ×  ok    measured',
      'memory     151 MB  ≤ 150 MB  OVER  measured',
      'drops     0.023 ×                  measured',
    ]);
  });
});
