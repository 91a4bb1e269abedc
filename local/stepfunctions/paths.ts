/**
 * The paths, payload templates and intrinsic functions that the interpreter evaluates as AWS does. Each is checked when
 * a definition is loaded and rewritten before the interpreter sees it: it fails on `$` when the document is null, 0 or
 * false, and puts its own values into `$$.Execution`, so documents are handed to it one level down.
 */
import type { JsonObject } from '../aws-json.ts';

/** Something in a definition that cannot be run; the state that it is in is added where it is known. */
export class DefinitionFault extends Error {
  override readonly name = 'DefinitionFault';
}

/** Where the interpreter finds the document, and where the context object. */
export const DOCUMENT_KEY = 'document';
export const CONTEXT_KEY = 'context';

const REFERENCE_PATH = /^\$\$?(?:\.[\p{L}\p{N}_-]+|\[\d+\]|\['[^'\\]+'\]|\["[^"\\]+"\])*$/u;
const QUOTED = /('(?:\\.|[^'\\])*')/;
const PATH_IN_INTRINSIC = /\$[^\s,()]*/g;
const INTRINSIC_NAME = /States\.\w+/g;

/** Left out are those that the interpreter gets wrong: JsonToString and Base64Decode lose backslashes, for instance. */
const INTRINSICS = new Set([
  'States.Array',
  'States.ArrayContains',
  'States.ArrayGetItem',
  'States.ArrayLength',
  'States.ArrayPartition',
  'States.ArrayRange',
  'States.ArrayUnique',
  'States.Base64Encode',
  'States.Format',
  'States.Hash',
  'States.MathAdd',
  'States.StringToJson',
  'States.UUID',
]);

/** @throws DefinitionFault unless `path` selects exactly one place. */
export function checkPath(path: unknown, field: string): string {
  if (typeof path === 'string' && REFERENCE_PATH.test(path)) return path;
  const why = 'only paths to one place run on this laptop AWS: no variables, wildcards, slices, filters or functions';
  throw new DefinitionFault(`${field} is ${JSON.stringify(path)}; ${why}`);
}

/** `$.a` becomes `$.document.a`, and `$$.Task.Token` becomes `$$.context.Task.Token`. */
export function rewritePath(path: string): string {
  return path.startsWith('$$') ? `$$.${CONTEXT_KEY}${path.slice(2)}` : `$.${DOCUMENT_KEY}${path.slice(1)}`;
}

/** Checks a payload template's every path, or says what cannot be run. */
export function checkTemplate(template: unknown, field: string): void {
  visitTemplate(template, (expression, key) => {
    if (typeof expression !== 'string')
      throw new DefinitionFault(`${field}: the value of ${key} must be a path or an intrinsic function`);
    if (expression.startsWith('$')) checkPath(expression, `${field}: ${key}`);
    else checkIntrinsic(expression, `${field}: ${key}`);
  });
}

/** The template with every path rewritten. Expects one that `checkTemplate` let pass. */
export function rewriteTemplate(template: unknown): unknown {
  if (Array.isArray(template)) return template.map(rewriteTemplate);
  if (!isObject(template)) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) => [
      key,
      key.endsWith('.$') && typeof value === 'string' ? rewriteExpression(value) : rewriteTemplate(value),
    ]),
  );
}

/** Whether any path of the template reads `path`, or something in it. */
export function templateReads(template: unknown, path: string): boolean {
  let found = false;
  visitTemplate(template, (expression) => {
    if (typeof expression === 'string' && expression.includes(path)) found = true;
  });
  return found;
}

function visitTemplate(template: unknown, visit: (expression: unknown, key: string) => void): void {
  if (Array.isArray(template)) for (const item of template) visitTemplate(item, visit);
  else if (isObject(template)) {
    for (const [key, value] of Object.entries(template)) {
      if (key.endsWith('.$')) visit(value, key);
      else visitTemplate(value, visit);
    }
  }
}

function checkIntrinsic(expression: string, field: string): void {
  const bare = expression.split(QUOTED).filter((_, index) => index % 2 === 0);
  const names = bare.flatMap((part) => part.match(INTRINSIC_NAME) ?? []);
  const unknownName = names.find((name) => !INTRINSICS.has(name));
  if (names.length === 0 || !expression.startsWith('States.') || !expression.endsWith(')')) {
    throw new DefinitionFault(`${field} is ${JSON.stringify(expression)}, neither a path nor an intrinsic function`);
  }
  if (unknownName !== undefined) throw new DefinitionFault(`${field}: ${unknownName} does not run on this laptop AWS`);
  for (const part of bare) for (const path of part.match(PATH_IN_INTRINSIC) ?? []) checkPath(path, field);
}

function rewriteExpression(expression: string): string {
  if (expression.startsWith('$')) return rewritePath(expression);
  return expression
    .split(QUOTED)
    .map((part, index) => (index % 2 === 0 ? part.replace(PATH_IN_INTRINSIC, rewritePath) : part))
    .join('');
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
