import { expect, test } from 'vitest';
import { subjectOf } from '../../../lib/aws/notifier.ts';

test.each([
  ['Run of germline FAILED', 'Run of germline FAILED'],
  ['two\nlines', 'two lines'],
  ['\u00fcber \u2192 \u0007', '?ber ? ?'],
  ['', 'Rundrop'],
  ['x'.repeat(99), 'x'.repeat(99)],
  ['x'.repeat(100), `${'x'.repeat(96)}...`],
])('makes of %j a subject that SNS takes', (subject, sent) => {
  expect(subjectOf(subject)).toBe(sent);
  expect(sent).toMatch(/^[!-~][ -~]{0,98}$/);
});
