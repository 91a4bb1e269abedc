import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Model, omicsModel, shapeOf, structureOf } from '../../../local/omics/protocol/model.ts';
import { validateInput } from '../../../local/omics/protocol/validate.ts';
import { type Laptop, startLaptop } from './harness.ts';

const model = omicsModel();
let laptop: Laptop;
beforeAll(async () => {
  laptop = await startLaptop();
});
afterAll(() => laptop.stop());

/** Values that the model allows. */
function valid(shapeName: string, depth = 0): fc.Arbitrary<unknown> {
  const shape = shapeOf(model, shapeName);
  switch (shape.type) {
    case 'structure':
      return validStructure(shapeName, depth);
    case 'list':
      return fc.array(valid(shape.member, depth + 1), {
        minLength: shape.min ?? 0,
        maxLength: Math.min(shape.max ?? 3, 3),
      });
    case 'map':
      return fc.dictionary(valid(shape.key, depth + 1) as fc.Arbitrary<string>, valid(shape.value, depth + 1), {
        minKeys: shape.min ?? 0,
        maxKeys: 3,
      });
    case 'integer':
      return fc.integer({ min: shape.min ?? 0, max: shape.max ?? 1000 });
    case 'boolean':
      return fc.boolean();
    case 'blob':
      return fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes).toString('base64'));
    case 'document':
      return fc.dictionary(fc.string({ maxLength: 10 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
    case 'timestamp':
      return fc.constant('2026-01-01T00:00:00Z');
    case 'string':
      return validString(shape);
    default:
      return shape satisfies never;
  }
}

function validStructure(shapeName: string, depth: number): fc.Arbitrary<unknown> {
  const { members, required = [], union } = structureOf(model, shapeName);
  const arbitraries = Object.fromEntries(
    Object.entries(members).map(([name, member]) => [name, valid(member.shape, depth + 1)]),
  );
  if (!union) return fc.record(arbitraries, { requiredKeys: [...required] });
  return fc.oneof(...Object.entries(arbitraries).map(([name, value]) => value.map((chosen) => ({ [name]: chosen }))));
}

function validString(shape: {
  min?: number;
  max?: number;
  pattern?: string;
  enum?: readonly string[];
}): fc.Arbitrary<string> {
  if (shape.enum !== undefined) return fc.constantFrom(...shape.enum);
  const min = shape.min ?? 0;
  const max = Math.min(shape.max ?? 40, 40);
  if (shape.pattern === undefined || shape.pattern.includes('\\p{L}')) {
    const text = fc.string({
      minLength: min,
      maxLength: max,
      unit: fc.constantFrom('a', 'Z', '0', '-', '_', '/', 'é', '漢', ' '),
    });
    return shape.pattern?.startsWith('sha') ? text.map((tail) => `sha${tail}x`.slice(0, 40)) : text;
  }
  return fc
    .stringMatching(new RegExp(`^(?:${shape.pattern})$`))
    .filter((text) => text.length >= min && text.length <= (shape.max ?? 2000) && !/[^ -~]/.test(text));
}

interface Wire {
  readonly path: string;
  readonly body: Record<string, unknown>;
}

function onTheWire(source: Model, operationName: string, input: Readonly<Record<string, unknown>>): Wire {
  const operation = source.operations[operationName];
  if (operation === undefined) throw new Error(`no operation ${operationName}`);
  let path = operation.uri;
  const query = new URLSearchParams();
  const body: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(structureOf(source, operation.input).members)) {
    const value = input[name];
    if (member.in === 'uri') path = path.replace(`{${name}}`, encodeURIComponent(String(value)));
    else if (value === undefined) continue;
    else if (member.in === 'querystring')
      for (const item of [value].flat()) query.append(member.as ?? name, String(item));
    else body[name] = value;
  }
  return { path: `${path}?${query}`, body };
}

async function send(operationName: string, input: Readonly<Record<string, unknown>>) {
  const { method = 'GET', status } = model.operations[operationName] ?? { status: 0 };
  const { path, body } = onTheWire(model, operationName, input);
  const response = await fetch(`${laptop.endpoint}${path}`, {
    method,
    ...(method === 'GET' || Object.keys(body).length === 0
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return {
    expected: status,
    status: response.status,
    type: response.headers.get('x-amzn-errortype'),
    text: await response.text(),
  };
}

const MODELLED = [
  'ValidationException',
  'ResourceNotFoundException',
  'ConflictException',
  'ServiceQuotaExceededException',
];

describe.each(Object.entries(model.operations))('%s', (name, operation) => {
  it('answers what the model allows with its modelled shape or a modelled error', async () => {
    await fc.assert(
      fc.asyncProperty(valid(operation.input), async (input) => {
        const answer = await send(name, input as Record<string, unknown>);
        if (answer.type !== null) {
          expect(MODELLED).toContain(answer.type);
          return;
        }
        expect(answer.status).toBe(answer.expected);
        if (operation.output === undefined || answer.text === '') return;
        validateInput(model, operation.output, JSON.parse(answer.text));
      }),
      { numRuns: 15, seed: 2026 },
    );
  });

  const members = structureOf(model, operation.input).members;
  const bounded = Object.entries(members).filter(
    ([, member]) => shapeOf(model, member.shape).max !== undefined || member.in === undefined,
  );

  // An operation whose input the model does not bound can refuse nothing.
  if (bounded.length === 0) return;
  it('refuses what the model forbids with ValidationException', async () => {
    const [broken = '', member = { shape: 'String' }] = bounded[0] ?? [];
    await fc.assert(
      fc.asyncProperty(valid(operation.input), async (input) => {
        const answer = await send(name, { ...(input as object), [broken]: outsideOf(member.shape) });
        expect(answer).toMatchObject({ status: 400, type: 'ValidationException' });
        expect(answer.text).toContain(broken);
      }),
      { numRuns: 5, seed: 2026 },
    );
  });
});

/** A value that breaks a rule of the shape, in a form that a path or query can carry, too. */
function outsideOf(shapeName: string): unknown {
  const shape = shapeOf(model, shapeName);
  if (shape.type === 'integer') return (shape.max ?? 0) + 1;
  if (shape.type === 'string') return 'x'.repeat((shape.max ?? 100) + 1);
  return 5;
}
