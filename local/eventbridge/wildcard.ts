/** EventBridge's `wildcard`: `*` is any run of characters, `\*` and `\\` are themselves. */

/** Raised with the reason as EventBridge words it. */
export class WildcardSyntaxError extends Error {
  override readonly name = 'WildcardSyntaxError';
}

/**
 * Cuts a wildcard at its stars into literal pieces; matching then looks for the pieces one after the other and never
 * goes back, so its time has no exponential case.
 * @throws WildcardSyntaxError on two stars in a row or another escape.
 */
export function wildcardMatcher(wildcard: string): (text: string) => boolean {
  const pieces = literalPieces(wildcard);
  const first = pieces[0] ?? '';
  if (pieces.length === 1) return (text) => text === first;
  const last = pieces.at(-1) ?? '';
  const middle = pieces.slice(1, -1);
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let position = first.length;
    for (const piece of middle) {
      const found = text.indexOf(piece, position);
      if (found === -1 || found + piece.length > end) return false;
      position = found + piece.length;
    }
    return true;
  };
}

function literalPieces(wildcard: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (let position = 0; position < wildcard.length; position += 1) {
    const character = wildcard[position];
    const next = wildcard[position + 1];
    if (character === '*') {
      if (next === '*') throw new WildcardSyntaxError(`Consecutive wildcard characters at pos ${position}`);
      pieces.push(piece);
      piece = '';
    } else if (character === '\\') {
      if (next !== '*' && next !== '\\') throw new WildcardSyntaxError(`Invalid escape character at pos ${position}`);
      piece += next;
      position += 1;
    } else {
      piece += character;
    }
  }
  return [...pieces, piece];
}
