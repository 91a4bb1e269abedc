import { connect } from 'node:net';
import { StartRunCommand } from '@aws-sdk/client-omics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { omicsModel } from '../../../local/omics/protocol/model.ts';
import { germlineRequest, type Laptop, startLaptop } from './harness.ts';

let laptop: Laptop;
beforeAll(async () => {
  laptop = await startLaptop();
});
afterAll(() => laptop.stop());

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly requestId: string | null;
  readonly body: string;
}

async function call(
  method: string,
  path: string,
  body?: string | Buffer,
  contentType = 'application/json',
): Promise<Answer> {
  const response = await fetch(`${laptop.endpoint}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: new Uint8Array(Buffer.from(body)), headers: { 'content-type': contentType } }),
  });
  return {
    status: response.status,
    type: response.headers.get('x-amzn-errortype'),
    requestId: response.headers.get('x-amzn-requestid'),
    body: await response.text(),
  };
}

const start = (members: object) => call('POST', '/run', JSON.stringify({ ...germlineRequest(), ...members }));

describe('validation', () => {
  it('names the member and the rule, with the type in the header and the message in the body', async () => {
    const answer = await start({ roleArn: 'not-an-arn' });
    expect(answer).toMatchObject({ status: 400, type: 'ValidationException' });
    expect(answer.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.parse(answer.body)).toEqual({
      message:
        "1 validation error detected: Value 'not-an-arn' at 'roleArn' failed to satisfy constraint: " +
        'Member must satisfy regular expression pattern: arn:.+',
    });
  });

  it.each([
    [
      'a missing required member',
      { outputUri: undefined },
      "null at 'outputUri' failed to satisfy constraint: Member must not be null",
    ],
    ['a text that is too long', { name: 'x'.repeat(129) }, 'Member must have length less than or equal to 128'],
    ['a text that is too short', { name: '' }, 'Member must have length greater than or equal to 1'],
    [
      'a control character',
      { name: 'a\u0007' },
      "at 'name' failed to satisfy constraint: Member must satisfy regular expression",
    ],
    ['an unknown enum value', { retentionMode: 'KEEP' }, 'Member must satisfy enum value set: [RETAIN, REMOVE]'],
    ['a number above its range', { priority: 100_001 }, 'Member must have value less than or equal to 100000'],
    ['a number below its range', { priority: -1 }, 'Member must have value greater than or equal to 0'],
    [
      'a number that is no integer',
      { priority: 1.5 },
      "at 'priority' failed to satisfy constraint: Member must be an integer",
    ],
    ['a number for a text', { name: 5 }, "at 'name' failed to satisfy constraint: Member must be a string"],
    ['a list for a map', { tags: ['a'] }, "at 'tags' failed to satisfy constraint: Member must be an object"],
    [
      'a null tag value',
      { tags: { a: null } },
      "at 'tags.a.member' failed to satisfy constraint: Member must not be null",
    ],
    ['a tag value that is too long', { tags: { a: 'x'.repeat(257) } }, "at 'tags.a.member'"],
  ])('refuses %s', async (_, members, message) => {
    const answer = await start(members);
    expect(answer).toMatchObject({ status: 400, type: 'ValidationException' });
    expect(JSON.parse(answer.body).message).toContain(message);
  });

  it('counts all broken rules', async () => {
    const answer = await start({ name: '', priority: -1, logLevel: 'LOUD' });
    expect(JSON.parse(answer.body).message).toMatch(/^3 validation errors detected: /);
  });

  it('checks query members and path labels', async () => {
    for (const path of [
      '/run?maxResults=0',
      '/run?maxResults=101',
      '/run?maxResults=ten',
      '/run?status=DONE',
      '/run/abc',
      '/run/',
    ]) {
      expect(await call('GET', path), path).toMatchObject({ status: 400, type: 'ValidationException' });
    }
  });

  it('counts code points, not code units', async () => {
    expect(await start({ name: '😀'.repeat(128) })).toMatchObject({ status: 201 });
  });

  it('ignores members that it does not know', async () => {
    expect(await start({ somethingNew: true })).toMatchObject({ status: 201 });
  });

  it('keeps members that are newer than the client', async () => {
    const { id } = JSON.parse((await start({ scratchStorageMode: 'LOCAL' })).body);
    expect(JSON.parse((await call('GET', `/run/${id}`)).body)).toMatchObject({ scratchStorageMode: 'LOCAL' });
  });

  it('takes keys such as __proto__ as plain tag keys', async () => {
    const body = JSON.stringify(germlineRequest()).replace(/\}$/, ',"tags":{"__proto__":"x","constructor":"y"}}');
    const { id } = JSON.parse((await call('POST', '/run', body)).body);
    expect((await call('GET', `/run/${id}`)).body).toContain('"tags":{"__proto__":"x","constructor":"y"}');
  });
});

describe('requests that are no requests', () => {
  it('answers a body that is not JSON, or not an object, with SerializationException', async () => {
    for (const body of ['{', 'null', '[]', '"text"', Buffer.from([0xff, 0xfe, 0x00])]) {
      expect(await call('POST', '/run', body)).toMatchObject({ status: 400, type: 'SerializationException' });
    }
  });

  it('answers an empty body with the members that are missing', async () => {
    expect(await call('POST', '/run', '')).toMatchObject({ status: 400, type: 'ValidationException' });
  });

  it('answers another content type with 415', async () => {
    const answer = await call('POST', '/run', '<run/>', 'text/xml');
    expect(answer).toMatchObject({ status: 415, type: 'UnsupportedMediaTypeException' });
  });

  it('answers a body of 10 MB with 413, and lives on', async () => {
    const answer = await call('POST', '/run', Buffer.alloc(10 * 1024 * 1024, 0x20));
    expect(answer).toMatchObject({ status: 413, type: 'RequestEntityTooLargeException' });
    expect(await call('GET', '/run')).toMatchObject({ status: 200 });
  });

  it('answers JSON that is nested without end', async () => {
    const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    const answer = await call(
      'POST',
      '/run',
      JSON.stringify(germlineRequest()).replace(/\}$/, `,"engineSettings":${deep}}`),
    );
    expect(answer).toMatchObject({ status: 400, type: 'ValidationException' });
  });

  it('answers a path or method that does not exist with 404', async () => {
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/runs'],
      ['PUT', '/run'],
      ['GET', '/run/1/2/3/4'],
      ['GET', `/${'x'.repeat(9000)}`],
    ] as const) {
      expect(await call(method, path)).toMatchObject({ status: 404, type: 'UnknownOperationException' });
    }
  });

  it('answers garbage in percent-encoding', async () => {
    expect(await call('GET', '/run/%E0%A4%A')).toMatchObject({ status: 400, type: 'ValidationException' });
    expect((await call('GET', '/run?name=%E0%A4%A')).status).toBeLessThan(500);
  });

  it('names an operation of HealthOmics that it does not offer', async () => {
    const answer = await call('POST', '/sequencestore', '{}');
    expect(answer).toMatchObject({ status: 501, type: 'UnknownOperationException' });
    expect(JSON.parse(answer.body).message).toContain('CreateSequenceStore');
  });

  it('survives a client that leaves in the middle of its body', async () => {
    const { hostname, port } = new URL(laptop.endpoint);
    const socket = connect(Number(port), hostname);
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.write('POST /run HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"a"');
    socket.destroy();
    expect(await call('GET', '/run')).toMatchObject({ status: 200 });
  });
});

describe('the model', () => {
  it('has patterns that JavaScript takes, and an answer below 500 for every operation', async () => {
    const { operations, shapes } = omicsModel();
    expect(Object.keys(operations)).toHaveLength(41);
    for (const shape of Object.values(shapes))
      if (shape.pattern !== undefined) new RegExp(`^(?:${shape.pattern})$`, 'u');
    for (const [name, operation] of Object.entries(operations)) {
      const path = operation.uri.replace(/\{\w+\}/g, '1');
      const answer = await call(operation.method, path, operation.method === 'POST' ? '{}' : undefined);
      expect(answer.status, name).toBeLessThan(500);
      expect(answer.type, name).not.toBe('UnknownOperationException');
    }
  });

  it('answers times as ISO-8601 texts and empty bodies where the model has none', async () => {
    const { id } = await laptop.client.send(new StartRunCommand(germlineRequest()));
    const run = JSON.parse((await call('GET', `/run/${id}`)).body);
    expect(run.creationTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    expect(await call('POST', `/run/${id}/cancel`)).toMatchObject({ status: 202, body: '' });
  });
});
