import { didYouMean } from './did-you-mean.ts';
import { show } from './problems.ts';

/** The sheet cannot be read as a whole, so nothing of it starts. The message names the line. Permanent. */
export class SheetRefused extends Error {
  override readonly name = 'SheetRefused';
}

/** The lines of a text that are a table. */
export interface SheetPart {
  readonly text: string;
  /** The number of the first of them, from 1. */
  readonly firstLine: number;
}

/** The object's bytes, decoded as UTF-8, made fit to be parsed: without byte order mark, every line ended by `\n`. */
export function sheetText(body: string): string {
  const text = body.startsWith('\uFEFF') ? body.slice(1) : body;
  const zero = text.indexOf('\0');
  if (zero !== -1) {
    throw refuse(lineAt(text, zero), 'a zero byte: the sheet is UTF-16 or no text at all. Save it as CSV in UTF-8.');
  }
  const damaged = text.indexOf('\uFFFD');
  if (damaged !== -1) {
    throw refuse(lineAt(text, damaged), 'a character that is not UTF-8 (or U+FFFD itself). Save the sheet in UTF-8.');
  }
  return text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text;
}

/** A section's name alone on its line, perhaps with the empty cells that spreadsheets add. */
const SECTION_LINE = /^"?\[([^\]"\n]+)\]"?[\s,;|]*$/;

interface Section extends SheetPart {
  readonly name: string;
}

/** The whole text, or of an Illumina sample sheet the section with the data. */
export function dataPart(text: string, wanted: string | undefined): SheetPart {
  if (!SECTION_LINE.test(firstLineOf(text))) {
    if (wanted === undefined) return { text, firstLine: 1 };
    throw new SheetRefused(`The sheet has no sections, and the route asks for [${wanted}] (sheet.section).`);
  }
  const sections = sectionsOf(text);
  const found = sections.filter(({ name }) =>
    wanted === undefined ? isData(name) : name.toLowerCase() === wanted.toLowerCase(),
  );
  const [section, second] = found;
  if (section === undefined) {
    const names = [...new Set(sections.map(({ name }) => name))];
    const meant = wanted === undefined ? undefined : didYouMean(wanted, names.filter(isShort));
    const hint = meant === undefined ? '' : ` Did you mean [${meant}]?`;
    const lacks = wanted === undefined ? 'no [Data] section and none that ends in _Data' : `no section [${wanted}]`;
    throw new SheetRefused(`The sheet has ${lacks}, only ${listSections(names)}.${hint}`);
  }
  if (second === undefined) return section;
  if (second.name.toLowerCase() === section.name.toLowerCase()) {
    throw refuse(second.firstLine - 1, `the section ${listSections([second.name])} begins a second time`);
  }
  const several = listSections(found.map(({ name }) => name));
  throw new SheetRefused(
    `The sheet has several sections with data, ${several}: choose one with sheet: { section: … }.`,
  );
}

function isShort(name: string): boolean {
  return name.length <= LONGEST_SECTION_NAME;
}

const LONGEST_SECTION_NAME = 64;

function listSections(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).map((name) => `[${name.slice(0, LONGEST_SECTION_NAME)}]`);
  return names.length > NAMES_SHOWN ? `${shown.join(', ')} and others` : shown.join(', ');
}

function isData(name: string): boolean {
  return /(?:^|_)data$/i.test(name);
}

/** The first line that is neither blank nor a comment: it names the columns, or a section. */
export function firstLineOf(text: string): string {
  return FIRST_LINE.exec(text)?.[0] ?? '';
}

/** No part of it crosses a line's end, so that the time it takes grows with the text and no faster. */
const FIRST_LINE = /^(?!(?:[^\S\n]|[,;|])*$|[ \t]*#).*$/m;

function sectionsOf(text: string): readonly Section[] {
  const sections: { name: string; firstLine: number; start: number; end: number }[] = [];
  let line = 1;
  for (let start = 0; start < text.length; line += 1) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const name = /["[]/.test(text.charAt(start)) ? SECTION_LINE.exec(text.slice(start, end))?.[1] : undefined;
    if (name !== undefined) {
      const before = sections.at(-1);
      if (before !== undefined) {
        before.end = start;
        if (isData(before.name)) checkClosed(text.slice(before.start, start), { name, line });
      }
      sections.push({ name, firstLine: line + 1, start: end + 1, end: text.length });
    }
    start = end + 1;
  }
  return sections.map(({ name, firstLine, start, end }) => ({ name, firstLine, text: text.slice(start, end) }));
}

/** A mark that is never closed would make the section's end uncertain: rather no rows than half of them. */
function checkClosed(section: string, next: { readonly name: string; readonly line: number }): void {
  if (section.split('"').length % 2 === 1) return;
  throw refuse(
    next.line,
    `${listSections([next.name])} begins while a quotation mark of the section before it is still open`,
  );
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

export function refuse(line: number, reason: string): SheetRefused {
  return new SheetRefused(`line ${line}: ${reason}`);
}

const NAMES_SHOWN = 20;

/** Column names as a message lists them: quoted, and not too many. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).map(show).join(', ');
  return names.length > NAMES_SHOWN ? `${shown} and ${names.length - NAMES_SHOWN} more` : shown;
}
