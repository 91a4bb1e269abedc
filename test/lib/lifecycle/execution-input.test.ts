import { describe, expect, it } from 'vitest';
import { InvalidInput, parseExecutionInput } from '../../../lib/lifecycle/execution-input.ts';

describe('input of an execution', () => {
  it('takes a StartRun request, a run id, or a request of the ledger', () => {
    expect(parseExecutionInput({ run: { workflowId: '1' } })).toEqual({ kind: 'run', run: { workflowId: '1' } });
    expect(parseExecutionInput({ runId: '1234567' })).toEqual({ kind: 'runId', runId: '1234567' });
    const drop = { bucket: 'b', key: 'k', versionId: 'v' };
    expect(parseExecutionInput({ drop })).toEqual({ kind: 'drop', drop });
    expect(parseExecutionInput({ request: 'abc' })).toEqual({ kind: 'request', identity: 'abc' });
  });

  it('takes what RecordOutcome says when another attempt is due', () => {
    const answer = { request: 'abc', next: 'retry', attempt: 2, retryAfterSeconds: 3 };
    expect(parseExecutionInput(answer)).toEqual({ kind: 'request', identity: 'abc' });
  });

  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    ['nothing', undefined, /is undefined, not an object/],
    ['a text', 'run', /is the text "run", not an object/],
    ['a list', [], /is a list, not an object/],
    ['null', null, /is null, not an object/],
    ['an empty object', {}, /has no members/],
    ['other members', { Comment: 'Insert your JSON here' }, /has only "Comment"/],
    ['a member that is almost one', { Drop: {} }, /has only "Drop" \(did you mean drop\?\)\. Accepted/],
    ['a drop that is a text', { drop: 's3://b/k' }, /drop is the text "s3:\/\/b\/k"/],
    ['a drop without its key', { drop: { bucket: 'b' } }, /drop has no key/],
    [
      'a drop with a member that is almost one',
      { drop: { bucket: 'b', Key: 'k' } },
      /"Key" \(did you mean key\?\)\. Accepted/,
    ],
    ['a drop with a wrong member', { drop: { bucket: 'b', key: 7 } }, /has a key that is 7/],
    ['a drop and a run', { run: {}, drop: {} }, /has both run and drop/],
    ['both', { run: {}, runId: '1' }, /has both run and runId/],
    ['a run that is no object', { run: 'x' }, /run is the text "x"/],
    ['a run id that is a number', { runId: 1234567 }, /runId is 1234567/],
    ['a run id that is no id', { runId: 'arn:x' }, /runId is the text "arn:x"/],
  ];
  for (const [name, input, message] of wrong) {
    it(`refuses ${name} and says what is accepted`, () => {
      expect(() => parseExecutionInput(input)).toThrow(InvalidInput);
      expect(() => parseExecutionInput(input)).toThrow(message);
      expect(() => parseExecutionInput(input)).toThrow(/Accepted are \{"run".*"runId".*\{"drop": \{"bucket"/);
    });
  }
});
