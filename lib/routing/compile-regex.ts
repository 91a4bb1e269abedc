/** Turns a regex into the steps that compiled-regex.ts runs. RE2's own compiler does the work; runs at package time only. */
import { RE2JS } from 're2js';
import type { RegexProgram, RegexStep } from './regex-program.ts';

/** RE2's instructions, by the numbers that this version of re2js gives them. */
const OPS = ['', 'alt', 'alt', 'go', 'empty', 'fail', 'match', 'go', 'rune', 'rune', 'any', 'anyNotNewline'] as const;
const FOLD_CASE = 1;
/** No letter with two cases comes after this one. */
const LAST_CASED_RUNE = 0x1ffff;

interface Instruction {
  readonly op: number;
  readonly out: number;
  readonly arg: number;
  readonly runes: ArrayLike<number>;
  matchRune(rune: number): boolean;
}

/** An instruction that this module does not know: the version of re2js changed. */
export class UnknownInstruction extends Error {
  override readonly name = 'UnknownInstruction';
}

export function compileRegex(regex: string): RegexProgram {
  const { re2Input } = RE2JS.compile(`(?:${regex})`) as unknown as {
    re2Input: { prog: { start: number; inst: readonly Instruction[] } };
  };
  return { start: re2Input.prog.start, steps: re2Input.prog.inst.map((each) => stepOf(each, regex)) };
}

function stepOf(instruction: Instruction, regex: string): RegexStep {
  const { op, out, arg } = instruction;
  switch (OPS[op]) {
    case 'alt':
      return ['either', out, arg];
    case 'go':
      return ['go', out];
    case 'empty':
      return ['at', out, arg];
    case 'fail':
      return ['fail'];
    case 'match':
      return ['done'];
    case 'rune':
      return ['in', out, rangesOf(instruction)];
    case 'any':
      return ['any', out];
    case 'anyNotNewline':
      return ['any-but-newline', out];
    default:
      throw new UnknownInstruction(`The regex ${regex} compiles to instruction ${op}, which compiled-regex.ts lacks.`);
  }
}

function rangesOf(instruction: Instruction): readonly number[] {
  const { runes, arg } = instruction;
  if (runes.length !== 1) return Array.from(runes);
  const [rune = 0] = Array.from(runes);
  return (arg & FOLD_CASE) === 0 ? [rune, rune] : bothCases(rune, instruction);
}

const FOLDED = new Map<number, readonly number[]>();

/** RE2 keeps one letter and asks its tables for the others; what they answer is written down here. */
function bothCases(letter: number, instruction: Instruction): readonly number[] {
  const before = FOLDED.get(letter);
  if (before !== undefined) return before;
  const ranges: number[] = [];
  for (let rune = 0; rune <= LAST_CASED_RUNE; rune += 1) if (instruction.matchRune(rune)) ranges.push(rune, rune);
  FOLDED.set(letter, ranges);
  return ranges;
}
