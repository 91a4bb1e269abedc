import { writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  CreateFunctionCommand,
  GetEventSourceMappingCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  type InvokeCommandInput,
  LambdaClient,
  ListEventSourceMappingsCommand,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createLambdaHost,
  type FunctionDefinition,
  type LambdaHostOptions,
} from '../../../local/lambda/lambda-host.ts';
import { serve, testSurroundings, until } from '../../support/service-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const FIXTURES = path.join(import.meta.dirname, 'fixtures');
const stops: Array<() => Promise<void>> = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

function fixture(name: string, file: string, overrides: Partial<FunctionDefinition> = {}): FunctionDefinition {
  const handlerFile = path.join(FIXTURES, file);
  return {
    name,
    handlerFile,
    handlerExport: 'handler',
    timeoutSeconds: 10,
    memorySizeMb: 128,
    environment: {},
    ...overrides,
  };
}

function brokenFile(source: string): string {
  const file = path.join(temporaryFolder(), 'handler.ts');
  writeFileSync(file, source);
  return file;
}

const echo = fixture('echo', 'echo.ts', { environment: { TABLE: 'ledger' } });
const faults = fixture('faults', 'faults.ts', { timeoutSeconds: 0.3 });

async function start(functions: readonly FunctionDefinition[], options: Partial<LambdaHostOptions> = {}) {
  const surroundings = testSurroundings();
  const lines: string[] = [];
  const log = (name: string | undefined, line: string) => void lines.push(`${name ?? '-'} ${line}`);
  const host = createLambdaHost(surroundings, { functions, log, ...options });
  const served = await serve(host);
  stops.push(served.stop);
  const client = new LambdaClient(served.client);
  const invoke = async (FunctionName: string, event: unknown, input: Partial<InvokeCommandInput> = {}) => {
    const answer = await client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), ...input }));
    const text = answer.Payload?.transformToString() ?? '';
    return { ...answer, result: text === '' ? undefined : (JSON.parse(text) as unknown) };
  };
  return { host, client, invoke, lines, reported: surroundings.reported };
}

describe('Invoke', () => {
  it('runs the handler file with its event, context and environment', async () => {
    const { invoke } = await start([echo], {
      sharedEnvironment: () => ({ AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }),
    });
    const answer = await invoke('echo', { n: 1 });
    expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
    expect(answer.FunctionError).toBeUndefined();
    expect(answer.result).toEqual({
      event: { n: 1 },
      functionName: 'echo',
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:echo',
      memory: '128',
      logGroup: '/aws/lambda/echo',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      remainingMs: expect.any(Number),
      environment: {
        AWS_REGION: 'us-east-1',
        AWS_LAMBDA_FUNCTION_NAME: 'echo',
        AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
        TABLE: 'ledger',
      },
    });
  });

  it.each([
    'arn:aws:lambda:us-east-1:000000000000:function:echo',
    '000000000000:function:echo',
    'function:echo',
    'echo:$LATEST',
  ])('finds the function by %s', async (name) => {
    const { invoke } = await start([echo]);
    expect((await invoke(name, {})).result).toMatchObject({ functionName: 'echo' });
  });

  it.each(['none', 'echo:1', 'arn:aws:lambda:eu-west-1:000000000000:function:echo'])(
    'finds no function by %s',
    async (name) => {
      const { invoke } = await start([echo]);
      await expect(invoke(name, {})).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    },
  );

  it('gives null for a function that returns nothing, and an empty event for no payload', async () => {
    const { client, invoke } = await start([echo, { ...echo, name: 'nothing', handlerExport: 'nothing' }]);
    expect((await invoke('nothing', {})).result).toBeNull();
    const answer = await client.send(new InvokeCommand({ FunctionName: 'echo' }));
    expect(JSON.parse(answer.Payload?.transformToString() ?? '')).toMatchObject({ event: {} });
  });

  it('answers a dry run without running anything', async () => {
    const { invoke, lines } = await start([{ ...echo, handlerExport: 'print' }]);
    expect((await invoke('echo', { words: 'x' }, { InvocationType: 'DryRun' })).StatusCode).toBe(204);
    expect(lines).toEqual([]);
  });

  it('refuses a payload that is not JSON or is too large', async () => {
    const { client, invoke } = await start([echo]);
    const broken = client.send(new InvokeCommand({ FunctionName: 'echo', Payload: Buffer.from('{') }));
    await expect(broken).rejects.toMatchObject({ name: 'InvalidRequestContentException' });
    const large = invoke('echo', 'x'.repeat(1024 * 1024), { InvocationType: 'Event' });
    await expect(large).rejects.toMatchObject({ name: 'RequestTooLargeException' });
  });

  it('gives the tail of the log when asked, and each line to the log with its function', async () => {
    const { invoke, lines } = await start([{ ...echo, handlerExport: 'print' }]);
    const answer = await invoke('echo', { words: 'hello' }, { LogType: 'Tail' });
    const tail = Buffer.from(answer.LogResult ?? '', 'base64').toString('utf8');
    expect(tail).toMatch(/^START RequestId: [^\n]+\nout hello\nerr hello\nrest hello\nEND [^\n]+\nREPORT /);
    expect(lines).toEqual(['echo out hello', 'echo err hello', 'echo rest hello']);
  });
});

describe('a function that fails', () => {
  const exited = {
    errorType: 'Runtime.ExitError',
    errorMessage: expect.stringMatching(/Runtime exited with error: exit status/),
  };
  it.each([
    [
      'by throwing',
      'throw',
      {
        errorType: 'DropRefusedError',
        errorMessage: 'the drop is refused',
        trace: expect.arrayContaining(['DropRefusedError: the drop is refused']),
      },
    ],
    ['by throwing no error', 'throw text', { errorType: 'string', errorMessage: 'just a text' }],
    ['by returning what is no JSON', 'circle', { errorType: 'Runtime.MarshalError' }],
    ['by ending its process', 'exit', exited],
    ['by an error that nobody catches', 'crash', exited],
    [
      'by never ending',
      'never',
      { errorType: 'Sandbox.Timedout', errorMessage: expect.stringMatching(/Task timed out after 0.30 seconds$/) },
    ],
    ['by returning too much', 'large', { errorType: 'Function.ResponseSizeTooLarge' }],
  ])('%s is answered as Unhandled', async (_, fault, expected) => {
    const { invoke } = await start([fault === 'never' ? faults : { ...faults, timeoutSeconds: 10 }]);
    const answer = await invoke('faults', { fault });
    expect(answer).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(answer.result).toMatchObject(expected);
  });

  it('takes the invocations beside it along when the process ends, and the next has a new one', async () => {
    const { host } = await start([echo, { ...faults, timeoutSeconds: 10 }]);
    const beside = host.invoke('faults', { fault: 'never' });
    await host.invoke('echo', {});
    await host.invoke('faults', { fault: 'exit' });
    expect(await beside).toMatchObject({ kind: 'threw', payload: { errorType: 'Runtime.ExitError' } });
    expect(await host.invoke('echo', { again: true })).toMatchObject({
      kind: 'returned',
      payload: { event: { again: true } },
    });
  });

  it('is replaced when it eats all memory', async () => {
    const { host } = await start([echo, { ...faults, timeoutSeconds: 30 }]);
    expect(await host.invoke('faults', { fault: 'memory' })).toMatchObject({
      kind: 'threw',
      payload: { errorType: 'Runtime.ExitError' },
    });
    expect(await host.invoke('echo', {})).toMatchObject({ kind: 'returned' });
  });

  it('is ended with its worker when it blocks the event loop beyond its timeout', async () => {
    const { host } = await start([echo, faults]);
    await host.invoke('echo', {});
    expect(await host.invoke('faults', { fault: 'block' })).toMatchObject({
      payload: { errorType: 'Sandbox.Timedout' },
    });
    expect(await host.invoke('echo', {})).toMatchObject({ payload: { errorType: 'Runtime.ExitError' } });
    expect(await host.invoke('echo', {})).toMatchObject({ kind: 'returned' });
  });

  it.each([
    ['a file that is not there', () => fixture('f', 'none.ts'), 'Runtime.ImportModuleError'],
    [
      'an import that is not there',
      () => ({ ...fixture('f', ''), handlerFile: brokenFile("import './none.ts';") }),
      'Runtime.ImportModuleError',
    ],
    [
      'a file that is no TypeScript',
      () => ({ ...fixture('f', ''), handlerFile: brokenFile('export const = ;') }),
      'Runtime.UserCodeSyntaxError',
    ],
    ['no such export', () => fixture('f', 'echo.ts', { handlerExport: 'other' }), 'Runtime.HandlerNotFound'],
    [
      'an export that is no function',
      () => fixture('f', 'echo.ts', { handlerExport: 'notAFunction' }),
      'Runtime.HandlerNotFound',
    ],
  ])('for %s says so', async (_, definition, errorType) => {
    const { host } = await start([definition()]);
    expect(await host.invoke('f', {})).toMatchObject({ kind: 'threw', payload: { errorType } });
  });
});

it('reports a function that fails, once for each kind of error', async () => {
  const { host, reported } = await start([faults]);
  for (const fault of ['throw', 'throw', 'never']) await host.invoke('faults', { fault });
  expect(reported).toEqual([
    expect.stringContaining('faults failed, DropRefusedError: the drop is refused'),
    expect.stringContaining('faults failed, Sandbox.Timedout'),
  ]);
});

it('runs invocations side by side without mixing their logger keys', async () => {
  const { host, lines } = await start([fixture('logged', 'logged.ts')]);
  const drops = ['a', 'b', 'c'];
  const outcomes = await Promise.all(
    drops.map((drop, index) => host.invoke('logged', { drop, waitMs: 30 - index * 10 })),
  );
  const logged = lines.map((line) => JSON.parse(line.slice('logged '.length)) as Record<string, unknown>);
  for (const [index, drop] of drops.entries()) {
    const own = logged.find((entry) => entry.drop === drop) ?? {};
    expect(own.function_request_id).toBe(outcomes[index]?.payload);
    expect(own).toMatchObject({ release: '1', function_name: 'logged' });
    expect(Object.keys(own).filter((key) => key.startsWith('drop_'))).toEqual([`drop_${drop}`]);
  }
});

describe('an asynchronous invocation', () => {
  const flaky = { ...faults, name: 'flaky', handlerExport: 'flaky', timeoutSeconds: 10 };

  it('is taken at once and tried again', async () => {
    const { invoke, lines } = await start([flaky]);
    expect((await invoke('flaky', { id: 'x', failures: 1 }, { InvocationType: 'Event' })).StatusCode).toBe(202);
    await until(() => lines.includes('flaky x succeeded at attempt 2'));
  });
});

describe('what is declared', () => {
  const source = {
    queueArn: 'arn:aws:sqs:us-east-1:000000000000:drops',
    functionName: 'echo',
    batchSize: 10,
    maximumConcurrency: 2,
    reportBatchItemFailures: true,
    fifo: false,
  };

  it('is described and listed', async () => {
    const { client } = await start([faults, echo], { eventSources: [source] });
    const listed = await client.send(new ListFunctionsCommand({}));
    expect(listed.Functions?.map(({ FunctionName }) => FunctionName)).toEqual(['echo', 'faults']);
    const one = await client.send(new GetFunctionConfigurationCommand({ FunctionName: 'echo' }));
    expect(one).toMatchObject({
      Handler: 'echo.handler',
      Timeout: 10,
      MemorySize: 128,
      Environment: { Variables: { TABLE: 'ledger' } },
    });
    expect((await client.send(new GetFunctionCommand({ FunctionName: 'echo' }))).Configuration?.State).toBe('Active');
    const { EventSourceMappings: mappings } = await client.send(
      new ListEventSourceMappingsCommand({ FunctionName: 'echo' }),
    );
    expect(mappings).toMatchObject([
      { BatchSize: 10, FunctionResponseTypes: ['ReportBatchItemFailures'], ScalingConfig: { MaximumConcurrency: 2 } },
    ]);
    const mapping = await client.send(new GetEventSourceMappingCommand({ UUID: mappings?.[0]?.UUID }));
    expect(mapping.EventSourceArn).toBe(source.queueArn);
  });

  it('cannot be changed, and the refusal names the operation', async () => {
    const { client } = await start([echo]);
    const create = new CreateFunctionCommand({ FunctionName: 'f', Role: 'arn:aws:iam::000000000000:role/r', Code: {} });
    await expect(client.send(create)).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringMatching(/CreateFunction is not offered by Lambda/),
    });
  });

  it('must agree about environment variables', () => {
    const other = { ...faults, environment: { TABLE: 'other' } };
    expect(() => createLambdaHost(testSurroundings(), { functions: [echo, other] })).toThrow(
      expect.objectContaining({ name: 'EnvironmentConflictError', variable: 'TABLE' }),
    );
  });
});

it('closes within a moment though an invocation never ends', async () => {
  const { host } = await start([{ ...faults, timeoutSeconds: 60 }, echo]);
  const never = host.invoke('faults', { fault: 'never' });
  await host.invoke('echo', {});
  await host.close();
  expect(await never).toMatchObject({ payload: { errorType: 'Runtime.ExitError' } });
  await expect(host.invoke('echo', {})).rejects.toMatchObject({ code: 'ServiceException' });
});
