/** Runs as pruning reads, archives and deletes them. */
import { DeleteRunCommand, GetRunCommand, ListRunTasksCommand, OmicsClient } from '@aws-sdk/client-omics';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { PrunableRuns, PrunePorts } from '../lifecycle/sweep-ports.ts';
import { config } from './config.ts';
import { omicsErrorsTranslated } from './stored-runs.ts';
import { traced } from './tracing.ts';

const PAGE_SIZE = 100;

let deletingClient: OmicsClient | undefined;

/** Sends each DeleteRun once: by the time of a second one the id may be another run's. */
function clientThatDeletes(): OmicsClient {
  const hostPrefix = config().endpointUrl === undefined ? {} : { disableHostPrefix: true };
  deletingClient ??= traced(new OmicsClient({ maxAttempts: 1, ...hostPrefix }));
  return deletingClient;
}

export function createPrunableRuns(
  client: () => OmicsClient,
  deleting: () => OmicsClient = clientThatDeletes,
): PrunableRuns {
  return {
    async describe(runId) {
      try {
        const { $metadata: _, ...run } = await omicsErrorsTranslated(() =>
          client().send(new GetRunCommand({ id: runId })),
        );
        if (run.status === 'DELETED') return undefined;
        const facts = {
          runId: run.id ?? runId,
          uuid: run.uuid,
          createdMs: run.creationTime?.getTime() ?? 0,
          stoppedMs: run.stopTime?.getTime(),
          status: run.status ?? 'UNKNOWN',
          retentionMode: run.retentionMode,
          tags: run.tags,
        };
        return { facts, whole: run };
      } catch (error) {
        if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
        throw error;
      }
    },
    async tasks(runId, token) {
      const from = token === undefined ? {} : { startingToken: token };
      const command = new ListRunTasksCommand({ id: runId, maxResults: PAGE_SIZE, ...from });
      const answer = await omicsErrorsTranslated(() => client().send(command));
      const tasks = answer.items ?? [];
      return answer.nextToken === undefined ? { tasks } : { tasks, token: answer.nextToken };
    },
    async delete(runId) {
      try {
        await omicsErrorsTranslated(() => deleting().send(new DeleteRunCommand({ id: runId })));
        return 'deleted';
      } catch (error) {
        const name = error instanceof Error ? error.name : '';
        if (name === 'ResourceNotFoundException') return 'gone';
        if (REFUSALS.has(name)) return 'refused';
        throw error;
      }
    },
  };
}

const REFUSALS = new Set(['ConflictException', 'ValidationException', 'AccessDeniedException']);

let s3: S3Client | undefined;

export function createArchive(given?: S3Client): PrunePorts['archive'] {
  return {
    async write(address, text) {
      const [, Bucket = '', Key = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(address) ?? [];
      if (given === undefined) s3 ??= traced(new S3Client({}));
      const client = given ?? s3 ?? new S3Client({});
      await client.send(new PutObjectCommand({ Bucket, Key, Body: text, ContentType: 'application/json' }));
    },
  };
}
