import { expect, test } from 'vitest';
import { actLines, earlierLines, evidenceText, goneLines } from '../../cli/request-notes.ts';

const AT = '2026-01-02T03:04:05.000Z';
const gone = { identity: 'i', attempt: 1, runId: '1234567', uuid: 'u', noticedAt: AT, how: 'retention' as const };

test('a run that HealthOmics removed is said to be gone, with what is left of it', () => {
  const evidence = { uri: 's3://evidence/outcomes/i.json', etag: 'e', sha256: 'f' };
  const text = goneLines([gone], { evidence }).join('\n');
  expect(text).toContain('run 1234567 (uuid u) of attempt 1: HealthOmics removed it to make room');
  expect(text).toContain('the ledger kept, and the evidence of its outcome is s3://evidence/outcomes/i.json.');
});

test('what is not told apart is said to be unclear, and without evidence none is promised', () => {
  const text = goneLines([{ ...gone, how: 'unclear' }], {}).join('\n');
  expect(text).toContain('or somebody deleted it');
  expect(text).not.toContain('evidence');
});

test('who did what by hand is told with the reason, and a control character harms no terminal', () => {
  const act = { what: 'cancel' as const, at: AT, by: 'arn:aws:iam::000000000000:user/ada', reason: 'wrong\u001b[31m' };
  const [, title, line] = actLines([act, { what: 'rerun', at: AT, by: 'x', note: 'as abc' }]);
  expect(title).toBe('by hand');
  expect(line).toContain('cancel by arn:aws:iam::000000000000:user/ada (wrong\\u001b[31m)');
});

test('what a request had come to before it was opened again is told', () => {
  expect(earlierLines([{ outcome: 'REFUSED', at: AT }]).join('\n')).toContain('REFUSED');
});

test('nothing is said where there is nothing', () => {
  expect([...actLines([]), ...goneLines([], {}), ...earlierLines([])]).toEqual([]);
});

test('where the evidence is, is said with its version, or what keeps it from being written', () => {
  const evidence = { uri: 's3://evidence/outcomes/i.json', etag: 'e', sha256: 'f', versionId: 'v1' };
  expect(evidenceText({ evidence })).toBe('s3://evidence/outcomes/i.json, version v1');
  const trouble = { tries: 3, lastTryAt: AT, error: 'AccessDenied' };
  expect(evidenceText({ evidenceTrouble: trouble })).toMatch(
    /^not written after 3 tries, .*AccessDenied.* tried again$/,
  );
  expect(evidenceText({ evidenceTrouble: { ...trouble, givenUpAt: AT } })).toContain('given up');
  expect(evidenceText({})).toBeUndefined();
});
