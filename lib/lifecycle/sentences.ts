/** Several problems as one text for people: each a sentence with its full stop. */
export function sentences(problems: readonly string[]): string {
  return problems.map((problem) => (/[.!?]$/.test(problem) ? problem : `${problem}.`)).join(' ');
}
