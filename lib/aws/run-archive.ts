/** Runs as evidence needs them: everything that HealthOmics tells, with no member left out. */
import { GetRunCommand, GetRunTaskCommand, ListRunTasksCommand } from '@aws-sdk/client-omics';
import type { RunArchive } from '../lifecycle/evidence-ports.ts';
import { omicsClient } from './runs.ts';

const PAGE_SIZE = 100;
/** 10,000 tasks. What a run has beyond them is not listed, and the evidence says so. */
const MOST_PAGES = 100;

/** HealthOmics takes no definition that is larger. */
const LARGEST_DEFINITION_BYTES = 16 * 1024 * 1024;
const DEFINITION_TIMEOUT_MS = 10_000;

export function createRunArchive(): RunArchive {
  return {
    run: (runId) => unlessGone(() => omicsClient().send(new GetRunCommand({ id: runId, export: ['DEFINITION'] }))),
    async tasks(runId) {
      const items: Record<string, unknown>[] = [];
      let startingToken: string | undefined;
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const from = startingToken === undefined ? {} : { startingToken };
        const command = new ListRunTasksCommand({ id: runId, maxResults: PAGE_SIZE, ...from });
        const answer = await unlessGone(() => omicsClient().send(command));
        if (answer === undefined) return undefined;
        for (const item of (answer.items ?? []) as object[]) items.push({ ...item });
        startingToken = answer.nextToken as string | undefined;
        if (startingToken === undefined) return { items, complete: true };
      }
      return { items, complete: false };
    },
    async definition(location) {
      if (!/^https?:\/\//.test(location)) return undefined;
      const answer = await fetch(location, { signal: AbortSignal.timeout(DEFINITION_TIMEOUT_MS) });
      if (!answer.ok || Number(answer.headers.get('content-length') ?? 0) > LARGEST_DEFINITION_BYTES) {
        await answer.body?.cancel();
        return undefined;
      }
      const bytes = new Uint8Array(await answer.arrayBuffer());
      return bytes.length > LARGEST_DEFINITION_BYTES ? undefined : bytes;
    },
    task: (runId, taskId) => unlessGone(() => omicsClient().send(new GetRunTaskCommand({ id: runId, taskId }))),
  };
}

async function unlessGone(call: () => Promise<object>): Promise<Record<string, unknown> | undefined> {
  try {
    const { $metadata: _, ...answer } = (await call()) as Record<string, unknown>;
    return answer;
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}
