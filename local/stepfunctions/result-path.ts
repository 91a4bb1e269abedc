import { StateFailure } from './failures.ts';
import { isObject } from './paths.ts';

const SEGMENTS = /\.([^.[\]]+)|\[(\d+)\]|\['([^']+)'\]|\["([^"]+)"\]/g;

/**
 * Puts a result into the document at a reference path, as ResultPath says; neither is changed.
 * @throws StateFailure `States.ResultPathMatchFailure` when the path runs through something that has no members.
 */
export function placeResult(document: unknown, path: string | null | undefined, result: unknown): unknown {
  if (path === null) return document;
  if (path === undefined || path === '$') return result;
  const keys = [...path.matchAll(SEGMENTS)].map(([, name, index, quoted, doubleQuoted]) =>
    index === undefined ? (name ?? quoted ?? doubleQuoted ?? '') : Number(index),
  );
  return place(document, keys, result, path);
}

function place(target: unknown, keys: readonly (string | number)[], result: unknown, path: string): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return result;
  if (typeof key === 'number') {
    if (!Array.isArray(target) || key >= target.length) throw mismatch(path);
    return target.map((item: unknown, index) => (index === key ? place(item, rest, result, path) : item));
  }
  if (!isObject(target)) throw mismatch(path);
  const inner = Object.hasOwn(target, key) ? target[key] : {};
  const placed = place(rest.length > 0 && inner === null ? {} : inner, rest, result, path);
  const copy = { ...target };
  // a computed member, since assigning `__proto__` would not make one
  Object.defineProperty(copy, key, { value: placed, enumerable: true, configurable: true, writable: true });
  return copy;
}

function mismatch(path: string): StateFailure {
  return new StateFailure(
    'States.ResultPathMatchFailure',
    `Unable to apply ResultPath '${path}' to the state's input.`,
  );
}
