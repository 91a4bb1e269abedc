import { SNSClient } from '@aws-sdk/client-sns';
import { expect, test } from 'vitest';
import { createNotifier, subjectOf } from '../../../lib/aws/notifier.ts';
import { serveSilence } from '../../support/service-server.ts';

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
  const sns = new SNSClient(silent.client);
  const settings = {
    notificationsTopic: 'arn:aws:sns:us-east-1:000000000000:people',
    notify: new Set(['FAILED' as const]),
  };
  const { notify } = createNotifier({ sns, settings, patienceMs: 20 });
  const notified = notify({
    eventId: '1',
    about: 'Run Outcome',
    kind: 'FAILED',
    subject: 'FAILED',
    text: 'It failed.',
  });
  await expect(notified).rejects.toMatchObject({ name: 'AbortError' });
  sns.destroy();
  await silent.stop();
});
