/** What the values of options must look like. Each parser throws InvalidArgumentError, which names the option. */
import { InvalidArgumentError } from 'commander';

export const DAY_MS = 24 * 3_600_000;
const UNITS_MS = { h: 3_600_000, d: DAY_MS } as const;
const MOST_DAYS = 365;

export function parsePort(text: string): number {
  const port = parseWhole(text);
  if (port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

/** An empty one, as of a shell variable that is not set, would be the folder that one is in. */
export function parseFolder(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must name a folder.');
  return text;
}

export function parseWhole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

export function parsePositiveWhole(text: string): number {
  const value = parseWhole(text);
  if (value === 0) throw new InvalidArgumentError('It must be 1 or more.');
  return value;
}

export function parsePositive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

/** Of an option that may be given several times. */
export function collect(text: string, before: readonly string[]): string[] {
  return [...before, text];
}

export function parseSpan(text: string): number {
  const [, digits = '', unit] = /^(\d{1,5})([hd])$/.exec(text) ?? [];
  const spanMs = Number(digits) * (unit === 'h' || unit === 'd' ? UNITS_MS[unit] : Number.NaN);
  if (spanMs > 0 && spanMs <= MOST_DAYS * DAY_MS) return spanMs;
  throw new InvalidArgumentError('It must be hours or days, as in 12h or 30d, at most 365d.');
}
