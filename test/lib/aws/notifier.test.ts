import { afterEach, expect, test, vi } from 'vitest';
import { createNotifier, subjectOf } from '../../../lib/aws/notifier.ts';
import { stubFunctionEnvironment } from '../../support/function-environment.ts';
import { serveSilence } from '../../support/service-server.ts';

afterEach(() => void vi.unstubAllEnvs());

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

test('waits no longer than it may for a topic from which nothing comes back', async () => {
  const silent = await serveSilence();
  stubFunctionEnvironment(silent.client.endpoint);
  const { notify } = createNotifier(20);
  const notified = notify({
    eventId: '1',
    about: 'Run Outcome',
    kind: 'FAILED',
    subject: 'FAILED',
    text: 'It failed.',
  });
  await expect(notified).rejects.toMatchObject({ name: 'AbortError' });
  await silent.stop();
});
