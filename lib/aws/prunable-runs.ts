/** Runs as pruning reads and deletes them. */
import { DeleteRunCommand, GetRunCommand, type OmicsClient } from '@aws-sdk/client-omics';
import { errorName } from '../lifecycle/error-name.ts';
import type { PrunableRuns } from '../lifecycle/sweep-ports.ts';
import { omicsClientOfOneAttempt } from './runs.ts';
import { omicsErrorsTranslated } from './stored-runs.ts';

/** Sends each DeleteRun once: by the time of a second one the id may be another run's. */
export function createPrunableRuns(
  client: () => OmicsClient,
  deleting: () => OmicsClient = omicsClientOfOneAttempt,
): PrunableRuns {
  return {
    async describe(runId) {
      try {
        const run = await omicsErrorsTranslated(() => client().send(new GetRunCommand({ id: runId })));
        if (run.status === 'DELETED') return undefined;
        return {
          runId: run.id ?? runId,
          uuid: run.uuid,
          createdMs: run.creationTime?.getTime() ?? 0,
          stoppedMs: run.stopTime?.getTime(),
          status: run.status ?? 'UNKNOWN',
          retentionMode: run.retentionMode,
          tags: run.tags,
        };
      } catch (error) {
        if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
        throw error;
      }
    },
    async delete(runId) {
      try {
        await omicsErrorsTranslated(() => deleting().send(new DeleteRunCommand({ id: runId })));
        return 'deleted';
      } catch (error) {
        const name = errorName(error);
        if (name === 'ResourceNotFoundException') return 'gone';
        if (REFUSALS.has(name)) return 'refused';
        throw error;
      }
    },
  };
}

const REFUSALS = new Set(['ConflictException', 'ValidationException', 'AccessDeniedException']);
