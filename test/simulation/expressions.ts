/** The part of DynamoDB's expression language that the ledger speaks; anything else is an error. */
export type Values = Readonly<Record<string, unknown>>;

export interface ExpressionInput {
  readonly names?: Readonly<Record<string, string>> | undefined;
  readonly values?: Values | undefined;
}

type Item = Readonly<Record<string, unknown>>;
type Test = (item: Item | undefined, input: ExpressionInput) => boolean;

const compiled = new Map<string, Test>();

/** Whether the condition holds of the item. */
export function holds(expression: string, item: Item | undefined, input: ExpressionInput): boolean {
  let test = compiled.get(expression);
  if (test === undefined) {
    test = compile(expression);
    compiled.set(expression, test);
  }
  return test(item, input);
}

function compile(expression: string): Test {
  if (expression === '') return () => true;
  const alternatives = expression.split(' OR ').map((part) => part.split(' AND ').map(compileTerm));
  return (item, input) => alternatives.some((terms) => terms.every((term) => term(item, input)));
}

function compileTerm(text: string): Test {
  const term = text.trim();
  const existence = /^attribute_(not_)?exists\(([\w#.]+)\)$/.exec(term);
  if (existence !== null) {
    const [, not, path = ''] = existence;
    return (item, input) => (valueAt(item, path, input) === undefined) === (not !== undefined);
  }
  const comparison = /^([\w#.[\]]+) (=|<>|<=|<) (:\w+)$/.exec(term);
  if (comparison === null) throw new Error(`The simulated table does not know the condition "${term}".`);
  const [, path = '', operator, value = ''] = comparison;
  return (item, input) => {
    const found = valueAt(item, path, input);
    if (operator === '=') return found !== undefined && found === operand(value, input);
    // An absent attribute is unequal to everything, and comparable to nothing.
    if (operator === '<>') return found !== operand(value, input);
    if (typeof found !== 'number') return false;
    return operator === '<=' ? found <= Number(operand(value, input)) : found < Number(operand(value, input));
  };
}

function valueAt(item: Item | undefined, path: string, input: ExpressionInput): unknown {
  let value: unknown = item;
  for (const part of path.replaceAll(/\[(\d+)\]/g, '.$1').split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[nameOf(part, input)];
  }
  return value;
}

function nameOf(part: string, { names }: ExpressionInput): string {
  if (!part.startsWith('#')) return part;
  const name = names?.[part];
  if (name === undefined) throw new Error(`The expression's ${part} is not among its names.`);
  return name;
}

function operand(text: string, { values }: ExpressionInput): unknown {
  if (values === undefined || !Object.hasOwn(values, text)) throw new Error(`The expression's ${text} has no value.`);
  return values[text];
}

/** The item after `SET a = :a, b = :b REMOVE c, d ADD e :e`. */
export function updated(expression: string, item: Item, input: ExpressionInput): Record<string, unknown> {
  const after: Record<string, unknown> = { ...item };
  const [, sets, removes, adds] = /^(?:SET (.+?))?(?: ?REMOVE (.+?))?(?: ?ADD (.+))?$/.exec(expression) ?? [];
  if (sets === undefined && removes === undefined && adds === undefined)
    throw new Error(`The simulated table does not know the update "${expression}".`);
  for (const set of sets?.split(',') ?? []) {
    const [, path = '', value = ''] = /^([\w#]+) = (:\w+)$/.exec(set.trim()) ?? [];
    if (path === '') throw new Error(`The simulated table does not know the update "${set}".`);
    after[nameOf(path, input)] = operand(value, input);
  }
  for (const path of removes?.split(',') ?? []) delete after[nameOf(path.trim(), input)];
  for (const add of adds?.split(',') ?? []) {
    const [path = '', value = ''] = add.trim().split(' ');
    after[nameOf(path, input)] = Number(after[nameOf(path, input)] ?? 0) + Number(operand(value, input));
  }
  return after;
}
