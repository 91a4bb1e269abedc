/** Durations and sizes as the route file writes them. */

const DURATION_UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** DynamoDB's time to live and Step Functions' longest wait are both far above this. */
const LONGEST_DURATION_MS = 365 * 86_400_000;

/** Milliseconds of `90s`, `15m`, `24h` or `7d`; undefined when it is none of them or longer than a year. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit] = /^([0-9]{1,9})\s*([smhd])$/.exec(text.trim()) ?? [];
  const factor = DURATION_UNITS_MS[unit ?? ''];
  if (digits === undefined || factor === undefined) return undefined;
  const durationMs = Number(digits) * factor;
  return durationMs > 0 && durationMs <= LONGEST_DURATION_MS ? durationMs : undefined;
}

export type SizeOperator = '>=' | '>' | '<=' | '<' | '=';

export interface SizeCondition {
  readonly operator: SizeOperator;
  readonly sizeBytes: number;
  /** As a person reads it: `>= 1 GiB`. */
  readonly text: string;
}

const SIZE_UNITS_BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

const CONDITION = /^(>=|<=|>|<|==?)\s*([0-9]{1,15}(?:\.[0-9]{1,6})?)\s*([A-Za-z]{0,3})$/;

/**
 * Reads one or several conditions that must all hold, between commas: `>=1GiB`, `>0, <=10 MB`. Units: B (default),
 * kB, MB, GB, TB by 1000 and KiB, MiB, GiB, TiB by 1024. Undefined when it is not of that form.
 */
export function parseSizeConditions(text: string): readonly SizeCondition[] | undefined {
  const conditions: SizeCondition[] = [];
  for (const part of text.split(',')) {
    const [, operator, number, unit] = CONDITION.exec(part.trim()) ?? [];
    const factor = SIZE_UNITS_BYTES[(unit || 'B').toLowerCase()];
    if (operator === undefined || number === undefined || factor === undefined) return undefined;
    const sizeBytes = Math.round(Number(number) * factor);
    if (!Number.isSafeInteger(sizeBytes)) return undefined;
    const plain = operator === '==' ? '=' : (operator as SizeOperator);
    conditions.push({ operator: plain, sizeBytes, text: `${plain} ${number}${unit ? ` ${unit}` : ''}` });
  }
  return conditions;
}

export function holdsSize(condition: SizeCondition, sizeBytes: number): boolean {
  switch (condition.operator) {
    case '>=':
      return sizeBytes >= condition.sizeBytes;
    case '>':
      return sizeBytes > condition.sizeBytes;
    case '<=':
      return sizeBytes <= condition.sizeBytes;
    case '<':
      return sizeBytes < condition.sizeBytes;
    case '=':
      return sizeBytes === condition.sizeBytes;
    default:
      return condition.operator satisfies never;
  }
}
