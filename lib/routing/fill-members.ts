import type { Drop } from './drop.ts';
import type { Member } from './gather.ts';
import type { Json } from './json.ts';
import { show } from './problems.ts';
import type { Gather } from './route.ts';
import { cutRunName } from './run-name.ts';
import type { RunTemplate } from './run-template.ts';
import { ruleOf, START_RUN_MEMBER_NAMES, type StartRunMember } from './start-run-members.ts';
import { RequestRefused } from './start-run-request.ts';
import { fillTemplate, type Placeholder, type ValueTemplate } from './template.ts';

/** What placeholders speak of. */
export interface Scope {
  /** Of the route or schedule. */
  readonly name: string;
  readonly date: string;
  readonly time: string;
  readonly bucket?: string;
  readonly members: readonly Member[];
  readonly gather?: Gather;
  readonly row?: Readonly<Record<string, string>>;
  readonly rows?: readonly Readonly<Record<string, string>>[];
}

/** The template's members, filled, in the API's order. Throws RequestRefused with every reason. */
export function fillMembers(run: RunTemplate, scope: Scope): Record<string, Json> {
  const filled: [string, Json][] = [];
  const problems: string[] = [];
  for (const name of START_RUN_MEMBER_NAMES) {
    const template = run.members.get(name);
    try {
      if (template !== undefined) filled.push([name, fillMember(name, template, { run, scope })]);
      else if (name === 'name') filled.push([name, scope.name]);
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      problems.push(...error.problems.map((problem) => `${name}: ${problem}`));
    }
  }
  if (problems.length > 0) throw new RequestRefused(problems);
  return Object.fromEntries(filled);
}

/** One member of the template, filled. Throws RequestRefused. */
export function fillMember(
  name: StartRunMember,
  template: ValueTemplate,
  given: { run: RunTemplate; scope: Scope },
): Json {
  if (name === 'outputUri') return fillOutputUri(template, given);
  const value = fillTemplate(template, (placeholder) => resolve(placeholder, given.scope));
  if (name === 'name' && typeof value === 'string') return cutRunName(value);
  if (ruleOf(name).type === 'integer' && typeof value === 'string' && /^[0-9]{1,9}$/.test(value)) return Number(value);
  return name === 'tags' ? textValues(value) : value;
}

/** Tags are text, whatever type a placeholder has. */
function textValues(value: Json): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, tag]) => [key, typeof tag === 'number' ? String(tag) : tag]),
  );
}

/** Invariant 7: what a drop fills in cannot leave the route's prefix. */
function fillOutputUri(template: ValueTemplate, { run, scope }: { run: RunTemplate; scope: Scope }): Json {
  const value = fillTemplate(template, (placeholder) => {
    const filled = resolve(placeholder, scope);
    if (placeholder.name !== 'time' && !/^[A-Za-z0-9._-]+$/.test(String(filled))) {
      throw refuse(
        `${placeholder.text} is ${show(String(filled))}: in an output location only letters, digits, '.', '_', '-' may be`,
      );
    }
    return filled;
  });
  const text = typeof value === 'string' ? value : '';
  const inside = text.startsWith(run.outputPrefix) || `${text}/` === run.outputPrefix;
  if (!inside || /\/\.{1,2}(?:\/|$)/.test(text)) throw refuse(`${show(text)} would leave ${run.outputPrefix}`);
  return text;
}

function resolve(placeholder: Placeholder, scope: Scope): Json {
  const { name, field } = placeholder;
  if (name === 'row' || name === 'rows') return resolveRows(placeholder, scope);
  if (field !== undefined) throw refuse(`${placeholder.text} is not known here`);
  if (name === 'date' || name === 'time') return scope[name];
  if (name === 'route') return scope.name;
  if (name === 'bucket' && scope.bucket !== undefined) return scope.bucket;
  if (name === 'count') return scope.members.length;
  if (name === 'uris') return select(placeholder, scope.members).map(({ drop }) => uriOf(drop));
  return resolveMember(placeholder, scope);
}

function resolveMember(placeholder: Placeholder, scope: Scope): Json {
  const { name, text } = placeholder;
  const [member, ...others] = select(placeholder, scope.members);
  if (member === undefined) throw refuse(`${text} selects no member of the set`);
  if (scope.gather?.by.includes(name)) return wildcardOf(placeholder, member);
  if (others.length > 0) throw refuse(`${text} selects ${others.length + 1} members of the set, not one`);
  switch (name) {
    case 'uri':
      return uriOf(member.drop);
    case 'key':
    case 'etag':
      return member.drop[name];
    case 'size':
      return member.drop.sizeBytes;
    case 'versionId':
      if (member.drop.versionId === undefined)
        throw refuse(`${text}: the object has no version id, its bucket keeps no versions`);
      return member.drop.versionId;
    default:
      return wildcardOf(placeholder, member);
  }
}

function wildcardOf({ name, text }: Placeholder, { wildcards }: Member): string {
  const value = Object.hasOwn(wildcards, name) ? wildcards[name] : undefined;
  if (value === undefined) throw refuse(`${text} is not known here`);
  return value;
}

function select({ where }: Placeholder, members: readonly Member[]): readonly Member[] {
  if (where === undefined) return members;
  return members.filter(({ wildcards }) =>
    where.every(([name, value]) => Object.hasOwn(wildcards, name) && wildcards[name] === value),
  );
}

function resolveRows({ name, field, text }: Placeholder, scope: Scope): Json {
  const row = scope.row ?? scope.rows?.[0];
  if (name === 'row' && row !== undefined && field !== undefined) return cellOf(row, field);
  const rows = scope.rows ?? [];
  if (name === 'row' || rows.length === 0) throw refuse(`${text} needs a row of a sheet`);
  if (field === undefined) return rows.map((one) => Object.fromEntries(Object.entries(one)));
  return rows.map((one) => cellOf(one, field));
}

function cellOf(row: Readonly<Record<string, string>>, column: string): string {
  const value = Object.hasOwn(row, column) ? row[column] : undefined;
  if (value === undefined)
    throw refuse(`the sheet has no column ${show(column)}, only ${Object.keys(row).map(show).join(', ')}`);
  return value;
}

function uriOf({ bucket, key }: Drop): string {
  return `s3://${bucket}/${key}`;
}

function refuse(problem: string): RequestRefused {
  return new RequestRefused([problem]);
}
