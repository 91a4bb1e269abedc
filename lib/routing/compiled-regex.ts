/**
 * Stands in for linear-regex.ts in a deployed function: the regexes of the route file were compiled when it was packaged,
 * so this needs neither a parser nor Unicode's tables. All threads go through the text side by side, a step at most once
 * for each character: time is linear in the text, whatever the regex (Cox, "Regular Expression Matching: the Virtual
 * Machine Approach"). Earlier threads win, so it reads texts exactly as RE2 does.
 */
import type { Row, RowPart } from './linear-regex.ts';
import { PLACES, type RegexProgram, type RegexPrograms, type RegexStep } from './regex-program.ts';

const known = new Map<string, RegexProgram>();

/** What packaging compiled; called before a route file is read. */
export function learnRegexes(programs: RegexPrograms): void {
  for (const [regex, program] of Object.entries(programs)) known.set(regex, program);
}

/** A regex came up that the packaged route file did not bring. */
export class RegexNotCompiled extends Error {
  override readonly name = 'RegexNotCompiled';
  constructor(regex: string) {
    super(`${regex} was not compiled when the functions were packaged: package and deploy again`);
  }
}

export function compileRow(parts: readonly RowPart[]): Row {
  const program = link([...parts, END_OF_TEXT]);
  return { values: (text) => run(program, text)?.values };
}

export function endOfBeginning(parts: readonly RowPart[], text: string): number | undefined {
  return run(link(parts), text)?.end;
}

/** The steps of a row of parts: those of each part, moved to where they stand and joined. */
type Step = RegexStep | readonly ['save', next: number, slot: number];

const END_OF_TEXT = { kind: 'end' } as const;

function link(parts: readonly (RowPart | typeof END_OF_TEXT)[]): readonly Step[] {
  const steps: Step[] = [];
  let wildcards = 0;
  for (const part of parts) {
    if (part.kind === 'end') steps.push(['at', steps.length + 1, PLACES.textEnd]);
    else if (part.kind === 'literal') {
      for (const character of part.text) {
        const code = character.codePointAt(0) ?? 0;
        steps.push(['in', steps.length + 1, [code, code]]);
      }
    } else {
      steps.push(['save', steps.length + 1, 2 * wildcards]);
      addProgram(steps, programOf(part.regex));
      steps.push(['save', steps.length + 1, 2 * wildcards + 1]);
      wildcards += 1;
    }
  }
  steps.push(['done']);
  return steps;
}

function programOf(regex: string): RegexProgram {
  const program = known.get(regex);
  if (program === undefined) throw new RegexNotCompiled(regex);
  return program;
}

function addProgram(steps: Step[], { start, steps: own }: RegexProgram): void {
  const base = steps.length + 1;
  steps.push(['go', base + start]);
  const after = base + own.length;
  for (const step of own) steps.push(moved(step, base, after));
}

function moved(step: RegexStep, base: number, after: number): Step {
  switch (step[0]) {
    case 'done':
      return ['go', after];
    case 'fail':
      return step;
    case 'either':
      return ['either', base + step[1], base + step[2]];
    case 'in':
      return ['in', base + step[1], step[2]];
    case 'at':
      return ['at', base + step[1], step[2]];
    default:
      return [step[0], base + step[1]];
  }
}

interface Thread {
  readonly at: number;
  /** Where each wildcard begins and ends, so far. */
  readonly saved: readonly number[];
}

interface Match {
  readonly values: readonly string[];
  readonly end: number;
}

/** The match that begins with the text and that RE2 prefers. */
function run(program: readonly Step[], text: string): Match | undefined {
  let best: { readonly saved: readonly number[]; readonly end: number } | undefined;
  let threads = follow(program, [{ at: 0, saved: [] }], { text, position: 0 });
  for (let position = 0; threads.length > 0; ) {
    const code = text.codePointAt(position);
    const width = code === undefined || code <= 0xffff ? 1 : 2;
    const next: Thread[] = [];
    for (const { at, saved } of threads) {
      const step = program[at] as Step;
      if (step[0] === 'done') {
        // Those that come after it are less wanted.
        best = { saved, end: position };
        break;
      }
      if (code !== undefined && takes(step, code)) next.push({ at: step[1] as number, saved });
    }
    if (code === undefined) break;
    position += width;
    threads = follow(program, next, { text, position });
  }
  if (best === undefined) return undefined;
  const values: string[] = [];
  for (let slot = 0; slot < best.saved.length; slot += 2) {
    values.push(text.slice(best.saved[slot] ?? 0, best.saved[slot + 1] ?? 0));
  }
  return { values, end: best.end };
}

/** Goes through the steps that take no character, each at most once; answers the threads that wait for one, in order. */
function follow(
  program: readonly Step[],
  from: readonly Thread[],
  place: { readonly text: string; readonly position: number },
): readonly Thread[] {
  const seen = new Uint8Array(program.length);
  const waiting: Thread[] = [];
  const stack = from.toReversed();
  for (let thread = stack.pop(); thread !== undefined; thread = stack.pop()) {
    const { at, saved } = thread;
    if (seen[at] === 1) continue;
    seen[at] = 1;
    const step = program[at] as Step;
    switch (step[0]) {
      case 'either':
        stack.push({ at: step[2], saved }, { at: step[1], saved });
        break;
      case 'go':
        stack.push({ at: step[1], saved });
        break;
      case 'save':
        stack.push({ at: step[1], saved: withSlot(saved, step[2], place.position) });
        break;
      case 'at':
        if ((step[2] & ~placesAt(place)) === 0) stack.push({ at: step[1], saved });
        break;
      default:
        waiting.push(thread);
    }
  }
  return waiting;
}

function withSlot(saved: readonly number[], slot: number, position: number): readonly number[] {
  const copy = saved.slice();
  copy[slot] = position;
  return copy;
}

function takes(step: Step, code: number): boolean {
  if (step[0] === 'any') return true;
  if (step[0] === 'any-but-newline') return code !== 10;
  return step[0] === 'in' && isWithin(step[2], code);
}

function isWithin(ranges: readonly number[], code: number): boolean {
  let low = 0;
  let high = ranges.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (code > (ranges[2 * middle + 1] ?? 0)) low = middle + 1;
    else high = middle;
  }
  return code >= (ranges[2 * low] ?? Number.POSITIVE_INFINITY);
}

function placesAt({ text, position }: { readonly text: string; readonly position: number }): number {
  const [before, after] = [text[position - 1], text[position]];
  const isBoundary = isWord(before) !== isWord(after);
  return (
    (before === undefined ? PLACES.textBegin | PLACES.lineBegin : 0) |
    (after === undefined ? PLACES.textEnd | PLACES.lineEnd : 0) |
    (before === '\n' ? PLACES.lineBegin : 0) |
    (after === '\n' ? PLACES.lineEnd : 0) |
    (isBoundary ? PLACES.wordBoundary : PLACES.noWordBoundary)
  );
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /\w/.test(character);
}
