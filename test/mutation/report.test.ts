import { expect, it } from 'vitest';
import { scoreOf, scoresOf, tableOf, withTable } from './report.ts';

const mutants = (...statuses: ('Killed' | 'Timeout' | 'Survived' | 'NoCoverage' | 'RuntimeError')[]) => ({
  mutants: statuses.map((status) => ({ status })),
});
const scores = scoresOf([
  { files: { 'lib/b.ts': mutants('Killed', 'Timeout', 'Survived', 'RuntimeError') } },
  { files: { 'lib/a.ts': mutants('Killed', 'NoCoverage') } },
]);

it('counts detected mutants of those that were valid', () => {
  expect(scores).toEqual([
    { file: 'lib/a.ts', detected: 1, survived: 0, uncovered: 1 },
    { file: 'lib/b.ts', detected: 2, survived: 1, uncovered: 0 },
  ]);
  expect(scoreOf(scores)).toBe(60);
});

it('writes the table in place of the last one', () => {
  const page = '# Page\n<!-- the table that the tool writes -->\nold\n<!-- the end of the table -->\nrest\n';
  const written = withTable(page, tableOf(scores));
  expect(written).toContain('| `lib/b.ts` | 66.7% | 2 | 1 | 0 |');
  expect(written).toContain('| **all** | 60.0% | 3 | 1 | 1 |');
  expect(written).not.toContain('old');
  expect(withTable(written, tableOf(scores))).toBe(written);
  expect(written.endsWith('rest\n')).toBe(true);
  expect(() => withTable('# Page', '')).toThrow('no "<!-- the table');
});
