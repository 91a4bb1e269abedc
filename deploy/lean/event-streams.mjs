/** In place of @smithy/core/event-streams: no operation that Rundrop calls streams events. */
export const resolveEventStreamSerdeConfig = (config) => config;
export const eventStreamSerdeProvider = () => undefined;

export class EventStreamSerde {
  constructor() {
    throw new Error('Event streams are not in this bundle: take their line out of deploy/lean-sdk.cjs.');
  }
}
