/** Numbers over time as lines of text: one column a step, half-block resolution. Pure. */

export interface PlotOptions {
  readonly width: number;
  readonly height: number;
  /** Drawn as a line across, when the scale reaches it. */
  readonly limit?: number;
}

/** `undefined` values are gaps. No line for no values. */
export function plotLines(values: readonly (number | undefined)[], { width, height, limit }: PlotOptions): string[] {
  const columns = resample(values, width);
  const known = columns.filter((value) => value !== undefined);
  if (known.length === 0) return [];
  const { low, high } = scaleOf(known, limit);
  const labels = Array.from({ length: height }, (_, row) => formatCount(high - ((high - low) * row) / (height - 1)));
  const margin = Math.max(...labels.map(({ length }) => length));
  const levels = 2 * height - 1;
  const levelOf = (value: number) => Math.round(((value - low) / (high - low)) * levels);
  const limitRow = limit === undefined || limit > high ? -1 : height - 1 - Math.floor(levelOf(limit) / 2);
  return labels.map((label, row) => {
    const bottom = 2 * (height - 1 - row);
    const cells = columns.map((value) => {
      const empty = row === limitRow ? '─' : ' ';
      if (value === undefined) return empty;
      const level = levelOf(value);
      if (level === bottom) return '▄';
      if (level === bottom + 1) return '▀';
      return empty;
    });
    return `${label.padStart(margin)} ┤${cells.join('')}`.trimEnd();
  });
}

/** The quota is part of the picture when the values come near it; otherwise it would flatten them. */
function scaleOf(values: readonly number[], limit: number | undefined): { low: number; high: number } {
  const least = Math.min(...values);
  const most = Math.max(...values);
  const showsLimit = limit !== undefined && most >= limit / 2;
  const high = showsLimit ? Math.max(most, limit) : most;
  return high === least ? { low: Math.max(0, least - 1), high: high + 1 } : { low: least, high };
}

/** The last value within each column's share of the values; fewer values than columns are stretched. */
function resample(values: readonly (number | undefined)[], width: number): (number | undefined)[] {
  if (values.length === 0) return [];
  return Array.from({ length: width }, (_, column) => values[Math.floor(((column + 1) * values.length - 1) / width)]);
}

/** "100,000". */
export function formatCount(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

export interface BarPart {
  readonly mark: string;
  readonly value: number;
  /** Puts the part's cells into colour. */
  readonly paint?: (cells: string) => string;
}

/** A bar of `width` cells, one character for each part, dots for what is free; no part that is not 0 vanishes while there is room. */
export function barOf(parts: readonly BarPart[], total: number, width: number): string {
  const whole = Math.max(
    total,
    parts.reduce((sum, { value }) => sum + value, 0),
  );
  let bar = '';
  let left = width;
  for (const { mark, value, paint = (cells: string) => cells } of parts) {
    const share = whole > 0 ? Math.round((value / whole) * width) : 0;
    const cells = Math.min(left, value > 0 ? Math.max(1, share) : 0);
    bar += paint(mark.repeat(cells));
    left -= cells;
  }
  return bar + '·'.repeat(left);
}
