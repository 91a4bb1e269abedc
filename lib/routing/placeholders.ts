import { didYouMean } from './did-you-mean.ts';
import type { Finding } from './problems.ts';
import type { Each, Gather } from './route.ts';
import type { Placeholder } from './template.ts';

/** What the values of one route's `run:` can speak of. */
export interface Vocabulary {
  readonly kind: 'drop' | 'outcome' | 'schedule';
  /** Wildcards of the pattern. */
  readonly wildcards: readonly string[];
  readonly gather?: Gather;
  readonly each?: Each;
  /** The columns that rows have, where the route lists them. */
  readonly columns?: readonly string[];
}

const ALWAYS = ['route', 'time', 'date'] as const;
/** Of one object. In a gather each takes a selector. */
const OBJECT_NAMES = ['uri', 'key', 'etag', 'size', 'versionId'] as const;
const UPSTREAM_FIELDS = ['outputUri', 'runId', 'runArn', 'uuid', 'name', 'status', 'workflowId', 'route'] as const;

/** What is wrong with a placeholder where it stands, or undefined. `inText`: it is a part of a longer text. */
export function checkPlaceholder(placeholder: Placeholder, words: Vocabulary, inText: boolean): Finding | undefined {
  const { name, text } = placeholder;
  if (inText && isList(placeholder)) return { message: `${text} is a list: it must be the whole value` };
  if (name === 'upstream' || name === 'row' || name === 'rows') return checkFielded(placeholder, words);
  const isWildcard = words.wildcards.includes(name);
  if (name === 'file' && !isWildcard) return { message: `this version of Rundrop does not offer ${text}` };
  if (name === 'env' && !isWildcard) return { message: `${text} is no placeholder: write \${env:NAME}` };
  if (placeholder.field !== undefined) return unknown(placeholder, words);
  if (placeholder.where !== undefined) return checkSelector(placeholder, words);
  if ((ALWAYS as readonly string[]).includes(name)) return undefined;
  if (words.kind !== 'drop') return unknown(placeholder, words);
  if (name === 'bucket') return undefined;
  return words.gather === undefined ? checkSingle(placeholder, words) : checkGathered(placeholder, words, words.gather);
}

function isList({ name, field }: Placeholder): boolean {
  return name === 'uris' || (name === 'rows' && field === undefined) || (name === 'rows' && field !== undefined);
}

function checkFielded(placeholder: Placeholder, words: Vocabulary): Finding | undefined {
  const { name, field, text } = placeholder;
  if (placeholder.where !== undefined) return { message: `${text} takes no selector` };
  if (name === 'upstream') {
    if (words.kind !== 'outcome')
      return { message: `${text} needs a route that starts on an outcome (on: { route, status })` };
    if (field !== undefined && (UPSTREAM_FIELDS as readonly string[]).includes(field)) return undefined;
    return suggest(
      `${text} is not known of an upstream run`,
      braced('upstream.', didYouMean(field ?? '', UPSTREAM_FIELDS)),
    );
  }
  if (words.each === undefined) return { message: `${text} needs a route with each: row or each: { group: column }` };
  if (field !== undefined && words.columns?.includes(field) === false) {
    return suggest(`sheet.columns has no ${field}`, braced(`${name}.`, didYouMean(field, words.columns)));
  }
  if (name === 'rows') {
    return words.each.kind === 'group'
      ? undefined
      : { message: `${text} needs each: { group: column }; each: row has {row.column}` };
  }
  if (field === undefined) return { message: `${text} needs a column: write {row.column}` };
  if (words.each.kind === 'row' || field === words.each.column) return undefined;
  return {
    message: `rows of a group may differ in ${field}, only {row.${words.each.column}} is the same; write {rows.${field}}`,
  };
}

function checkSelector(placeholder: Placeholder, words: Vocabulary): Finding | undefined {
  const { name, text } = placeholder;
  if (name !== 'uris' && !(OBJECT_NAMES as readonly string[]).includes(name)) return unknown(placeholder, words);
  if (words.kind !== 'drop' || words.gather === undefined)
    return { message: `${text} needs a route with gather`, suggestion: `{${name}}` };
  for (const [wildcard, value] of placeholder.where ?? []) {
    const wrong = checkSelected(wildcard, value, words, words.gather);
    if (wrong !== undefined) return wrong;
  }
  return name === 'uris' ? undefined : checkOne(placeholder, words.gather);
}

function checkSelected(wildcard: string, value: string, words: Vocabulary, gather: Gather): Finding | undefined {
  if (!words.wildcards.includes(wildcard)) {
    return suggest(`the pattern has no wildcard {${wildcard}}`, didYouMean(wildcard, words.wildcards));
  }
  if (gather.needs.kind !== 'product') return undefined;
  const list = gather.needs.lists.find((entry) => entry.name === wildcard);
  if (list === undefined || list.values.includes(value)) return undefined;
  return suggest(
    `gather.needs has no ${wildcard}=${value}, only ${list.values.join(', ')}`,
    didYouMean(value, list.values),
  );
}

/** A selector of one member must leave no choice, as far as the needs tell. */
function checkOne(placeholder: Placeholder, gather: Gather): Finding | undefined {
  if (gather.needs.kind !== 'product') return undefined;
  const where = placeholder.where ?? [];
  const open = gather.needs.lists.filter(
    ({ name, values }) => values.length > 1 && !where.some(([key]) => key === name),
  );
  const first = open[0];
  if (first === undefined) return undefined;
  const count = open.reduce((product, { values }) => product * values.length, 1);
  const selectors = [...where, [first.name, first.values[0]] as const].map(([key, value]) => `${key}=${value}`);
  const narrower = `{${placeholder.name}:${selectors.join(',')}}`;
  const list = placeholder.name === 'uri' ? `, or {uris${placeholder.text.slice(4)} for the list` : '';
  return { message: `${placeholder.text} selects ${count} members: say ${narrower}${list}` };
}

function checkSingle(placeholder: Placeholder, words: Vocabulary): Finding | undefined {
  const { name, text } = placeholder;
  if (words.wildcards.includes(name) || (OBJECT_NAMES as readonly string[]).includes(name)) return undefined;
  if (name === 'uris') return { message: `${text} needs a route with gather`, suggestion: '{uri}' };
  if (name === 'count') return { message: `${text} needs a route with gather` };
  return unknown(placeholder, words);
}

function checkGathered(placeholder: Placeholder, words: Vocabulary, gather: Gather): Finding | undefined {
  const { name, text } = placeholder;
  if (name === 'uris' || name === 'count' || gather.by.includes(name)) return undefined;
  if ((OBJECT_NAMES as readonly string[]).includes(name)) {
    return {
      message: `${text} could be any member of the set: say which one`,
      suggestion: `{${name}:${exampleSelector(gather)}}`,
    };
  }
  if (words.wildcards.includes(name)) {
    return {
      message: `${text} may differ among the members of a set: only the wildcards of gather.by can be used here`,
    };
  }
  return unknown(placeholder, words);
}

function exampleSelector(gather: Gather): string {
  if (gather.needs.kind !== 'product') return 'wildcard=value';
  return gather.needs.lists
    .filter(({ values }) => values.length > 1)
    .map(({ name, values }) => `${name}=${values[0]}`)
    .join(',');
}

function unknown(placeholder: Placeholder, words: Vocabulary): Finding {
  const known = knownNames(words);
  return suggest(`${placeholder.text} is not known here`, braced('', didYouMean(placeholder.name, known)));
}

function knownNames(words: Vocabulary): readonly string[] {
  if (words.kind === 'schedule') return ALWAYS;
  if (words.kind === 'outcome') return [...ALWAYS, 'upstream.outputUri'];
  if (words.gather !== undefined) return [...ALWAYS, 'bucket', 'count', 'uris', ...OBJECT_NAMES, ...words.gather.by];
  return [...ALWAYS, 'bucket', ...OBJECT_NAMES, ...words.wildcards];
}

function braced(prefix: string, name: string | undefined): string | undefined {
  return name === undefined ? undefined : `{${prefix}${name}}`;
}

function suggest(message: string, suggestion: string | undefined): Finding {
  return suggestion === undefined ? { message } : { message, suggestion };
}
