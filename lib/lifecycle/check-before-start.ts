/** Looks, before money is spent, whether a run would have to fail: inputs that are not there, parameters that do not fit. */
import type { StartRunInput } from '../runs/start-run-input.ts';
import type { Objects, Runs } from './ports.ts';
import { sideBySide } from './side-by-side.ts';

export interface CheckPorts {
  readonly objects: Pick<Objects, 'someUnder'>;
  readonly runs: Pick<Runs, 'parameterTemplate'>;
}

/** Inputs beyond these are not looked for: a cohort may name thousands, and StartRun's rate must not wait for them. */
const MOST_INPUTS = 100;
const LOOKS_AT_ONCE = 8;

/** Every reason for which the run must fail; none when nothing speaks against it, or when it cannot be told. */
export async function checkBeforeStart(ports: CheckPorts, input: StartRunInput): Promise<readonly string[]> {
  return (await Promise.all([parameterProblems(ports, input), missingInputs(ports, input.parameters)])).flat();
}

async function parameterProblems({ runs }: CheckPorts, input: StartRunInput): Promise<readonly string[]> {
  if (typeof input.workflowId !== 'string') return [];
  const template = await runs.parameterTemplate({
    workflowId: input.workflowId,
    ...(typeof input.workflowType === 'string' ? { workflowType: input.workflowType } : {}),
    ...(typeof input.workflowOwnerId === 'string' ? { workflowOwnerId: input.workflowOwnerId } : {}),
    ...(typeof input.workflowVersionName === 'string' ? { workflowVersionName: input.workflowVersionName } : {}),
  });
  if (template === undefined) return [];
  const given = Object.keys((input.parameters ?? {}) as object);
  const known = Object.keys(template);
  const required = known.filter((name) => template[name]?.optional !== true);
  const workflow = `workflow ${input.workflowId}`;
  return [
    ...required
      .filter((name) => !given.includes(name))
      .map((name) => `The parameter ${name}, which ${workflow} requires, is missing.`),
    ...given
      .filter((name) => !known.includes(name))
      .map((name) => `The parameter ${name} is none of ${workflow}, which takes ${known.join(', ')}.`),
  ];
}

async function missingInputs({ objects }: CheckPorts, parameters: unknown): Promise<readonly string[]> {
  const inputs = [...inputObjects(parameters)];
  // A parameter may name one object, or what the names of several begin with, as an index does.
  const found = await sideBySide(inputs, LOOKS_AT_ONCE, ([, { bucket, key }]) =>
    objects.someUnder({ bucket, prefix: key }),
  );
  return inputs.flatMap(([place], number) =>
    found[number] === 'no'
      ? [`The input of parameter ${place} is not there: no object's name begins with its URI.`]
      : [],
  );
}

/** Parameters that are object URIs, wherever they are nested, by their place. A URI that ends in `/` may be a place to write to. */
function inputObjects(parameters: unknown): Map<string, { readonly bucket: string; readonly key: string }> {
  const found = new Map<string, { bucket: string; key: string }>();
  const visit = (value: unknown, place: string): void => {
    if (found.size >= MOST_INPUTS) return;
    if (typeof value === 'string') {
      const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*[^/])$/.exec(value) ?? [];
      if (bucket !== undefined && key !== undefined) found.set(place, { bucket, key });
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    for (const [name, member] of Object.entries(value)) visit(member, place === '' ? name : `${place}.${name}`);
  };
  visit(parameters, '');
  return found;
}
