import { expect, it } from 'vitest';
import { type DeadLetterQueue, readDeadLetter } from '../../../lib/lifecycle/dead-letter.ts';
import { objectCreatedEvent } from '../../../lib/routing/object-created-event.ts';
import { writeSheetMessage } from '../../../lib/routing/sheet-message.ts';

const DROP_ID = 'ab'.repeat(16);
const dropped = objectCreatedEvent(
  { bucket: 'drops', key: 'cram/a.cram', sizeBytes: 1, etag: 'e', timeMs: 0 },
  { id: '1', account: '000000000000', region: 'us-east-1' },
);
const tick = {
  schedule: 'nightly',
  scheduleArn: 'arn:aws:scheduler:us-east-1:000000000000:schedule/rundrop-dev/nightly',
  scheduledTime: '2026-01-02T02:00:00Z',
};
const failedInvocation = (requestPayload: unknown) => ({
  version: '1.0',
  requestContext: { functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:f', condition: 'RetriesExhausted' },
  requestPayload,
  responsePayload: { errorMessage: 'x' },
});
const statusChange = { source: 'aws.omics', 'detail-type': 'Run Status Change', detail: { status: 'COMPLETED' } };

const letters: readonly (readonly [string, DeadLetterQueue, unknown, object])[] = [
  ['a drop', 'drops', dropped, { what: 'drop', about: 's3://drops/cram/a.cram', goesTo: 'drops' }],
  [
    'a part of a sheet',
    'drops',
    writeSheetMessage({ dropId: DROP_ID, part: 2 }),
    { what: 'sheet part', dropId: DROP_ID, about: expect.stringContaining('part 3'), goesTo: 'drops' },
  ],
  ['what is no event', 'drops', 'hello', { what: 'unreadable', goesTo: 'stays' }],
  ['an event of S3 that drops nothing', 'drops', '{"Event":"s3:TestEvent"}', { goesTo: 'nowhere' }],
  ['a nudge', 'starts', '{}', { what: 'nudge', goesTo: 'starts' }],
  ['a drop that EventBridge could not deliver', 'undelivered', dropped, { what: 'drop', goesTo: 'drops' }],
  ['a status event', 'undelivered', JSON.stringify(statusChange), { what: 'status event', goesTo: 'nowhere' }],
  [
    'a status event that its function could not take',
    'undelivered',
    JSON.stringify(failedInvocation(statusChange)),
    { what: 'status event', goesTo: 'nowhere' },
  ],
  [
    'a tick that Scheduler could not deliver',
    'undelivered',
    JSON.stringify(tick),
    { what: 'schedule tick', goesTo: 'on-schedule', payload: JSON.stringify(tick) },
  ],
  [
    'a tick that its function could not take',
    'undelivered',
    JSON.stringify(failedInvocation(tick)),
    { goesTo: 'on-schedule', payload: JSON.stringify(tick) },
  ],
  [
    'an event of our own that the bus could not read, or not forward',
    'undelivered',
    JSON.stringify({ source: 'rundrop', 'detail-type': 'Run Completed', detail: {} }),
    { what: 'own event', about: expect.stringContaining('Run Completed'), goesTo: 'stays' },
  ],
  ['a reconciliation', 'undelivered', '{}', { what: 'background work', goesTo: 'nowhere' }],
  ['anything else', 'undelivered', '{"a":1}', { what: 'unreadable', goesTo: 'stays' }],
];

it.each(letters)('knows %s in the %s queue', (_, queue, body, expected) => {
  expect(readDeadLetter(queue, String(body))).toMatchObject(expected);
});
