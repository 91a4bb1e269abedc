/** Choice rules, checked at load and put so that the interpreter decides as AWS does. */
import type { JsonObject } from '../aws-json.ts';
import { checkPath, DefinitionFault, isObject, rewritePath } from './paths.ts';

const TYPE_TESTS = new Set(['IsNull', 'IsPresent', 'IsNumeric', 'IsString', 'IsBoolean', 'IsTimestamp']);
const COMPARISON = /^(String|Numeric|Timestamp)(Equals|LessThan|GreaterThan|LessThanEquals|GreaterThanEquals)(Path)?$/;
const BOOLEAN_COMPARISON = /^BooleanEquals(Path)?$/;
/** What the interpreter's matcher takes for more than itself; in AWS only `*` and its escape are special. */
const FOREIGN_WILDCARDS = /[?[\]{}()!+@\\]/;
/** Deep enough for any written rule; a bound on what a definition can make us recurse. */
const MAX_DEPTH = 20;

/** One rule with `Next` left out. @throws DefinitionFault */
export function normaliseRule(rule: unknown, depth = 0): JsonObject {
  if (!isObject(rule)) throw new DefinitionFault('a choice rule must be an object');
  if (depth > MAX_DEPTH) throw new DefinitionFault(`choice rules may be nested ${MAX_DEPTH} deep at most`);
  if ('Condition' in rule) throw new DefinitionFault('Condition is JSONata, which does not run on this laptop AWS');
  if ('Assign' in rule) throw new DefinitionFault('Assign (variables) does not run on this laptop AWS');
  if (Array.isArray(rule.And)) return { And: rule.And.map((inner) => normaliseRule(inner, depth + 1)) };
  if (Array.isArray(rule.Or)) return { Or: rule.Or.map((inner) => normaliseRule(inner, depth + 1)) };
  if ('Not' in rule) return { Not: normaliseRule(rule.Not, depth + 1) };
  return normaliseComparison(rule);
}

function normaliseComparison(rule: JsonObject): JsonObject {
  const Variable = rewritePath(checkPath(rule.Variable, 'Variable'));
  const operators = Object.keys(rule).filter((key) => !['Variable', 'Next', 'Comment'].includes(key));
  const operator = operators[0];
  if (operator === undefined || operators.length > 1) {
    throw new DefinitionFault(`a choice rule on ${String(rule.Variable)} must have exactly one comparison`);
  }
  const operand = rule[operator];
  if (TYPE_TESTS.has(operator)) {
    if (typeof operand !== 'boolean') throw new DefinitionFault(`${operator} must be true or false`);
    const test = { Variable, [operator]: true };
    return operand ? test : { Not: test }; // the interpreter answers false to every IsX: false
  }
  const right = operator.endsWith('Path') ? rewritePath(checkPath(operand, operator)) : operand;
  return guard(Variable, operator, right);
}

/** In AWS a comparison with a value of another type is false; the interpreter would compare them as JavaScript does. */
function guard(Variable: string, operator: string, operand: unknown): JsonObject {
  const comparison = { Variable, [operator]: operand };
  if (BOOLEAN_COMPARISON.test(operator)) return comparison;
  if (operator === 'StringMatches') {
    if (typeof operand !== 'string' || FOREIGN_WILDCARDS.test(operand)) {
      throw new DefinitionFault(
        `StringMatches ${JSON.stringify(operand)}: only * runs on this laptop AWS, beside plain characters`,
      );
    }
    return { And: [{ Variable, IsString: true }, comparison] };
  }
  const kind = COMPARISON.exec(operator)?.[1];
  if (kind === undefined) throw new DefinitionFault(`${operator} is not a comparison of a choice rule`);
  return { And: [{ Variable, [`Is${kind}`]: true }, comparison] };
}
