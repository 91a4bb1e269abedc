import { expect, it } from 'vitest';
import { doneMessages } from '../../../local/lambda/batch-outcome.ts';
import type { QueueMessage } from '../../../local/ports.ts';

function message(messageId: string, group?: string): QueueMessage {
  const attributes = group === undefined ? {} : { MessageGroupId: group };
  return {
    messageId,
    receiptHandle: `handle-${messageId}`,
    body: '',
    attributes,
    messageAttributes: {},
    md5OfBody: '',
  };
}

function done(
  messages: readonly QueueMessage[],
  payload: unknown,
  rules: { report?: boolean; fifo?: boolean } = {},
): string[] {
  const { report = true, fifo = false } = rules;
  const outcome = { kind: 'returned' as const, payload };
  return doneMessages(messages, outcome, { reportBatchItemFailures: report, fifo }).map(({ messageId }) => messageId);
}

const failing = (...ids: unknown[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) });
const batch = [message('1'), message('2'), message('3')];

it.each([
  ['no failures', failing(), ['1', '2', '3']],
  ['null', null, ['1', '2', '3']],
  ['an empty object', {}, ['1', '2', '3']],
  ['a null list', { batchItemFailures: null }, ['1', '2', '3']],
  ['one failure', failing('2'), ['1', '3']],
  ['all failures', failing('1', '2', '3'), []],
  ['a null identifier', failing('1', null), []],
  ['an empty identifier', failing(''), []],
  ['an identifier under another name', { batchItemFailures: [{ id: '1' }] }, []],
  ['an identifier that is not of the batch', failing('9'), []],
  ['a list that is none', { batchItemFailures: '1' }, []],
  ['a text', 'fine', []],
  ['a list', [], []],
])('after an answer with %s the right messages are done', (_, payload, expected) => {
  expect(done(batch, payload)).toEqual(expected);
});

it('takes any answer for success where failures of single messages are not reported', () => {
  expect(done(batch, failing('2'), { report: false })).toEqual(['1', '2', '3']);
});

it('takes an error for the failure of all', () => {
  const outcome = { kind: 'threw' as const, payload: { errorType: 'Error', errorMessage: '' } };
  expect(doneMessages(batch, outcome, { reportBatchItemFailures: false, fifo: false })).toEqual([]);
});

it('keeps what follows a failed message in its FIFO group, and no more', () => {
  const groups = [message('a1', 'a'), message('b1', 'b'), message('a2', 'a'), message('a3', 'a'), message('b2', 'b')];
  expect(done(groups, failing('a2'), { fifo: true })).toEqual(['a1', 'b1', 'b2']);
});
