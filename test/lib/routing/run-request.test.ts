import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Drop } from '../../../lib/routing/drop.ts';
import { RequestRefused } from '../../../lib/routing/fill-request.ts';
import { findJsonFault } from '../../../lib/routing/json-position.ts';
import { RUN_REQUEST_LIMIT_BYTES, readRunRequest } from '../../../lib/routing/run-request.ts';
import { ROLE_ARN, routeOf } from './load-routes.ts';

const OBJECT = `on: { bucket: acme-incoming, key: 'requests/{name}.json' }`;
const DROP: Drop = { bucket: 'acme-incoming', key: 'requests/a.json', sizeBytes: 10, etag: 'e', timeMs: 0 };

const OTHER_ROLE = 'arn:aws:iam::123456789012:role/other';

function routeWith(allow: string, run = '') {
  const text = `workflowId: null\nfromObject: true\nallow: { workflowIds: ["1234567", "22"]${allow} }\n${run}`;
  return routeOf(OBJECT, text.replace('workflowId: null\n', ''));
}

const route = routeWith('', "name: 'req {name}'\ntags: { from: route, kept: 'yes' }\nparameters: { a: 1 }");

function read(value: unknown, given = route) {
  return readRunRequest(given, DROP, typeof value === 'string' ? value : JSON.stringify(value));
}

function refusal(value: unknown, given = route): readonly string[] {
  try {
    read(value, given);
  } catch (error) {
    if (error instanceof RequestRefused) return error.problems;
    throw error;
  }
  return [];
}

describe('a run request', () => {
  it('stands over what the route gives; tags and parameters one by one', () => {
    expect(read({ workflowId: '22', tags: { from: 'object' }, parameters: { b: '{name}' }, logLevel: 'ALL' })).toEqual({
      workflowId: '22',
      roleArn: ROLE_ARN,
      name: 'req a',
      parameters: { a: 1, b: '{name}' },
      storageType: 'DYNAMIC',
      outputUri: 's3://acme-results/test/',
      logLevel: 'ALL',
      tags: { from: 'object', kept: 'yes' },
      retentionMode: 'REMOVE',
    });
  });

  it('may have a byte order mark', () => {
    expect(read('\uFEFF{"workflowId": "22"}').workflowId).toBe('22');
  });

  it('has its name cut like any other', () => {
    expect(read({ name: 'x'.repeat(128) }).name).toHaveLength(119);
  });

  it.each([
    ['nothing', '', 'the object is empty'],
    [
      'broken JSON',
      '{\n  "a": 1,\n}',
      'the object is not JSON: a name in double quotes was expected at line 3, column 1',
    ],
    ['text that is not JSON', 'hello', 'the object is not JSON: a value was expected at line 1, column 1'],
    ['a list', [], 'a run request is a JSON object, not a list'],
    ['null', 'null', 'a run request is a JSON object, not nothing'],
    ['an unknown member', { workflow: '1' }, "'workflow' is not a member of a StartRun request"],
    ['a misspelt member', { workflowid: '1' }, 'did you mean workflowId?'],
    ['a request id', { requestId: 'x' }, 'requestId must be left out'],
    ['a wrong type', { workflowId: 22 }, 'workflowId must be text, not 22'],
    ['a wrong value', { retentionMode: 'KEEP' }, "retentionMode must be RETAIN or REMOVE, not 'KEEP'"],
    ['a limit passed', { priority: 100_001 }, 'priority must be a whole number from 0 to 100000'],
    ['parameters over 50 KB', { parameters: { x: 'y'.repeat(52_000) } }, 'parameters must have at most 51200 bytes'],
    [
      'parameters too deep',
      { parameters: { x: JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`) } },
      'must not be nested deeper',
    ],
    ['a prototype', '{"parameters": {"__proto__": {"x": 1}}}', 'must not have a member named __proto__'],
    ['a prototype on top', '{"__proto__": {"workflowId": "1"}}', "'__proto__' is not a member"],
    ['tags of Rundrop', { tags: { 'rundrop:requestId': 'x' } }, 'must not begin with rundrop:'],
  ])('is refused: %s', (_, value, expected) => {
    expect(refusal(value).join('\n')).toContain(expected);
  });

  it('is refused when it is too large, by the event or by itself', () => {
    const large = `{"name": "${'x'.repeat(RUN_REQUEST_LIMIT_BYTES)}"}`;
    expect(refusal(large)).toEqual([expect.stringContaining('at most 262144 bytes')]);
    const drop = { ...DROP, sizeBytes: RUN_REQUEST_LIMIT_BYTES + 1 };
    expect(() => readRunRequest(route, drop, '{}')).toThrow('at most 262144 bytes, not 262145');
  });

  it('never shows what the object holds when it is not JSON', () => {
    expect(refusal('{"sample": secret}').join()).not.toContain('secret');
  });
});

describe('what a run request may not choose', () => {
  it.each([
    [
      'another workflow',
      { workflowId: '23' },
      "workflowId '23' is not allowed: allow.workflowIds lists 1234567, 22, did you mean 22?",
    ],
    ['a Ready2Run workflow', { workflowType: 'READY2RUN' }, "workflowType 'READY2RUN' is not allowed"],
    ['a workflow of another account', { workflowOwnerId: '999999999999' }, 'workflowOwnerId may not be chosen'],
    ['a run to duplicate', { runId: '1' }, 'runId may not be chosen'],
    ['another role', { roleArn: OTHER_ROLE }, 'allow.roleArns lists none'],
    ['another output location', { outputUri: 's3://evil/x/' }, 'allow.outputUriPrefixes lists none'],
    ['a run group', { runGroupId: '1' }, 'allow.runGroupIds lists none'],
    ['a cache', { cacheId: '1' }, 'allow.cacheIds lists none'],
    ['its network', { networkingMode: 'VPC' }, 'networkingMode may not be chosen'],
    ['a configuration', { configurationName: 'x' }, 'configurationName may not be chosen'],
    ['a session policy', { sessionPolicy: '{}' }, 'sessionPolicy may not be chosen'],
    ['engine settings', { engineSettings: {} }, 'engineSettings may not be chosen'],
  ])('%s', (_, value, expected) => {
    expect(refusal(value).join('\n')).toContain(expected);
  });

  it('but may repeat what the route gives', () => {
    expect(read({ roleArn: ROLE_ARN, outputUri: 's3://acme-results/test/', workflowType: 'PRIVATE' }).roleArn).toBe(
      ROLE_ARN,
    );
  });

  it('but may choose what the route allows', () => {
    const allowed = routeWith(
      `, workflowTypes: READY2RUN, roleArns: '${OTHER_ROLE}', outputUriPrefixes: s3://acme-share/lab/`,
    );
    const value = {
      workflowId: '22',
      workflowType: 'READY2RUN',
      roleArn: OTHER_ROLE,
      outputUri: 's3://acme-share/lab/x/',
    };
    expect(read(value, allowed)).toMatchObject(value);
    for (const outputUri of [
      's3://acme-share/lab/../x/',
      's3://acme-share/lab',
      's3://acme-share/labs/',
      's3://acme-share/lab/..',
    ]) {
      expect(refusal({ ...value, outputUri }, allowed)).toHaveLength(1);
    }
  });
});

describe('any bytes', () => {
  it('are a request or are refused, and leave the prototype clean', () => {
    const member = fc.constantFrom(
      'workflowId',
      'name',
      'tags',
      'parameters',
      '__proto__',
      'constructor',
      'roleArn',
      'priority',
    );
    const object = fc.dictionary(member, fc.jsonValue()).map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), object), (body) => {
        refusal(body);
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
    );
  });
});

describe('the place where a text stops being JSON', () => {
  it.each([
    ['', 1, 1, 'a value'],
    ['[1, 2', 1, 6, "',' or ']'"],
    ['{"a" 1}', 1, 6, "':'"],
    ['{"a": 1,}', 1, 9, 'a name in double quotes'],
    ['[1,]', 1, 4, 'a value'],
    ['{"a": "x\ny"}', 1, 9, `the closing '"' of a text`],
    ['{"a": "\\x"}', 1, 8, `the closing '"' of a text`],
    ['{} {}', 1, 4, 'nothing more'],
    ['{\n  "a": tru\n}', 2, 8, 'a value'],
    ["{'a': 1}", 1, 2, 'a name in double quotes'],
    ['[01]', 1, 3, "',' or ']'"],
  ])('%j', (text, line, column, expected) => {
    expect(findJsonFault(text)).toEqual({ line, column, expected });
  });

  it('is found exactly where JSON.parse refuses', () => {
    const broken = fc.tuple(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', ',', '}', ']', '"', '{', '[', ':', '1', 'x', '\\'),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          broken.map(([text, at, put]) => text.slice(0, at % (text.length + 1)) + put),
        ),
        (text) => {
          expect(findJsonFault(text) === undefined).toBe(parses(text));
        },
      ),
    );
  });

  it('is found in deep nesting', () => {
    expect(findJsonFault('['.repeat(100_000))).toEqual({ line: 1, column: 100_001, expected: 'a value' });
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
