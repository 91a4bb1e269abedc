/** What the packaged template's roles allow, and how that compares with what is needed. */
import { evaluate, type Template, type TemplateScope } from '../../local/wiring/intrinsics.ts';
import type { Need } from './needs.ts';

export interface Grant {
  readonly function: string;
  readonly sid: string;
  readonly action: string;
  readonly resource: string;
}

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

/** One for each action and resource of each function's role. */
export function grantsOf(template: Template, scope: TemplateScope): readonly Grant[] {
  return Object.values(template.Resources).flatMap(({ Type, Properties }) => {
    if (Type !== 'AWS::Lambda::Function') return [];
    const caller = String(Properties?.Handler).replace(/^functions\/(.*)\.handler$/, '$1');
    const role = template.Resources[logicalIdOf(Properties?.Role)];
    const policies = evaluate(role?.Properties?.Policies, template, scope) as {
      readonly PolicyDocument: { readonly Statement: readonly Statement[] };
    }[];
    return policies
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .flatMap((statement) => grants(caller, statement));
  });
}

/** Of `!Sub ${RoleName.Arn}` and `!GetAtt RoleName.Arn`. */
function logicalIdOf(role: unknown): string {
  return /([A-Za-z0-9]+Role)\b/.exec(JSON.stringify(role))?.[1] ?? '';
}

function grants(caller: string, { Sid = '', Effect, Action, Resource }: Statement): readonly Grant[] {
  if (Effect !== 'Allow') return [];
  return [Action]
    .flat()
    .flatMap((action) => [Resource].flat().map((resource) => ({ function: caller, sid: Sid, action, resource })));
}

export function covers(grant: Grant, need: Need): boolean {
  return grant.function === need.function && grant.action === need.action && isWithin(need.resource, grant.resource);
}

function isWithin(resource: string, pattern: string): boolean {
  const source = pattern.split('*').map((text) => text.replaceAll(/[\\.+?()|[\]{}^$]/g, '\\$&'));
  return new RegExp(`^${source.join('.*')}$`).test(resource);
}

/** Grants that services use for us, or that the laptop cannot show the use of, with the reason. */
export interface Exception {
  readonly reason: string;
  readonly isOne: (grant: Grant) => boolean;
}

export interface Comparison {
  readonly missing: readonly Need[];
  readonly unused: readonly Grant[];
  readonly excepted: readonly { readonly reason: string; readonly count: number }[];
}

export interface Allowances {
  readonly exceptions: readonly Exception[];
  /** Ids of statements of which one used resource stands for all. */
  readonly byRoute: ReadonlySet<string>;
}

export function compare(
  needs: readonly Need[],
  granted: readonly Grant[],
  { exceptions, byRoute }: Allowances,
): Comparison {
  const isUsed = (grant: Grant) => needs.some((need) => covers(grant, need));
  const isAlike = (grant: Grant) => (other: Grant) =>
    other.function === grant.function && other.sid === grant.sid && other.action === grant.action;
  const unused = granted.filter(
    (grant) => !isUsed(grant) && !(byRoute.has(grant.sid) && granted.filter(isAlike(grant)).some(isUsed)),
  );
  return {
    missing: needs.filter((need) => !granted.some((grant) => covers(grant, need))),
    unused: unused.filter((grant) => !exceptions.some(({ isOne }) => isOne(grant))),
    excepted: exceptions.map(({ reason, isOne }) => ({ reason, count: unused.filter(isOne).length })),
  };
}
