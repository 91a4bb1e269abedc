import { expect, test } from 'vitest';
import { DROP_COLUMNS, dropCells, dropRow, type RunRow, runCells, waitingGatherRow } from '../../cli/rows.ts';

const AT = '2026-01-02T03:04:05.000Z';
const row: RunRow = {
  identity: 'i',
  createdAt: AT,
  route: 'single',
  name: 'single-0a1b2c3d',
  status: 'FAILED',
  attempt: 1,
  maxAttempts: 3,
  requestId: 'r',
};
const reasonOf = (why: Partial<RunRow>) => runCells({ ...row, ...why }, Date.parse(AT)).at(-1);

test('why a run failed is said once', () => {
  const failureReason = 'OUT_OF_MEMORY_ERROR';
  expect(reasonOf({ failureReason, reason: `${failureReason}: a task was killed` })).toBe(
    'OUT_OF_MEMORY_ERROR: a task was killed',
  );
  expect(reasonOf({ failureReason, reason: 'a task was killed' })).toBe('OUT_OF_MEMORY_ERROR: a task was killed');
  expect(reasonOf({ failureReason })).toBe('OUT_OF_MEMORY_ERROR');
  expect(reasonOf({ reason: 'its turn to start' })).toBe('its turn to start');
  expect(reasonOf({})).toBe('');
});

test('a drop is listed under the id by which events and reasons name it', () => {
  const drop = { bucket: 'b', key: 'k', etag: 'e', sizeBytes: 1, time: AT, receivedAt: AT, route: 'r' };
  const listed = dropRow({ ...drop, dropId: 'b3b915049dce5eaee3e66c8bcb60d593', state: 'GATHERING' });
  expect(listed).toMatchObject({ dropId: 'b3b915049dce5eaee3e66c8bcb60d593', object: 's3://b/k' });
  expect(dropCells(listed)[DROP_COLUMNS.findIndex(({ header }) => header === 'DROP')]).toBe('b3b915049dce');
});

test('a set that was released no longer says that it waits for its members', () => {
  const header = { gatherId: 'g', route: 'r', group: { sample: 'S' }, generation: 1, firstSeenAt: AT };
  const missing = ['a newer read=2, because another member changed after the set had started'];
  expect(waitingGatherRow({ ...header, missing }).waitingFor).toBe(missing[0]);
  expect(waitingGatherRow({ ...header, missing, released: true }).waitingFor).toMatch(/^the next reconciliation/);
});
