import type { ProblemList } from './problems.ts';
import { readGroup, readTexts } from './read-values.ts';
import type { Allow } from './run-template.ts';
import type { Entry, MapNode } from './source-nodes.ts';
import { checkMember, type StartRunMember } from './start-run-members.ts';

/** Each list of `allow` with the member whose values it lists. */
export const ALLOW_LISTS = {
  workflowIds: 'workflowId',
  workflowTypes: 'workflowType',
  roleArns: 'roleArn',
  outputUriPrefixes: 'outputUri',
  runGroupIds: 'runGroupId',
  cacheIds: 'cacheId',
} as const satisfies Readonly<Record<keyof Allow, StartRunMember>>;

/** Reads the allow-list of a run-request route. Without the workflows that are allowed there is nothing to start. */
export function readAllow(entry: Entry | undefined, given: { run: MapNode; problems: ProblemList }): Allow {
  const { run, problems } = given;
  const known = Object.keys(ALLOW_LISTS);
  const entries = entry === undefined ? undefined : readGroup(entry.node, { known }, problems);
  const list = (name: keyof Allow) => readList(name, entries?.get(name), problems);
  const allow: Allow = {
    workflowIds: list('workflowIds'),
    workflowTypes: list('workflowTypes'),
    roleArns: list('roleArns'),
    outputUriPrefixes: list('outputUriPrefixes'),
    runGroupIds: list('runGroupIds'),
    cacheIds: list('cacheIds'),
  };
  if (entries?.has('workflowIds') !== true && !run.entries.has('workflowId')) {
    const place = entry?.keyPlace ?? run.place;
    problems.error(place, 'say which workflows a dropped request may start: allow: { workflowIds: ["1234567"] }');
  }
  return allow;
}

function readList(name: keyof Allow, entry: Entry | undefined, problems: ProblemList): readonly string[] {
  if (entry === undefined) return [];
  const values = readTexts(entry.node, problems) ?? [];
  for (const value of values) {
    if (value.includes('{')) problems.error(entry.node.place, `"${value}" must be a constant, not a template`);
    else for (const rule of checkMember(ALLOW_LISTS[name], value)) problems.error(entry.node.place, rule);
    if (name === 'outputUriPrefixes' && (!/^s3:\/\/[^/]+\/(?:.*\/)?$/.test(value) || /\/\.{1,2}\//.test(value))) {
      problems.error(
        entry.node.place,
        `"${value}" must be s3://bucket/ or a prefix that ends in '/', without '.' and '..'`,
      );
    }
  }
  return values;
}
