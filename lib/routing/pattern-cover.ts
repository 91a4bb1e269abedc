import type { KeyPattern } from './key-pattern.ts';
import { DEFAULT_REGEX, mayCrossSegments, type PatternPart } from './pattern-part.ts';

/** A character of a literal, or a wildcard. */
type Token = string | Extract<PatternPart, { kind: 'wildcard' }>;

/**
 * Whether every key that `later` matches is matched by `earlier` too. Decides the plain cases, literals and wildcards
 * that match anything within a segment; answers false when it cannot tell.
 */
export function covers(earlier: KeyPattern, later: KeyPattern): boolean {
  const wildcards = earlier.parts.filter((part) => part.kind === 'wildcard').length;
  if (wildcards > earlier.names.length) return false;
  if (!later.prefix.startsWith(earlier.prefix) && !earlier.prefix.startsWith(later.prefix)) return false;
  if (!later.suffix.endsWith(earlier.suffix) && !earlier.suffix.endsWith(later.suffix)) return false;
  return coversFrom(tokensOf(earlier), tokensOf(later));
}

function tokensOf(pattern: KeyPattern): readonly Token[] {
  return pattern.parts.flatMap((part): readonly Token[] => (part.kind === 'literal' ? Array.from(part.text) : [part]));
}

/** `reach` holds which tokens of `later` the tokens of `earlier` so far may end before. */
function coversFrom(earlier: readonly Token[], later: readonly Token[]): boolean {
  let reach = new Set([0]);
  for (const token of earlier) {
    const next = new Set<number>();
    for (const at of reach) for (const end of endsOf(token, later, at)) next.add(end);
    if (next.size === 0) return false;
    reach = next;
  }
  return reach.has(later.length);
}

function* endsOf(token: Token, later: readonly Token[], at: number): Generator<number> {
  const first = later[at];
  if (first === undefined) return;
  if (typeof token === 'string') {
    if (first === token) yield at + 1;
  } else if (token.regex !== DEFAULT_REGEX) {
    if (typeof first !== 'string' && first.regex === token.regex) yield at + 1;
  } else {
    for (let end = at; staysInSegment(later[end]); end += 1) yield end + 1;
  }
}

/** A wildcard with a regex of its own may also be empty, which `[^/]+` does not match. */
function staysInSegment(token: Token | undefined): boolean {
  if (token === undefined || token === '/') return false;
  if (typeof token === 'string') return true;
  return !mayCrossSegments(token.regex) && !/[*?|{]|^$/.test(token.regex);
}

/**
 * Whether a key that begins with `prefix` and goes on could match the pattern. Errs on the side of yes, since it
 * guards against a run whose outputs start runs.
 */
export function couldMatchUnder(pattern: KeyPattern, prefix: string): boolean {
  if (!pattern.prefix.startsWith(prefix) && !prefix.startsWith(pattern.prefix)) return false;
  const crossing = pattern.parts.some((part) => part.kind === 'wildcard' && mayCrossSegments(part.regex));
  if (crossing) return true;
  // Without wildcards that cross '/', both have a fixed number of segments before the outputs' own begin.
  const segments = segmentsOf(pattern);
  const fixed = prefix.split('/');
  if (segments.length < fixed.length) return false;
  return fixed.every((text, index) => {
    const start = segments[index] ?? '';
    const open = index === fixed.length - 1;
    return open ? start.startsWith(text) || text.startsWith(start) : text.startsWith(start);
  });
}

/** The literal beginning of each segment of the pattern. */
function segmentsOf(pattern: KeyPattern): readonly string[] {
  const segments = [{ text: '', open: true }];
  for (const part of pattern.parts) {
    const pieces = part.kind === 'literal' ? part.text.split('/') : [undefined];
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) segments.push({ text: '', open: true });
      const last = segments.at(-1);
      if (last === undefined) continue;
      if (piece === undefined) last.open = false;
      else if (last.open) last.text += piece;
    }
  }
  return segments.map(({ text }) => text);
}
