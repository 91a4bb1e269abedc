/** Who may assume a service role, by its trust policy. Pure. */

export interface AssumedBy {
  readonly account: string;
  readonly region: string;
}

/** `open`: whoever HealthOmics acts for, so that a run of another account could be given this role. */
export type Trust = 'none' | 'others' | 'open' | 'trusted';

const HEALTHOMICS = 'omics.amazonaws.com';

/** `others`: HealthOmics may, but the conditions leave out runs of this account and region. */
export function trustOf(policyText: string, { account, region }: AssumedBy): Trust {
  const { Statement = [] } = JSON.parse(policyText) as { Statement?: Statement | readonly Statement[] };
  const statements = [Statement].flat().filter(isAboutHealthOmics);
  if (statements.length === 0) return 'none';
  const source = { 'aws:sourceaccount': account, 'aws:sourcearn': `arn:aws:omics:${region}:${account}:run/1234567` };
  const kept = statements.map(conditionsOf).filter((conditions) =>
    conditions.every(([key, values]) => {
      const value = source[key];
      return values.some((pattern) => matches(pattern, value));
    }),
  );
  if (kept.length === 0) return 'others';
  return kept.some((conditions) => conditions.length === 0) ? 'open' : 'trusted';
}

interface Statement {
  readonly Effect?: string;
  readonly Action?: string | readonly string[];
  readonly Principal?: string | { readonly Service?: string | readonly string[] };
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

function isAboutHealthOmics({ Effect, Action = [], Principal }: Statement): boolean {
  const services = typeof Principal === 'object' ? [Principal.Service ?? []].flat() : [];
  const assumes = [Action].flat().some((action) => matches(action.toLowerCase(), 'sts:assumerole'));
  return Effect === 'Allow' && assumes && services.includes(HEALTHOMICS);
}

type SourceKey = 'aws:sourceaccount' | 'aws:sourcearn';

/** Those that say for whom HealthOmics acts; others are not judged. */
function conditionsOf({ Condition = {} }: Statement): readonly (readonly [SourceKey, readonly string[]])[] {
  const all = Object.entries(Condition).filter(([operator]) => !operator.includes('Not'));
  return all.flatMap(([, keys]) =>
    Object.entries(keys).flatMap(([name, values]) => {
      const key = name.toLowerCase();
      return key === 'aws:sourceaccount' || key === 'aws:sourcearn' ? [[key, [values].flat()] as const] : [];
    }),
  );
}

/** `*` and `?` as in a policy; the partition of an ARN may be another one. */
function matches(pattern: string, value: string): boolean {
  const source = pattern
    .replace(/^arn:aws[a-z-]*:/, 'arn:aws:')
    .replaceAll(/[\\^$.+()|[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(value);
}
