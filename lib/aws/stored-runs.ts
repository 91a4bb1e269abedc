/** Every run that HealthOmics stores, as the sweeper reads it. */
import { GetRunCommand, ListRunsCommand, type OmicsClient, type RunStatus } from '@aws-sdk/client-omics';
import { errorName } from '../lifecycle/error-name.ts';
import { CallsThrottled, type ListedRun, PageTokenExpired, type StoredRuns } from '../lifecycle/sweep-ports.ts';

const PAGE_SIZE = 100;

export function createStoredRuns(client: () => OmicsClient): StoredRuns {
  return {
    async page({ status, token }) {
      const input = {
        maxResults: PAGE_SIZE,
        ...(status === undefined ? {} : { status: status as RunStatus }),
        ...(token === undefined ? {} : { startingToken: token }),
      };
      const answer = await send(() => client().send(new ListRunsCommand(input)), token !== undefined);
      const runs = (answer.items ?? []).flatMap((item) => listedOf(item) ?? []);
      return answer.nextToken === undefined ? { runs } : { runs, token: answer.nextToken };
    },
    async look(runId) {
      try {
        const run = await send(() => client().send(new GetRunCommand({ id: runId })), false);
        if (run.status === 'DELETED') return undefined;
        const listed = listedOf({ ...run, id: run.id ?? runId });
        if (listed === undefined || run.uuid === undefined)
          throw new Error(`GetRun answered run ${runId} without status or uuid.`);
        const { uuid, retentionMode, runGroupId, startedBy } = run;
        return { ...listed, uuid, retentionMode, runGroupId, startedBy };
      } catch (error) {
        if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
        throw error;
      }
    },
  };
}

interface Described {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly status?: string | undefined;
  readonly storageType?: string | undefined;
  readonly workflowId?: string | undefined;
  readonly creationTime?: Date | undefined;
  readonly startTime?: Date | undefined;
  readonly stopTime?: Date | undefined;
}

function listedOf({ id, name, status, storageType, workflowId, ...times }: Described): ListedRun | undefined {
  // A run with status DELETED holds no place any more, should it ever be listed.
  if (id === undefined || status === undefined || status === 'DELETED') return undefined;
  const createdMs = times.creationTime?.getTime() ?? 0;
  const startedMs = times.startTime?.getTime();
  return {
    runId: id,
    name,
    status,
    storageType,
    workflowId,
    createdMs,
    startedMs,
    stoppedMs: times.stopTime?.getTime(),
  };
}

const THROTTLES = new Set(['ThrottlingException', 'TooManyRequestsException', 'RequestLimitExceeded']);

/** @throws CallsThrottled for what HealthOmics calls so, else what the call throws. */
export async function omicsErrorsTranslated<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const name = errorName(error);
    if (THROTTLES.has(name)) throw new CallsThrottled('HealthOmics asks for fewer calls.', { cause: error });
    throw error;
  }
}

/** A request that differs from a good one only by its page token is refused for the token. */
async function send<T>(call: () => Promise<T>, hasToken: boolean): Promise<T> {
  try {
    return await omicsErrorsTranslated(call);
  } catch (error) {
    const name = errorName(error);
    if (hasToken && name === 'ValidationException')
      throw new PageTokenExpired('ListRuns does not take its page token any more.', { cause: error });
    throw error;
  }
}
