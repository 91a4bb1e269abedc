import { endOfBeginning } from './linear-regex.ts';
import type { PatternPart } from './pattern-part.ts';
import { show } from './problems.ts';

/**
 * Where `key` leaves the pattern: the longest beginning of the pattern that ends in literal text and matches a
 * beginning of the key. For people, so it compiles what it needs each time: as many regexes as the pattern has
 * literals.
 */
export function nearMatch(parts: readonly PatternPart[], key: string): { matchedText: string; reason: string } {
  for (let count = parts.length; count > 0; count -= 1) {
    if (parts[count - 1]?.kind !== 'literal') continue;
    const matchedText = beginning(parts.slice(0, count), key);
    if (matchedText !== undefined) return { matchedText, reason: sayRest(parts.slice(count), key, matchedText) };
  }
  const expected = expectedNext(parts);
  const first = parts[0];
  if (first?.kind !== 'literal') {
    return { matchedText: '', reason: `the key ${show(key)} does not match ${show(expected)}` };
  }
  return { matchedText: common(first.text, key), reason: `the key does not begin with ${show(first.text)}` };
}

function beginning(parts: readonly PatternPart[], key: string): string | undefined {
  const end = endOfBeginning(parts, key);
  return end === undefined ? undefined : key.slice(0, end);
}

function sayRest(left: readonly PatternPart[], key: string, matchedText: string): string {
  const rest = key.slice(matchedText.length);
  if (left.length === 0 && rest === '') return 'a wildcard that is repeated has two values';
  const matched = `the key matches ${show(matchedText)} but then`;
  if (left.length === 0) return `${matched} ${show(rest)} is left over`;
  const expected = show(expectedNext(left));
  return rest === ''
    ? `${matched} ends where ${expected} should follow`
    : `${matched} ${show(rest)} does not match ${expected}`;
}

/** The next wildcards up to and with the next literal, as the pattern writes them. */
function expectedNext(parts: readonly PatternPart[]): string {
  const literal = parts.findIndex((part) => part.kind === 'literal');
  return parts
    .slice(0, literal === -1 ? parts.length : literal + 1)
    .map((part) => part.text)
    .join('');
}

function common(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return a.slice(0, length);
}
