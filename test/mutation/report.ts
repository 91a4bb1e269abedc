/** Stryker's JSON reports, counted, as a table for docs/mutation-testing.md. */

/** Of a mutant, as the mutation testing report schema spells them. */
type MutantStatus =
  | 'Killed'
  | 'Timeout'
  | 'Survived'
  | 'NoCoverage'
  | 'CompileError'
  | 'RuntimeError'
  | 'Ignored'
  | 'Pending';

export interface MutationReport {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: MutantStatus }[] }>>;
}

export interface FileScore {
  readonly file: string;
  /** Noticed by a test that failed, or that did not come to its end any more. */
  readonly detected: number;
  readonly survived: number;
  readonly uncovered: number;
}

const DETECTED: readonly MutantStatus[] = ['Killed', 'Timeout'];

/** Files in the order of their names. */
export function scoresOf(reports: readonly MutationReport[]): readonly FileScore[] {
  const files = reports.flatMap(({ files }) => Object.entries(files));
  const scores = files.map(([file, { mutants }]) => {
    const count = (...wanted: MutantStatus[]) => mutants.filter(({ status }) => wanted.includes(status)).length;
    return { file, detected: count(...DETECTED), survived: count('Survived'), uncovered: count('NoCoverage') };
  });
  return scores.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** Detected mutants of all that were valid, in percent. */
export function scoreOf(scores: readonly FileScore[]): number {
  const sum = (name: 'detected' | 'survived' | 'uncovered') => scores.reduce((all, score) => all + score[name], 0);
  const detected = sum('detected');
  return (100 * detected) / (detected + sum('survived') + sum('uncovered'));
}

export function tableOf(scores: readonly FileScore[]): string {
  const line = (name: string, of: readonly FileScore[]) => {
    const sum = (member: 'detected' | 'survived' | 'uncovered') => of.reduce((all, score) => all + score[member], 0);
    return `| ${name} | ${scoreOf(of).toFixed(1)}% | ${sum('detected')} | ${sum('survived')} | ${sum('uncovered')} |`;
  };
  return [
    '| file | score | detected | survived | not reached |',
    '|---|---:|---:|---:|---:|',
    ...scores.map((score) => line(`\`${score.file}\``, [score])),
    line('**all**', scores),
  ].join('\n');
}

const BEGIN = '<!-- the table that the tool writes -->';
const END = '<!-- the end of the table -->';

/** The page with this table in place of the last one. @throws when its marks are not there */
export function withTable(page: string, table: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`The page has no "${BEGIN}" and "${END}" to write between.`);
  return `${page.slice(0, begin + BEGIN.length)}\n${table}\n${page.slice(end)}`;
}
