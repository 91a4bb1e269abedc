import { didYouMean } from './did-you-mean.ts';

export interface ReplacedText {
  readonly text: string;
  /** Every variable named, set or not. */
  readonly names: readonly string[];
  readonly problems: readonly string[];
}

const REFERENCE = /\$\{env:([^}]*)\}/g;
const INSIDE = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:,\s*(?:'([^']*)'|"([^"]*)")\s*)?$/;

/**
 * Replaces `${env:NAME}` and `${env:NAME, 'default'}`. A variable that is set to nothing counts as missing, since
 * that is what an unset secret looks like in most CI systems.
 */
export function replaceEnvironment(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): ReplacedText {
  if (!text.includes('${env:')) return { text, names: [], problems: [] };
  const names: string[] = [];
  const problems: string[] = [];
  const replaced = text.replaceAll(REFERENCE, (reference: string, inside: string) => {
    const [, name, single, double] = INSIDE.exec(inside) ?? [];
    if (name === undefined) {
      problems.push(`${reference} is not an environment reference: write \${env:NAME} or \${env:NAME, 'default'}`);
      return reference;
    }
    names.push(name);
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    const chosen = value === undefined || value === '' ? (single ?? double) : value;
    if (chosen === undefined) problems.push(sayMissing(name, environment));
    return chosen ?? '';
  });
  return { text: replaced, names, problems };
}

function sayMissing(name: string, environment: Readonly<Record<string, string | undefined>>): string {
  const set = Object.keys(environment).filter((key) => environment[key]);
  const meant = didYouMean(name, set);
  const hint = meant === undefined ? '' : ` (${meant} is set)`;
  return `the environment variable ${name} is not set${hint}: set it, or give a default as \${env:${name}, '…'}`;
}
