/** Delivers to the targets of rules and schedules by the service in their ARN. */
import { invokeAsynchronously } from './asynchronous-invoke.ts';
import { AwsError } from './aws-error.ts';
import type { BusEvent, EventPort, LambdaPort, QueuePort, Surroundings, TargetDelivery, TargetPort } from './ports.ts';

export interface TargetServices {
  readonly lambda: LambdaPort;
  readonly queues: QueuePort;
  /** Starts an execution under a name of its own; `input` is JSON text. */
  readonly startExecution: (stateMachineArn: string, input: string) => Promise<unknown>;
  readonly events: EventPort;
}

export interface TargetDispatcher extends TargetPort {
  /** Asynchronous invocations are not tried again from now on. */
  close(): void;
}

/**
 * A function is invoked asynchronously: `deliver` resolves before it has run, and what fails three times goes to the
 * delivery's dead-letter queue, or is reported as lost.
 */
export function createTargetDelivery(surroundings: Surroundings, services: TargetServices): TargetDispatcher {
  let closed = false;
  const stopped = () => closed;
  return {
    async deliver(delivery) {
      const service = delivery.arn.split(':')[2];
      switch (service) {
        case 'lambda':
          void invokeFunction(surroundings, services, delivery, stopped, parseInput(delivery));
          return;
        case 'sqs':
          return await sendToQueue(services, delivery);
        case 'states':
          await services.startExecution(delivery.arn, delivery.input);
          return;
        case 'events':
          return await services.events.put(readBusEvent(delivery));
        default:
          throw new AwsError('ValidationException', `This laptop AWS delivers to no target like ${delivery.arn}.`);
      }
    },
    close() {
      closed = true;
    },
  };
}

async function invokeFunction(
  { clock, report }: Surroundings,
  { lambda, queues }: TargetServices,
  { arn, input, deadLetterArn }: TargetDelivery,
  stopped: () => boolean,
  payload: unknown,
): Promise<void> {
  const failure = await invokeAsynchronously({ lambda, clock, functionName: arn, payload, stopped });
  if (failure === undefined) return;
  const what = `Lambda: an asynchronous invocation of ${arn} failed (${failure})`;
  if (deadLetterArn === undefined)
    return report(`${what}; its event is lost, for the target has no dead-letter queue.`);
  try {
    await queues.send(deadLetterArn, input);
  } catch (error) {
    report(
      `${what}, and its dead-letter queue ${deadLetterArn} did not take it either (${String(error)}); its event is lost.`,
    );
  }
}

async function sendToQueue({ queues }: TargetServices, { arn, input, messageGroupId }: TargetDelivery): Promise<void> {
  await queues.send(arn, input, messageGroupId === undefined ? {} : { messageGroupId });
}

/** An event for a bus comes as its JSON envelope: source, detail-type, detail, resources. */
function readBusEvent(delivery: TargetDelivery): BusEvent {
  const event = parseInput(delivery);
  const members = isObject(event) ? event : {};
  const { source, 'detail-type': detailType, detail, resources } = members;
  if (typeof source !== 'string' || typeof detailType !== 'string' || !isObject(detail)) {
    throw new AwsError(
      'ValidationException',
      `The input for ${delivery.arn} is no event: it needs source, detail-type and detail.`,
    );
  }
  return {
    source,
    detailType,
    detail,
    resources: Array.isArray(resources) ? resources.map(String) : [],
    busName: delivery.arn.replace(/^.*:event-bus\//, ''),
  };
}

function parseInput({ arn, input }: TargetDelivery): unknown {
  try {
    return JSON.parse(input);
  } catch (error) {
    throw new AwsError('ValidationException', `The input for ${arn} is not JSON.`, { cause: error });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
