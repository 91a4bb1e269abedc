/** Where a text stops being JSON. Lines and columns count from 1. */
export interface JsonFault {
  readonly line: number;
  readonly column: number;
  readonly expected: string;
}

const SPACE = /[ \t\n\r]*/y;
const SCALAR = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them inside texts.
const TEXT_PIECE = /[^"\\\u0000-\u001f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * Finds the first fault of a text that JSON.parse refused, since engines word it differently, some without a position
 * and some with a piece of the text. Undefined when there is none. Takes linear time and no recursion.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  const scanner = new Scanner(text);
  const expected = scanner.scan();
  return expected === undefined ? undefined : { ...positionOf(text, scanner.at), expected };
}

function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

class Scanner {
  at = 0;
  readonly #text: string;
  readonly #open: ('}' | ']')[] = [];
  /** A group was entered: its first value comes next, read by the next round instead of by recursion. */
  #pending = false;

  constructor(text: string) {
    this.#text = text;
  }

  /** What was expected at `at`, or undefined when the whole text is one JSON value. */
  scan(): string | undefined {
    // Each round reads one value's beginning and whatever closes after it: at least one character.
    for (let round = 0; round <= this.#text.length; round += 1) {
      const fault = this.#value() ?? this.#closers();
      if (fault !== undefined) return fault === 'end' ? undefined : fault;
    }
    return undefined;
  }

  #value(): string | undefined {
    this.#skip(SPACE);
    const character = this.#text[this.at];
    if (character === '"') return this.#string();
    if (character === '[') return this.#enter(']');
    if (character === '{') return this.#enter('}');
    return this.#skip(SCALAR) ? undefined : 'a value';
  }

  /** After `[` or `{`: on to the first value, unless it is closed at once. */
  #enter(closer: '}' | ']'): string | undefined {
    this.at += 1;
    this.#open.push(closer);
    this.#skip(SPACE);
    if (this.#text[this.at] === closer) return undefined;
    const fault = closer === '}' ? this.#key() : undefined;
    this.#pending = true;
    return fault;
  }

  #closers(): string | undefined {
    if (this.#pending) {
      this.#pending = false;
      return undefined;
    }
    for (let closer = this.#open.at(-1); ; closer = this.#open.at(-1)) {
      this.#skip(SPACE);
      const character = this.#text[this.at];
      if (closer === undefined) return character === undefined ? 'end' : 'nothing more';
      if (character === ',') {
        this.at += 1;
        return closer === '}' ? this.#key() : undefined;
      }
      if (character !== closer) return `',' or '${closer}'`;
      this.at += 1;
      this.#open.pop();
    }
  }

  #key(): string | undefined {
    this.#skip(SPACE);
    if (this.#text[this.at] !== '"') return 'a name in double quotes';
    const fault = this.#string();
    if (fault !== undefined) return fault;
    this.#skip(SPACE);
    if (this.#text[this.at] !== ':') return "':'";
    this.at += 1;
    return undefined;
  }

  #string(): string | undefined {
    this.at += 1;
    while (this.#skip(TEXT_PIECE));
    if (this.#text[this.at] !== '"') return "the closing '\"' of a text";
    this.at += 1;
    return undefined;
  }

  #skip(regex: RegExp): boolean {
    regex.lastIndex = this.at;
    const found = regex.exec(this.#text)?.[0] ?? '';
    this.at += found.length;
    return found.length > 0;
  }
}
