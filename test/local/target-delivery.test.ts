import { describe, expect, it } from 'vitest';
import { AwsError } from '../../local/aws-error.ts';
import type { BusEvent, LambdaOutcome } from '../../local/ports.ts';
import { createTargetDelivery } from '../../local/target-delivery.ts';
import { FakeQueues } from '../support/fake-queues.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { testSurroundings } from '../support/service-server.ts';

const arn = (service: string, resource: string) => `arn:aws:${service}:us-east-1:000000000000:${resource}`;
const FUNCTION = arn('lambda', 'function:on-status');
const DEAD_LETTERS = arn('sqs', 'dlq');
const failing: LambdaOutcome = { kind: 'threw', payload: { errorType: 'Error', errorMessage: 'no' } };

function start(outcomes: Array<LambdaOutcome | Error> = []) {
  const clock = createManualClock();
  const surroundings = testSurroundings({ clock });
  const queues = new FakeQueues(clock, [{ arn: DEAD_LETTERS, visibilityTimeoutMs: 1_000 }]);
  const invoked: unknown[] = [];
  const executions: string[][] = [];
  const events: BusEvent[] = [];
  const lambda = {
    async invoke(_: string, payload: unknown): Promise<LambdaOutcome> {
      invoked.push(payload);
      const outcome = outcomes.shift() ?? { kind: 'returned', payload: null };
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
  };
  const targets = createTargetDelivery(surroundings, {
    lambda,
    queues,
    startExecution: async (...call) => executions.push(call),
    events: { put: async (event) => void events.push(event) },
  });
  return { targets, clock, queues, invoked, executions, events, reported: surroundings.reported };
}

describe('a function', () => {
  it('is not waited for', async () => {
    const { targets, invoked } = start();
    await targets.deliver({ arn: FUNCTION, input: '{"a":1}' });
    expect(invoked).toEqual([{ a: 1 }]);
  });

  it('is tried three times, then its dead-letter queue has the event', async () => {
    const { targets, clock, queues, invoked, reported } = start([failing, new Error('away'), failing]);
    await targets.deliver({ arn: FUNCTION, input: '{"a":1}', deadLetterArn: DEAD_LETTERS });
    await clock.advanceBy(10_000);
    expect(invoked).toHaveLength(3);
    expect(queues.bodies(DEAD_LETTERS)).toEqual(['{"a":1}']);
    expect(reported).toEqual([]);
  });

  it('that does not exist is not tried again, and the loss is reported', async () => {
    const { targets, clock, invoked, reported } = start([
      new AwsError('ResourceNotFoundException', 'no such function'),
    ]);
    await targets.deliver({ arn: FUNCTION, input: '{}' });
    await clock.advanceBy(10_000);
    expect(invoked).toHaveLength(1);
    expect(reported).toEqual([expect.stringMatching(/on-status failed .*no such function.*lost/)]);
  });

  it('is not tried again after closing', async () => {
    const { targets, clock, invoked, reported } = start([failing]);
    await targets.deliver({ arn: FUNCTION, input: '{}' });
    targets.close();
    await clock.advanceBy(10_000);
    expect(invoked).toHaveLength(1);
    expect(reported).toEqual([]);
  });
});

it('sends to queues, starts executions and puts events', async () => {
  const { targets, queues, executions, events } = start();
  await targets.deliver({ arn: DEAD_LETTERS, input: 'any text' });
  expect(queues.bodies(DEAD_LETTERS)).toEqual(['any text']);
  await targets.deliver({ arn: arn('states', 'stateMachine:run-lifecycle'), input: '{}' });
  expect(executions).toEqual([[arn('states', 'stateMachine:run-lifecycle'), '{}']]);
  const event = { source: 'acme', 'detail-type': 'Tick', detail: { a: 1 }, resources: ['r'] };
  await targets.deliver({ arn: arn('events', 'event-bus/lab'), input: JSON.stringify(event) });
  expect(events).toEqual([{ source: 'acme', detailType: 'Tick', detail: { a: 1 }, resources: ['r'], busName: 'lab' }]);
});

it.each([
  ['a queue that is not there', { arn: arn('sqs', 'none'), input: '{}' }, 'AWS.SimpleQueueService.NonExistentQueue'],
  ['an input for a function that is not JSON', { arn: FUNCTION, input: 'text' }, 'ValidationException'],
  ['an input for a bus that is no event', { arn: arn('events', 'event-bus/lab'), input: '{}' }, 'ValidationException'],
  ['a service to which it does not deliver', { arn: arn('sns', 'topic'), input: '{}' }, 'ValidationException'],
])('refuses %s', async (_, delivery, code) => {
  const { targets } = start();
  await expect(targets.deliver(delivery)).rejects.toMatchObject({ code });
});
