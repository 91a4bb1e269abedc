/** Every run that HealthOmics stores, as the sweeper reads it. */
import { GetRunCommand, paginateListRuns } from '@aws-sdk/client-omics';
import type { StoredRuns } from '../lifecycle/sweep-runs.ts';
import { omicsClient } from './runs.ts';

export function createStoredRuns(): StoredRuns {
  return {
    async *list() {
      for await (const page of paginateListRuns({ client: omicsClient(), pageSize: 100 }, {})) {
        yield (page.items ?? []).flatMap(({ id, status, storageType, creationTime }) =>
          id === undefined || status === undefined
            ? []
            : [{ runId: id, status: String(status), storageType, creationTime: creationTime?.toISOString() }],
        );
      }
    },
    async retentionModeOf(runId) {
      try {
        return (await omicsClient().send(new GetRunCommand({ id: runId }))).retentionMode;
      } catch (error) {
        if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
        throw error;
      }
    },
  };
}
