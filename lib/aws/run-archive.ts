/** Runs as evidence needs them: everything that HealthOmics tells, with no member left out. */
import { GetRunCommand, GetRunTaskCommand, ListRunTasksCommand, type OmicsClient } from '@aws-sdk/client-omics';
import type { RunArchive } from '../lifecycle/evidence-ports.ts';
import { withPatience } from './patience.ts';
import { omicsClient } from './runs.ts';
import { omicsErrorsTranslated } from './stored-runs.ts';

const PAGE_SIZE = 100;

/** HealthOmics takes no definition that is larger. */
const LARGEST_DEFINITION_BYTES = 16 * 1024 * 1024;
/** For one answer, all attempts counted: what hangs must fail before Lambda ends the invocation, or no try is ever counted. */
const PATIENCE_MS = 10_000;

export function createRunArchive(
  client: () => OmicsClient = omicsClient,
  patienceMs: number = PATIENCE_MS,
): RunArchive {
  const patience = () => withPatience(patienceMs);
  return {
    run: (runId) =>
      unlessGone(() => client().send(new GetRunCommand({ id: runId, export: ['DEFINITION'] }), patience())),
    async tasks(runId, token) {
      const from = token === undefined ? {} : { startingToken: token };
      const command = new ListRunTasksCommand({ id: runId, maxResults: PAGE_SIZE, ...from });
      const answer = await unlessGone(() => client().send(command, patience()));
      if (answer === undefined) return undefined;
      const items = ((answer.items ?? []) as object[]).map((item) => ({ ...item }));
      return typeof answer.nextToken === 'string' ? { items, token: answer.nextToken } : { items };
    },
    async definition(location) {
      if (!/^https?:\/\//.test(location)) return undefined;
      const answer = await fetch(location, { signal: AbortSignal.timeout(patienceMs) });
      if (!answer.ok || Number(answer.headers.get('content-length') ?? 0) > LARGEST_DEFINITION_BYTES) {
        await answer.body?.cancel();
        return undefined;
      }
      const bytes = new Uint8Array(await answer.arrayBuffer());
      return bytes.length > LARGEST_DEFINITION_BYTES ? undefined : bytes;
    },
    task: (runId, taskId) => unlessGone(() => client().send(new GetRunTaskCommand({ id: runId, taskId }), patience())),
  };
}

async function unlessGone(call: () => Promise<object>): Promise<Record<string, unknown> | undefined> {
  try {
    const { $metadata: _, ...answer } = (await omicsErrorsTranslated(call)) as Record<string, unknown>;
    return answer;
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}
