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
    const role = logicalIdOf(Properties?.Role);
    const inline = template.Resources[role]?.Properties?.Policies as readonly unknown[];
    const policies = evaluate([...inline, ...attachedTo(role, template)], template, scope) as readonly Policy[];
    return policies
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .flatMap((statement) => grants(caller, statement));
  });
}

interface Policy {
  readonly PolicyDocument: { readonly Statement: readonly Statement[] };
}

/** Policies that are there only because of what the route file says. */
function attachedTo(role: string, { Resources }: Template): readonly unknown[] {
  return Object.values(Resources).flatMap(({ Type, Properties }) => {
    const isOurs = Type === 'AWS::IAM::Policy' && JSON.stringify(Properties?.Roles).includes(`{"Ref":"${role}"}`);
    return isOurs ? [{ PolicyDocument: Properties?.PolicyDocument }] : [];
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

/** Grants that services use for us, with the reason. */
export interface Exception {
  readonly reason: string;
  readonly isOne: (grant: Grant) => boolean;
}

export interface Comparison {
  readonly missing: readonly Need[];
  readonly unused: readonly Grant[];
  readonly excepted: readonly { readonly reason: string; readonly count: number }[];
}

export function compare(
  needs: readonly Need[],
  granted: readonly Grant[],
  exceptions: readonly Exception[],
): Comparison {
  const unused = granted.filter((grant) => !needs.some((need) => covers(grant, need)));
  return {
    missing: needs.filter((need) => !granted.some((grant) => covers(grant, need))),
    unused: unused.filter((grant) => !exceptions.some(({ isOne }) => isOne(grant))),
    excepted: exceptions.map(({ reason, isOne }) => ({ reason, count: unused.filter(isOne).length })),
  };
}

/** What another route file's template grants that is no kind of call that anybody makes. */
export function unusedKinds(
  needs: readonly Need[],
  granted: readonly Grant[],
  exceptions: readonly Exception[],
): Grant[] {
  const kinds = new Set(needs.map(({ function: caller, action }) => `${caller} ${action}`));
  return granted.filter(
    (grant) => !kinds.has(`${grant.function} ${grant.action}`) && !exceptions.some(({ isOne }) => isOne(grant)),
  );
}
