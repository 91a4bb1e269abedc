import { afterEach, expect, it, vi } from 'vitest';
import { createAnnouncer } from '../../../lib/aws/announcer.ts';
import { stubFunctionEnvironment } from '../../support/function-environment.ts';
import { serveSilence } from '../../support/service-server.ts';

afterEach(() => void vi.unstubAllEnvs());

it('waits no longer than it may for a bus from which nothing comes back', async () => {
  const silent = await serveSilence();
  stubFunctionEnvironment(silent.client.endpoint);
  const announced = createAnnouncer(20).announce({ detailType: 'Run Outcome', detail: {} });
  await expect(announced).rejects.toMatchObject({ name: 'AbortError' });
  await silent.stop();
});
