/** Whatever bytes are dropped as a run request: an answer, or RequestRefused, and never more than the route allows. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Drop } from '../../../lib/routing/drop.ts';
import { readRunRequest } from '../../../lib/routing/run-request.ts';
import { RequestRefused, type StartRunRequest } from '../../../lib/routing/start-run-request.ts';
import { ROLE_ARN, routeOf } from './load-routes.ts';

const route = routeOf(
  `on: { bucket: acme-incoming, key: 'requests/{name}.json' }`,
  'fromObject: true\nallow: { workflowIds: ["7654321"], outputUriPrefixes: s3://acme-free/here/ }',
);
const DROP: Drop = { bucket: 'acme-incoming', key: 'requests/a.json', sizeBytes: 10, etag: 'e', timeMs: 0 };

const SOUND = JSON.stringify({
  workflowId: '7654321',
  name: 'n\u00e4me',
  parameters: { a: [1, { b: 's3://bucket/key' }], 'c d': null },
  tags: { project: 'x' },
  outputUri: 's3://acme-free/here/a/',
  retentionMode: 'REMOVE',
  storageType: 'STATIC',
  storageCapacity: 1200,
  priority: 3,
  logLevel: 'ALL',
});

/** What came of the bytes, as the function reads them from S3. Anything but RequestRefused escapes. */
function answerTo(bytes: Uint8Array): StartRunRequest | undefined {
  try {
    return readRunRequest(route, DROP, new TextDecoder().decode(bytes));
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    // Messages go to terminals and logs.
    expect(error.problems.join('')).not.toMatch(/[\p{Cc}\p{Cs}]/u);
    return undefined;
  }
}

function expectHarmless(request: StartRunRequest | undefined): void {
  expect(Object.prototype).not.toHaveProperty('polluted');
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  if (request === undefined) return;
  const { workflowId, roleArn, outputUri } = request as unknown as Record<string, string>;
  expect(['1234567', '7654321']).toContain(workflowId);
  expect(roleArn).toBe(ROLE_ARN);
  expect(outputUri).toMatch(/^s3:\/\/(?:acme-results\/test\/|acme-free\/here\/)/);
  expect(outputUri).not.toMatch(/\/\.{1,2}(?:\/|$)/);
}

const encode = (text: string) => new TextEncoder().encode(text);

describe('the reader of run requests', () => {
  it('takes a sound request', () => {
    expect(answerTo(encode(SOUND))).toMatchObject({ workflowId: '7654321', outputUri: 's3://acme-free/here/a/' });
  });

  it('withstands any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => expectHarmless(answerTo(bytes))),
      { numRuns: 1_000 },
    );
  });

  it('withstands a sound request of which bytes were changed, taken out or put in', () => {
    const change = fc.tuple(fc.nat({ max: SOUND.length }), fc.nat({ max: 8 }), fc.uint8Array({ maxLength: 6 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        let bytes = Buffer.from(SOUND);
        for (const [at, out, put] of changes)
          bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + out)]);
        expectHarmless(answerTo(bytes));
      }),
      { numRuns: 2_000 },
    );
  });

  it('withstands a request with odd members and values in the place of its own', () => {
    const names = fc.constantFrom(
      ...Object.keys(JSON.parse(SOUND)),
      '__proto__',
      'constructor',
      'roleArn',
      'runId',
      'requestId',
      'toString',
    );
    const values = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(
        's3://acme-free/here/../x/',
        's3://acme-free/hereafter/',
        '{bucket}',
        'arn:aws:iam::123456789012:role/admin',
        '1'.repeat(200),
      ),
      fc.constant({ polluted: true }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(names, values), { maxLength: 5 }), (members) => {
        const own = (JSON.parse(SOUND) as object) ?? {};
        const text = `{${[...Object.entries(own), ...members].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
        expectHarmless(answerTo(encode(text)));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['a byte order mark', `\uFEFF${SOUND}`, true],
    ['another encoding', Buffer.from(SOUND, 'utf16le'), false],
    ['deep nesting', `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`, false],
    [
      'a deep list of parameters',
      `{"workflowId":"7654321","parameters":{"a":${'['.repeat(4_000)}${']'.repeat(4_000)}}}`,
      false,
    ],
    ['a number that is none', '{"workflowId":"7654321","parameters":{"a":1e999}}', false],
    ['nothing', '', false],
    ['zeros', '\u0000'.repeat(100), false],
    ['two of them', `${SOUND}\n${SOUND}`, false],
  ])('is not confused by %s', (_, body, isTaken) => {
    const request = answerTo(typeof body === 'string' ? encode(body) : body);
    expectHarmless(request);
    expect(request !== undefined).toBe(isTaken);
  });
});
