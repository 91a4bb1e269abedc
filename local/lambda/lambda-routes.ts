/** Lambda's API: invoking, and looking at what is declared. */

import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { invokeAsynchronously } from '../asynchronous-invoke.ts';
import { AwsError } from '../aws-error.ts';
import type { JsonObject } from '../aws-json.ts';
import type { Surroundings } from '../ports.ts';
import type { RestAnswer, RestRequest, RestRoute } from '../rest-json.ts';
import {
  type EventSourceDefinition,
  eventSourceUuid,
  type FunctionDefinition,
  type FunctionDirectory,
} from './function-definition.ts';
import type { FunctionSandbox } from './function-sandbox.ts';

export interface LambdaApi {
  readonly surroundings: Surroundings;
  readonly directory: FunctionDirectory;
  readonly sandbox: FunctionSandbox;
  readonly eventSources: readonly EventSourceDefinition[];
  readonly stopped: () => boolean;
}

export const SYNCHRONOUS_LIMIT_BYTES = 6 * 1024 * 1024;
const ASYNCHRONOUS_LIMIT_BYTES = 1024 * 1024;
/** Where functions stand when nothing was deployed: one fixed date. */
const LAST_MODIFIED = '2026-01-01T00:00:00.000+0000';

const FUNCTIONS = '/2015-03-31/functions';
const MAPPINGS = '/2015-03-31/event-source-mappings';
const ONE_FUNCTION = `${FUNCTIONS}/{FunctionName}`;

export function lambdaRoutes(api: LambdaApi): RestRoute[] {
  const find = ({ path: { FunctionName }, query }: RestRequest) =>
    api.directory.find(FunctionName ?? '', query.get('Qualifier'));
  return [
    {
      operation: 'Invoke',
      method: 'POST',
      path: `${ONE_FUNCTION}/invocations`,
      answer: (request) => invoke(api, find(request), request),
    },
    {
      operation: 'GetFunction',
      method: 'GET',
      path: ONE_FUNCTION,
      answer: (request) => ok(getFunction(api, find(request))),
    },
    {
      operation: 'GetFunctionConfiguration',
      method: 'GET',
      path: `${ONE_FUNCTION}/configuration`,
      answer: (request) => ok(configuration(api, find(request))),
    },
    {
      operation: 'ListFunctions',
      method: 'GET',
      path: FUNCTIONS,
      answer: () => ok({ Functions: api.directory.list().map((each) => configuration(api, each)) }),
    },
    {
      operation: 'ListEventSourceMappings',
      method: 'GET',
      path: MAPPINGS,
      answer: (request) => ok(listMappings(api, request)),
    },
    {
      operation: 'GetEventSourceMapping',
      method: 'GET',
      path: `${MAPPINGS}/{UUID}`,
      answer: (request) => ok(getMapping(api, request)),
    },
    ...NOT_OFFERED,
  ];
}

const NOT_OFFERED: readonly RestRoute[] = [
  { operation: 'CreateFunction', method: 'POST', path: FUNCTIONS },
  { operation: 'DeleteFunction', method: 'DELETE', path: ONE_FUNCTION },
  { operation: 'UpdateFunctionCode', method: 'PUT', path: `${ONE_FUNCTION}/code` },
  { operation: 'UpdateFunctionConfiguration', method: 'PUT', path: `${ONE_FUNCTION}/configuration` },
  { operation: 'PublishVersion', method: 'POST', path: `${ONE_FUNCTION}/versions` },
  { operation: 'ListVersionsByFunction', method: 'GET', path: `${ONE_FUNCTION}/versions` },
  { operation: 'CreateAlias', method: 'POST', path: `${ONE_FUNCTION}/aliases` },
  { operation: 'ListAliases', method: 'GET', path: `${ONE_FUNCTION}/aliases` },
  { operation: 'AddPermission', method: 'POST', path: `${ONE_FUNCTION}/policy` },
  { operation: 'GetPolicy', method: 'GET', path: `${ONE_FUNCTION}/policy` },
  { operation: 'CreateEventSourceMapping', method: 'POST', path: MAPPINGS },
  { operation: 'UpdateEventSourceMapping', method: 'PUT', path: `${MAPPINGS}/{UUID}` },
  { operation: 'DeleteEventSourceMapping', method: 'DELETE', path: `${MAPPINGS}/{UUID}` },
  { operation: 'InvokeAsync', method: 'POST', path: '/2014-11-13/functions/{FunctionName}/invoke-async' },
  {
    operation: 'InvokeWithResponseStream',
    method: 'POST',
    path: '/2021-11-15/functions/{FunctionName}/response-streaming-invocations',
  },
  { operation: 'PutFunctionConcurrency', method: 'PUT', path: '/2017-10-31/functions/{FunctionName}/concurrency' },
  {
    operation: 'PutFunctionEventInvokeConfig',
    method: 'PUT',
    path: '/2019-09-25/functions/{FunctionName}/event-invoke-config',
  },
];

function invoke(
  api: LambdaApi,
  definition: FunctionDefinition,
  request: RestRequest,
): RestAnswer | Promise<RestAnswer> {
  const type = String(request.headers['x-amz-invocation-type'] ?? 'RequestResponse');
  const payload = readPayload(request.body, type);
  if (type === 'DryRun') return { statusCode: 204 };
  if (type === 'RequestResponse')
    return invokeAndAnswer(api, definition, { payload, tail: request.headers['x-amz-log-type'] === 'Tail' });
  if (type === 'Event') {
    void invokeLater(api, definition, payload);
    return { statusCode: 202 };
  }
  throw userError('InvalidParameterValueException', `There is no invocation type ${type}.`, 400);
}

function readPayload(body: Buffer, type: string): string {
  if (type === 'Event' && body.length > ASYNCHRONOUS_LIMIT_BYTES) {
    const message = `Request must be smaller than ${ASYNCHRONOUS_LIMIT_BYTES} bytes for the InvokeFunction operation`;
    throw userError('RequestTooLargeException', message, 413);
  }
  const text = body.length === 0 ? '{}' : body.toString('utf8');
  try {
    JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw userError('InvalidRequestContentException', `Could not parse request body into json: ${reason}`, 400);
  }
  return text;
}

async function invokeAndAnswer(
  { sandbox }: LambdaApi,
  definition: FunctionDefinition,
  { payload, tail }: { payload: string; tail: boolean },
): Promise<RestAnswer> {
  const { outcome, logTail } = await sandbox.invoke(definition, payload);
  const body = JSON.stringify(outcome.payload) ?? 'null';
  const tooLarge = Buffer.byteLength(body) > SYNCHRONOUS_LIMIT_BYTES;
  const failed = tooLarge || outcome.kind === 'threw';
  return {
    statusCode: 200,
    headers: {
      'x-amz-executed-version': '$LATEST',
      ...(failed ? { 'x-amz-function-error': 'Unhandled' } : {}),
      ...(tail ? { 'x-amz-log-result': Buffer.from(logTail).toString('base64') } : {}),
    },
    body: tooLarge ? responseTooLarge() : body,
  };
}

function responseTooLarge(): JsonObject {
  return {
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: `Response payload size exceeded maximum allowed payload size (${SYNCHRONOUS_LIMIT_BYTES} bytes).`,
  };
}

async function invokeLater(
  { surroundings, sandbox, stopped }: LambdaApi,
  definition: FunctionDefinition,
  payload: string,
): Promise<void> {
  const failure = await invokeAsynchronously({
    lambda: { invoke: async () => (await sandbox.invoke(definition, payload)).outcome },
    clock: surroundings.clock,
    functionName: definition.name,
    payload,
    stopped,
  });
  if (failure !== undefined) {
    surroundings.report(
      `Lambda: an asynchronous invocation of ${definition.name} failed three times and is lost (${failure}).`,
    );
  }
}

function getFunction(api: LambdaApi, definition: FunctionDefinition): JsonObject {
  const location = pathToFileURL(definition.handlerFile).href;
  return {
    Configuration: configuration(api, definition),
    Code: { RepositoryType: 'local', Location: location },
    Tags: {},
  };
}

function configuration({ surroundings, directory }: LambdaApi, definition: FunctionDefinition): JsonObject {
  const { name, handlerFile, handlerExport, timeoutSeconds, memorySizeMb, environment } = definition;
  return {
    FunctionName: name,
    FunctionArn: directory.arn(name),
    Runtime: 'nodejs24.x',
    Role: `arn:aws:iam::${surroundings.accountId}:role/${name}`,
    Handler: `${path.basename(handlerFile, path.extname(handlerFile))}.${handlerExport}`,
    CodeSize: 0,
    Description: '',
    Timeout: timeoutSeconds,
    MemorySize: memorySizeMb,
    LastModified: LAST_MODIFIED,
    Version: '$LATEST',
    Environment: { Variables: environment },
    PackageType: 'Zip',
    Architectures: [process.arch === 'arm64' ? 'arm64' : 'x86_64'],
    State: 'Active',
    LastUpdateStatus: 'Successful',
  };
}

function listMappings(api: LambdaApi, { query }: RestRequest): JsonObject {
  const queueArn = query.get('EventSourceArn');
  const functionName = query.get('FunctionName');
  const name = functionName === null ? undefined : api.directory.find(functionName).name;
  const sources = api.eventSources.filter(
    (source) =>
      (queueArn === null || source.queueArn === queueArn) && (name === undefined || source.functionName === name),
  );
  return { EventSourceMappings: sources.map((source) => mapping(api, source)) };
}

function getMapping(api: LambdaApi, { path: { UUID } }: RestRequest): JsonObject {
  const source = api.eventSources.find((each) => eventSourceUuid(each) === UUID);
  if (source !== undefined) return mapping(api, source);
  throw userError('ResourceNotFoundException', 'The resource you requested does not exist.', 404);
}

function mapping({ directory }: LambdaApi, source: EventSourceDefinition): JsonObject {
  return {
    UUID: eventSourceUuid(source),
    EventSourceArn: source.queueArn,
    FunctionArn: directory.arn(source.functionName),
    BatchSize: source.batchSize,
    MaximumBatchingWindowInSeconds: source.maximumBatchingWindowSeconds ?? 0,
    FunctionResponseTypes: source.reportBatchItemFailures ? ['ReportBatchItemFailures'] : [],
    State: 'Enabled',
    StateTransitionReason: 'USER_INITIATED',
    ...(source.maximumConcurrency === undefined
      ? {}
      : { ScalingConfig: { MaximumConcurrency: source.maximumConcurrency } }),
  };
}

function ok(body: JsonObject): RestAnswer {
  return { statusCode: 200, body };
}

function userError(code: string, message: string, statusCode: number): AwsError {
  return new AwsError(code, message, { statusCode, members: { Type: 'User' } });
}
