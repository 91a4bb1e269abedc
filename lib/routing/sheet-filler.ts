import { fillMember, fillMembers, type Scope } from './fill-members.ts';
import type { Member } from './gather.ts';
import type { Json } from './json.ts';
import { localTime } from './local-time.ts';
import type { Route } from './route.ts';
import type { RunTemplate } from './run-template.ts';
import { checkMember, START_RUN_MEMBER_NAMES } from './start-run-members.ts';
import { checkMembers, checkTogether, RequestRefused, type StartRunRequest } from './start-run-request.ts';
import { placeholdersOf, type ValueTemplate } from './template.ts';

/** A row's cells by column. */
export type Row = Readonly<Record<string, string>>;

/** Fills the request of one row (`row`), or of a group of rows (`rows`). Throws RequestRefused with every reason. */
export type SheetFiller = (given: { readonly row: Row } | { readonly rows: readonly Row[] }) => StartRunRequest;

/**
 * What does not depend on a row is filled and checked once for the whole sheet, so that a row costs only what is its
 * own. Throws RequestRefused when that part is wrong: no row could start.
 */
export function sheetFiller(route: Route, sheet: Member): SheetFiller {
  const { run } = route;
  const scope: Scope = {
    name: route.name,
    ...localTime(sheet.drop.timeMs, 'UTC'),
    bucket: route.bucket,
    members: [sheet],
  };
  const varying = new Map([...run.members].filter(([, template]) => speaksOfRows(template)));
  const members = new Map([...run.members].filter(([name]) => !varying.has(name)));
  const fixed = fillMembers({ ...run, members }, scope);
  const names = START_RUN_MEMBER_NAMES.filter((name) => varying.has(name) || Object.hasOwn(fixed, name));
  const together = { ...Object.fromEntries(names.map((name) => [name, null])), ...fixed };
  const problems = [...checkMembers(fixed), ...checkTogether(together)];
  if (problems.length > 0) throw new RequestRefused(problems);
  const plan: Plan = { names, fixed, varying, run };
  return (given) => fillVarying(plan, { ...scope, ...given });
}

interface Plan {
  readonly names: typeof START_RUN_MEMBER_NAMES;
  /** Members that are the same for every row. */
  readonly fixed: Readonly<Record<string, Json>>;
  readonly varying: ReadonlyMap<string, ValueTemplate>;
  readonly run: RunTemplate;
}

function fillVarying({ names, fixed, varying, run }: Plan, scope: Scope): StartRunRequest {
  const given = { run, scope };
  const request: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const name of names) {
    const template = varying.get(name);
    if (template === undefined) {
      request[name] = fixed[name];
      continue;
    }
    try {
      const value = fillMember(name, template, given);
      request[name] = value;
      for (const rule of checkMember(name, value)) problems.push(`${name} ${rule}`);
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      for (const problem of error.problems) problems.push(`${name}: ${problem}`);
    }
  }
  if (problems.length > 0) throw new RequestRefused(problems);
  return request as unknown as StartRunRequest;
}

function speaksOfRows(template: ValueTemplate): boolean {
  for (const { name } of placeholdersOf(template)) if (name === 'row' || name === 'rows') return true;
  return false;
}

/** The columns that the values of `run` name. */
export function columnsNamed(run: RunTemplate): ReadonlySet<string> {
  const columns = new Set<string>();
  for (const template of run.members.values()) {
    for (const { name, field } of placeholdersOf(template)) {
      if ((name === 'row' || name === 'rows') && field !== undefined) columns.add(field);
    }
  }
  return columns;
}
