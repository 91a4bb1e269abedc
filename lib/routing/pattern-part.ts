/** A pattern is a row of these. */
export type PatternPart =
  | { readonly kind: 'literal'; readonly text: string }
  | {
      readonly kind: 'wildcard';
      readonly name: string;
      /** RE2 syntax. */
      readonly regex: string;
      /** As written, with its braces. */
      readonly text: string;
    };

/** What a wildcard matches unless the pattern says otherwise: something, within one segment of the path. */
export const DEFAULT_REGEX = '[^/]+';

/** Whether what the regex matches may contain a '/'. Errs on the side of yes. */
export function mayCrossSegments(regex: string): boolean {
  const plain = regex
    .replaceAll(/\\[.\-_[\](){}+*?|^$dw]/g, 'x')
    .replaceAll(/\[(\^?)([^[\]\\]*)\]/g, (_, negated: string, members: string) => {
      const named = members.includes('/') || /[!-.]-[0-~]/.test(members);
      return named === (negated === '') ? '/' : 'x';
    });
  return /[/\\.[]/.test(plain);
}
