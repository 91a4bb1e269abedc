/** Something wrong, or suspicious, at one place of the route file. Lines and columns count from 1. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  /** Where in the structure, for example `routes[0].run.workflowId`. Empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** What was probably meant. */
  readonly suggestion?: string;
}

/** Where a key or a value stands in the route file. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly path: string;
}

/** A problem that is still without its place: what is wrong, and what may have been meant. */
export interface Finding {
  readonly message: string;
  readonly suggestion?: string;
}

const PROBLEMS_LISTED = 50;

/** The route file cannot be used. The message lists the problems, one a line, as `file:line:column: path: what`. */
export class RouteFileError extends Error {
  override readonly name = 'RouteFileError';
  readonly fileName: string;
  readonly problems: readonly Problem[];

  constructor(fileName: string, problems: readonly Problem[]) {
    const lines = problems.slice(0, PROBLEMS_LISTED).map((problem) => describeProblem(fileName, problem));
    const more = problems.length - lines.length;
    super([...lines, ...(more > 0 ? [`and ${more} more problems`] : [])].join('\n'));
    this.fileName = fileName;
    this.problems = problems;
  }
}

/** One problem as a line for a person: `rundrop.yaml:3:7: routes[0].run: unknown member "x", did you mean "y"?` */
export function describeProblem(fileName: string, problem: Problem): string {
  const path = problem.path === '' ? '' : `${problem.path}: `;
  const hint = problem.suggestion === undefined ? '' : `, did you mean "${problem.suggestion}"?`;
  return `${fileName}:${problem.line}:${problem.column}: ${path}${problem.message}${hint}`;
}

/** Collects errors and warnings while a route file is read, each once, so that one look shows all of them. */
export class ProblemList {
  readonly #errors = new Map<string, Problem>();
  readonly #warnings = new Map<string, Problem>();

  error(place: Place, message: string, suggestion?: string): void {
    add(this.#errors, place, message, suggestion);
  }

  warn(place: Place, message: string, suggestion?: string): void {
    add(this.#warnings, place, message, suggestion);
  }

  get errors(): readonly Problem[] {
    return inFileOrder(this.#errors);
  }

  get warnings(): readonly Problem[] {
    return inFileOrder(this.#warnings);
  }
}

function add(list: Map<string, Problem>, place: Place, message: string, suggestion: string | undefined): void {
  const { line, column, path } = place;
  const problem = { line, column, path, message, ...(suggestion === undefined ? {} : { suggestion }) };
  const id = `${line}:${column}:${message}`;
  if (!list.has(id)) list.set(id, problem);
}

function inFileOrder(list: ReadonlyMap<string, Problem>): readonly Problem[] {
  return [...list.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}

const SHOWN_CHARACTERS = 120;

/** Foreign text made fit for a message: quoted, short, control characters escaped. */
export function show(text: string): string {
  const characters = Array.from(text.slice(0, SHOWN_CHARACTERS * 2));
  const short = characters.length > SHOWN_CHARACTERS ? `${characters.slice(0, SHOWN_CHARACTERS).join('')}…` : text;
  return `'${short.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, escapeCharacter)}'`;
}

function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
