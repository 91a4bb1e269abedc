/** Rundrop's own event bus. */
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Announcer } from '../lifecycle/ports.ts';
import { config } from './config.ts';
import { withPatience } from './patience.ts';
import { traced } from './tracing.ts';

/** The bus answered 200 and did not take the event. Retriable. */
export class AnnouncementRefused extends Error {
  override readonly name = 'AnnouncementRefused';
}

let client: EventBridgeClient | undefined;

export function createAnnouncer(patienceMs?: number): Announcer {
  client ??= traced(new EventBridgeClient({}));
  const events = client;
  return {
    async announce({ detailType, detail }) {
      const { eventBus } = config();
      const entry = {
        EventBusName: eventBus,
        Source: 'rundrop',
        DetailType: detailType,
        Detail: JSON.stringify(detail),
      };
      const answer = await events.send(new PutEventsCommand({ Entries: [entry] }), withPatience(patienceMs));
      const refused = answer.Entries?.find(({ ErrorCode }) => ErrorCode !== undefined);
      if ((answer.FailedEntryCount ?? 0) === 0 && refused === undefined) return;
      throw new AnnouncementRefused(
        `Event bus ${eventBus} did not take "${detailType}": ${refused?.ErrorCode ?? 'unknown'} ${refused?.ErrorMessage ?? ''}`,
      );
    },
  };
}
