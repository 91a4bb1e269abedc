import { KeyPattern } from './key-pattern.ts';
import { type PatternFinding, splitPattern } from './pattern-syntax.ts';

/** Parses and compiles; the pattern is undefined when there are findings. */
export function parsePattern(
  text: string,
  known?: ReadonlyMap<string, string>,
): { readonly pattern: KeyPattern | undefined; readonly findings: readonly PatternFinding[] } {
  const { parts, findings } = splitPattern(text, known);
  return { pattern: findings.length === 0 ? new KeyPattern(text, parts) : undefined, findings };
}
