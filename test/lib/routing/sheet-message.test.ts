import { describe, expect, it } from 'vitest';
import { MalformedDropEvent, parseDropEvents } from '../../../lib/routing/drop-events.ts';
import { writeSheetMessage } from '../../../lib/routing/sheet-message.ts';

const dropId = '0123456789abcdef0123456789abcdef';

describe('a message for a part of a sheet', () => {
  it('is read as it was written, and holds ids only', () => {
    const body = writeSheetMessage({ dropId, part: 3 });
    expect(parseDropEvents(JSON.parse(body))).toEqual({ kind: 'sheet', part: { dropId, part: 3 } });
    expect(JSON.parse(body)).toEqual({ source: 'rundrop', 'detail-type': 'Sheet Part', detail: { dropId, part: 3 } });
  });

  it.each([
    ['another kind', { 'detail-type': 'Other', detail: { dropId, part: 0 } }],
    ['no detail', { 'detail-type': 'Sheet Part' }],
    ['another id', { 'detail-type': 'Sheet Part', detail: { dropId: '../x', part: 0 } }],
    ['no part', { 'detail-type': 'Sheet Part', detail: { dropId, part: -1 } }],
  ])('is malformed: %s', (_, event) => {
    expect(() => parseDropEvents({ source: 'rundrop', ...event })).toThrow(MalformedDropEvent);
  });
});
