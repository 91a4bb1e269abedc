import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { expect, it } from 'vitest';
import { createAnnouncer } from '../../../lib/aws/announcer.ts';
import { serveSilence } from '../../support/service-server.ts';

it('waits no longer than it may for a bus from which nothing comes back', async () => {
  const silent = await serveSilence();
  const events = new EventBridgeClient(silent.client);
  const announcer = createAnnouncer({ events, eventBus: 'rundrop-test', patienceMs: 20 });
  const announced = announcer.announce({ detailType: 'Run Outcome', detail: {} });
  await expect(announced).rejects.toMatchObject({ name: 'AbortError' });
  events.destroy();
  await silent.stop();
});
