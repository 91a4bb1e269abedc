/** Changes to a StartRun request as a person writes them: `parameters.sample=X`, `storageCapacity=2400`, `cacheId=null`. */
import { didYouMean } from './did-you-mean.ts';
import { isRecord } from './json.ts';
import { show } from './problems.ts';
import { isStartRunMember, ruleOf } from './start-run-members.ts';

/** One change, read: where, and the text of the new value. */
export interface Setting {
  readonly text: string;
  readonly path: readonly (string | number)[];
  readonly value: string;
}

/** A setting cannot be read, or does not fit the request. */
export class InvalidSetting extends Error {
  override readonly name = 'InvalidSetting';
}

export interface Change {
  readonly path: string;
  /** Absent when it was not there. */
  readonly before?: unknown;
  /** Absent when it is taken out. */
  readonly after?: unknown;
}

const LONGEST_PATH = 24;
const SEGMENT = /^(?:\["((?:[^"\\]|\\.)*)"\]|\[(\d{1,6})\]|\.?([^.[\]=]+))/;

/**
 * `path=value`. A path is StartRun's own members with dots between; `["a.b"]` is a name that has a dot in it, `[0]` an item
 * of a list.
 *
 * @throws InvalidSetting
 */
export function parseSetting(text: string): Setting {
  const path: (string | number)[] = [];
  let rest = text;
  while (!rest.startsWith('=')) {
    const [whole, quoted, index, plain] = SEGMENT.exec(rest) ?? [];
    if (whole === undefined || path.length === LONGEST_PATH) {
      throw new InvalidSetting(
        `${show(text)} is not of the form path=value, as in parameters.sample=SYN-1 or storageCapacity=2400`,
      );
    }
    if (index !== undefined) path.push(Number(index));
    else path.push(quoted === undefined ? (plain ?? '') : unquote(quoted, text));
    rest = rest.slice(whole.length);
  }
  if (path.length === 0 || path.includes('__proto__')) throw new InvalidSetting(`${show(text)} names no member`);
  return { text, path, value: rest.slice(1) };
}

function unquote(quoted: string, text: string): string {
  try {
    return JSON.parse(`"${quoted}"`) as string;
  } catch (cause) {
    throw new InvalidSetting(`${show(text)} has a name in quotation marks that is no JSON text`, { cause });
  }
}

type Request = Readonly<Record<string, unknown>>;

/** The request with the settings made, one after the other; the given one stays as it is. @throws InvalidSetting */
export function applySettings(request: Request, settings: readonly Setting[]): Request {
  const changed = structuredClone(request) as Record<string, unknown>;
  for (const setting of settings) applyOne(changed, setting);
  return changed;
}

function applyOne(request: Record<string, unknown>, setting: Setting): void {
  const [first] = setting.path;
  let at: unknown = request;
  let path = setting.path;
  for (;;) {
    const { name, rest } = nextName(at, path, setting);
    const holder = at as Record<string | number, unknown>;
    if (rest.length === 0) {
      assign(holder, name, { setting, member: String(first), depth: setting.path.length });
      return;
    }
    // A group that is not there yet comes with what is set in it.
    if (holder[name] === undefined && setting.value !== 'null') holder[name] = {};
    at = holder[name];
    path = rest;
  }
}

/** The next step of a path. A name with dots in it, as WDL's parameters have, is found where there is one. */
function nextName(at: unknown, path: readonly (string | number)[], { text }: Setting) {
  const [step = '', ...rest] = path;
  if (Array.isArray(at)) {
    if (typeof step === 'number' && step < at.length) return { name: step, rest };
    throw new InvalidSetting(`${show(text)} leads to item ${show(String(step))} of a list of ${at.length}`);
  }
  if (typeof step === 'number') {
    throw new InvalidSetting(
      `${show(text)} leads to item ${step} of what is no list; a whole list is set as path=["A","B"]`,
    );
  }
  if (!isRecord(at)) throw new InvalidSetting(`${show(text)} leads into something that has no members`);
  for (let length = path.length; length > 1; length -= 1) {
    const name = path.slice(0, length).join('.');
    if (Object.hasOwn(at, name)) return { name, rest: path.slice(length) };
  }
  return { name: String(step), rest };
}

function assign(
  holder: Record<string | number, unknown>,
  name: string | number,
  { setting, member, depth }: { readonly setting: Setting; readonly member: string; readonly depth: number },
): void {
  if (setting.value !== 'null') {
    const isText =
      member === 'tags' || typeof holder[name] === 'string' || (depth === 1 && isTextMember(String(member)));
    holder[name] = readValue(setting.value, isText);
    return;
  }
  if (!Object.hasOwn(holder, name)) {
    const meant = didYouMean(String(name), Object.keys(holder));
    throw new InvalidSetting(
      `${show(setting.text)} takes out what is not there${meant === undefined ? '' : `; did you mean ${meant}?`}`,
    );
  }
  if (Array.isArray(holder)) holder.splice(Number(name), 1);
  else delete holder[name];
}

function isTextMember(name: string): boolean {
  return isStartRunMember(name) && ['text', 'choice'].includes(ruleOf(name).type);
}

/** JSON where it is; a plain word is text. What was text stays text: an id or `001` needs no quotes. */
function readValue(text: string, isText: boolean): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isText && typeof value !== 'string' ? text : value;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/** What differs, leaf by leaf, by path. */
export function changesBetween(before: Request, after: Request): readonly Change[] {
  const [old, latest] = [leavesOf(before), leavesOf(after)];
  const paths = [...new Set([...old.keys(), ...latest.keys()])];
  return paths
    .filter((path) => JSON.stringify(old.get(path)) !== JSON.stringify(latest.get(path)))
    .map((path) => ({
      path,
      ...(old.has(path) ? { before: old.get(path) } : {}),
      ...(latest.has(path) ? { after: latest.get(path) } : {}),
    }));
}

/** Parameters that the request did not have, with the one of its own that was probably meant. */
export function doubtfulParameters(before: Request, after: Request): readonly string[] {
  const known = Object.keys(isRecord(before.parameters) ? before.parameters : {});
  const given = Object.keys(isRecord(after.parameters) ? after.parameters : {});
  return given.flatMap((name) => {
    const meant = known.includes(name) ? undefined : didYouMean(name, known);
    return meant === undefined ? [] : [`parameters.${name} is new; did you mean ${meant}?`];
  });
}

function leavesOf(value: unknown, path = '', leaves = new Map<string, unknown>()): Map<string, unknown> {
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    for (const [name, member] of Object.entries(value)) {
      const step = Array.isArray(value) ? `[${name}]` : /[.[\]=]/.test(name) ? `[${JSON.stringify(name)}]` : `.${name}`;
      leavesOf(member, path === '' ? step.replace(/^\./, '') : path + step, leaves);
    }
    return leaves;
  }
  return leaves.set(path, value);
}
