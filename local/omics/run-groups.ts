/** Run groups: limits that a number of runs share. */
import { createOnce, present } from './create-once.ts';
import { conflict, notFound } from './errors.ts';
import { freeId } from './ids.ts';
import { pageOf } from './paging.ts';
import type { OmicsParts } from './parts.ts';
import type { Input, OperationHandlers } from './protocol/answer.ts';
import type { Resource } from './resource-table.ts';
import type { RunStatus, Tags } from './runs/run.ts';
import { checkTags } from './tags.ts';

interface Limits {
  readonly name?: string;
  readonly maxCpus?: number;
  readonly maxGpus?: number;
  readonly maxRuns?: number;
  /** Minutes. */
  readonly maxDuration?: number;
}

export interface RunGroup extends Resource, Limits {
  readonly id: string;
  readonly createdMs: number;
  readonly tags: Tags;
}

const ACTIVE: readonly RunStatus[] = ['PENDING', 'STARTING', 'RUNNING', 'STOPPING'];

export function runGroupOperations(parts: OmicsParts): OperationHandlers {
  const find = (input: Input): RunGroup => {
    const group = parts.runGroups.get(String(input.id));
    if (group === undefined) throw notFound('Run group', String(input.id));
    return group;
  };
  return {
    CreateRunGroup: (input) => {
      const group = createOnce(parts, 'CreateRunGroup', input, parts.runGroups, () => newGroup(parts, input));
      return { arn: parts.arns.of('runGroup', group.id), id: group.id, tags: group.tags };
    },
    GetRunGroup: (input) => groupView(parts, find(input)),
    ListRunGroups: (input) => listGroups(parts, input),
    UpdateRunGroup: (input) => {
      const group = find(input);
      parts.runGroups.put({ ...group, ...limitsOf(input) });
      return undefined;
    },
    DeleteRunGroup: (input) => {
      const group = find(input);
      const busy = ACTIVE.some(
        (status) => !parts.runs.list({ runGroupId: group.id, status }, 'OLDEST_FIRST').next().done,
      );
      if (busy) throw conflict(`Run group ${group.id} has runs that are not at their end`);
      parts.runGroups.remove(group.key);
      return undefined;
    },
  };
}

function newGroup(parts: OmicsParts, input: Input): RunGroup {
  const tags = (input.tags ?? {}) as Tags;
  checkTags(tags);
  const id = freeId(parts.random, (taken) => parts.runGroups.has(taken));
  return { seq: parts.runGroups.nextSeq(), key: id, id, createdMs: parts.clock.nowMs(), tags, ...limitsOf(input) };
}

function limitsOf(input: Input): Limits {
  const { name, maxCpus, maxGpus, maxRuns, maxDuration } = input as Limits;
  return present({ name, maxCpus, maxGpus, maxRuns, maxDuration });
}

function groupView(parts: OmicsParts, group: RunGroup): object {
  return { ...group, arn: parts.arns.of('runGroup', group.id), creationTime: group.createdMs };
}

function listGroups(parts: OmicsParts, input: Input): object {
  const { name, startingToken, maxResults } = input as { name?: string; startingToken?: string; maxResults?: number };
  const page = pageOf(
    { startingToken, maxResults, filters: ['runGroups', name] },
    (after) => parts.runGroups.list(after).filter((group) => name === undefined || group.name === name),
    (group) => group.seq,
  );
  return { ...page, items: page.items.map((group) => groupView(parts, group)) };
}
