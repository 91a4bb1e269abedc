import { expect, it } from 'vitest';
import { Journal } from '../../../local/omics/journal.ts';
import { RequestMemory, tokenOf } from '../../../local/omics/request-memory.ts';
import { DEFAULT_SWITCHES } from '../../../local/omics/settings.ts';

const request = (number: number, atMs = number) => ({
  token: tokenOf('StartRun', `request-${number}`),
  fingerprint: tokenOf('print', String(number)),
  atMs,
  made: [number, String(1_000_000 + number), crypto.randomUUID()],
});

function memory(requestIdMemorySeconds = 10) {
  return new RequestMemory({ ...DEFAULT_SWITCHES, requestIdMemorySeconds }, new Journal());
}

it('remembers thousands of requests of runs, and gives back what each made', () => {
  const remembered = memory(1_000);
  const requests = Array.from({ length: 5_000 }, (_, number) => request(number));
  for (const each of requests) remembered.remember(each);
  for (const each of requests) expect(remembered.recall(each.token, each.fingerprint, 5_000)).toEqual(each);
  expect(remembered.recall(tokenOf('StartRun', 'another'), '', 5_000)).toBeUndefined();
  expect([...remembered.snapshot()]).toHaveLength(5_000);
});

it('forgets the oldest when their time is over, and only those', () => {
  const remembered = memory();
  const requests = Array.from({ length: 30 }, (_, number) => request(number, number * 1_000));
  for (const each of requests) remembered.remember(each);
  const known = requests.filter((each) => remembered.recall(each.token, each.fingerprint, 30_000) !== undefined);
  expect(known).toEqual(requests.slice(20));
});

it('answers the latest of two requests with one token', () => {
  const remembered = memory();
  const first = request(1, 0);
  remembered.remember(first);
  const second = { ...request(2, 1), token: first.token, fingerprint: first.fingerprint };
  remembered.remember(second);
  expect(remembered.recall(first.token, first.fingerprint, 2)).toEqual(second);
});
