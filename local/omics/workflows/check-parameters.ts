/** A run's parameters against its workflow's parameter template. */
import type { ParameterTemplate } from './workflow.ts';

/** What is wrong, in a sentence; undefined when nothing is. */
export function parameterProblem(template: ParameterTemplate | undefined, parameters: unknown): string | undefined {
  if (template === undefined) return undefined;
  const given = new Set(Object.keys(typeof parameters === 'object' && parameters !== null ? parameters : {}));
  const wanted = Object.entries(template);
  const missing = wanted
    .filter(([name, parameter]) => parameter.optional !== true && !given.has(name))
    .map(([name]) => name);
  const known = new Set(wanted.map(([name]) => name));
  const unknown = [...given].filter((name) => !known.has(name));
  const problems = [
    ...(missing.length > 0 ? [`required parameters are missing: [${missing.join(', ')}]`] : []),
    ...(unknown.length > 0 ? [`parameters are not in the workflow's parameter template: [${unknown.join(', ')}]`] : []),
  ];
  return problems.length === 0 ? undefined : problems.join('; ');
}
