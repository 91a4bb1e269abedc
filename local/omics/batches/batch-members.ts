/** The runs of a batch, as settings and as what became of them. */
import type { OmicsParts } from '../parts.ts';
import type { Run } from '../runs/run.ts';
import type { Batch, BatchMember, InlineSetting } from './batch.ts';

export function membersOf(parts: OmicsParts, batch: Batch): BatchMember[] {
  const members: BatchMember[] = [];
  for (let index = 0; index < batch.totalRuns; index += 1) {
    const member = parts.batchMembers.get(`${batch.id}/${index}`);
    if (member !== undefined) members.push(member);
  }
  return members;
}

export function addMembers(parts: OmicsParts, batchId: string, settings: readonly InlineSetting[]): void {
  for (const [index, setting] of settings.entries()) {
    const key = `${batchId}/${index}`;
    if (!parts.batchMembers.has(key))
      parts.batchMembers.put({ seq: parts.batchMembers.nextSeq(), key, batchId, setting });
  }
}

export function removeMembers(parts: OmicsParts, batch: Batch): void {
  for (const member of membersOf(parts, batch)) parts.batchMembers.remove(member.key);
}

/** The member's run while it is stored; its id alone may mean a later run. */
export function runOf(parts: OmicsParts, member: BatchMember): Run | undefined {
  const run = member.runId === undefined ? undefined : parts.runs.byId(member.runId);
  return run?.uuid === member.runUuid ? run : undefined;
}
