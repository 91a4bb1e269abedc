/** Calls what a task asks for, and shapes the answer as the optimised integration does. */
import { createHash, randomUUID } from 'node:crypto';
import { AwsError } from '../aws-error.ts';
import type { JsonObject } from '../aws-json.ts';
import type { EventPort, LambdaOutcome, LambdaPort, QueuePort } from '../ports.ts';
import { StateFailure } from './failures.ts';
import { isObject } from './paths.ts';
import type { Integration } from './resources.ts';

export interface IntegrationPorts {
  readonly lambda: LambdaPort;
  readonly queues?: QueuePort | undefined;
  readonly events?: EventPort | undefined;
}

/** Who calls, for the Resources of events. */
export interface Caller {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly region: string;
}

export type Invoke = (integration: Integration, parameters: unknown, caller: Caller) => Promise<unknown>;

/** @returns a function that resolves to the task's result. It rejects with StateFailure only. */
export function createInvoke(ports: IntegrationPorts): Invoke {
  return async (integration, parameters, caller) => {
    try {
      return await call(integration, parameters, caller, ports);
    } catch (error) {
      throw error instanceof StateFailure ? error : refusal(integration, error);
    }
  };
}

async function call(
  integration: Integration,
  parameters: unknown,
  caller: Caller,
  ports: IntegrationPorts,
): Promise<unknown> {
  const given = isObject(parameters) ? parameters : {};
  switch (integration.kind) {
    case 'lambda-arn':
      return payloadOf(await ports.lambda.invoke(integration.arn, parameters));
    case 'lambda-invoke':
      return invokeLambda(given, ports.lambda);
    case 'sqs-send':
      return sendMessage(given, caller, wired(ports.queues, integration));
    case 'events-put':
      return putEvents(given, caller, wired(ports.events, integration));
    default:
      return integration.kind satisfies never;
  }
}

async function invokeLambda(parameters: JsonObject, lambda: LambdaPort): Promise<JsonObject> {
  const payload = payloadOf(await lambda.invoke(String(parameters.FunctionName), parameters.Payload ?? {}));
  return { ExecutedVersion: '$LATEST', Payload: payload, ...metadata(), StatusCode: 200 };
}

function payloadOf(outcome: LambdaOutcome): unknown {
  if (outcome.kind === 'returned') return outcome.payload ?? null;
  throw new StateFailure(outcome.payload.errorType, JSON.stringify(outcome.payload));
}

async function sendMessage(parameters: JsonObject, caller: Caller, queues: QueuePort): Promise<JsonObject> {
  const body =
    typeof parameters.MessageBody === 'string' ? parameters.MessageBody : JSON.stringify(parameters.MessageBody ?? '');
  const { MessageGroupId: group, MessageDeduplicationId: deduplication } = parameters;
  await queues.send(queueArn(String(parameters.QueueUrl), caller.region), body, {
    ...(group === undefined ? {} : { messageGroupId: String(group) }),
    ...(deduplication === undefined ? {} : { messageDeduplicationId: String(deduplication) }),
  });
  return { MD5OfMessageBody: createHash('md5').update(body).digest('hex'), ...metadata() };
}

function queueArn(queueUrl: string, region: string): string {
  const [account = '', name = ''] = queueUrl.split('/').slice(-2);
  if (!/^\d{12}$/.test(account) || name === '') {
    throw new StateFailure(
      'SQS.QueueDoesNotExistException',
      `QueueUrl ${JSON.stringify(queueUrl)} does not end in ACCOUNT/QUEUE.`,
    );
  }
  return `arn:aws:sqs:${region}:${account}:${name}`;
}

async function putEvents(parameters: JsonObject, caller: Caller, events: EventPort): Promise<JsonObject> {
  const entries = Array.isArray(parameters.Entries) ? parameters.Entries.filter(isObject) : [];
  for (const entry of entries) {
    const detail: unknown = typeof entry.Detail === 'string' ? JSON.parse(entry.Detail) : entry.Detail;
    const resources = Array.isArray(entry.Resources) ? entry.Resources.map(String) : [];
    await events.put({
      source: String(entry.Source ?? ''),
      detailType: String(entry.DetailType ?? ''),
      detail: isObject(detail) ? detail : {},
      resources: [...resources, caller.executionArn, caller.stateMachineArn],
      ...(entry.EventBusName === undefined ? {} : { busName: String(entry.EventBusName) }),
    });
  }
  return { Entries: entries.map(() => ({})), FailedEntryCount: 0, ...metadata() };
}

function metadata(): JsonObject {
  const requestId = randomUUID();
  return {
    SdkHttpMetadata: {
      AllHttpHeaders: { 'x-amzn-RequestId': [requestId] },
      HttpHeaders: { 'x-amzn-RequestId': requestId },
      HttpStatusCode: 200,
    },
    SdkResponseMetadata: { RequestId: requestId },
  };
}

function wired<Port>(port: Port | undefined, integration: Integration): Port {
  if (port !== undefined) return port;
  throw new StateFailure('States.Runtime', `${integration.resourceType} is not part of this laptop AWS.`);
}

/** The service's own error, with its name in front as AWS puts it: Lambda.ResourceNotFoundException. */
function refusal(integration: Integration, error: unknown): StateFailure {
  const prefix =
    { lambda: 'Lambda', sqs: 'SQS', events: 'EventBridge' }[integration.resourceType] ?? integration.resourceType;
  const code = error instanceof AwsError ? (error.code.split('.').at(-1) ?? error.code) : 'ServiceException';
  return new StateFailure(`${prefix}.${code}`, error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}
