/** HealthOmics, as the lifecycle uses it. A foreign status or error is translated here and nowhere else. */
import {
  GetRunCommand,
  ListRunsCommand,
  OmicsClient,
  type RunStatus as OmicsRunStatus,
  StartRunCommand,
  type StartRunCommandInput,
  type StartRunCommandOutput,
} from '@aws-sdk/client-omics';
import type { RunFacts, Runs, StartRunResult } from '../lifecycle/ports.ts';
import { parseRunStatus, type RunStatus } from '../runs/run-status.ts';
import type { StartRunInput } from '../runs/start-run-input.ts';
import type { StartedRun } from '../runs/transitions.ts';
import { config } from './config.ts';

/** Sends one StartRun; wrapped in idempotency by the function that may call it. */
export type SendStartRun = (input: StartRunInput) => Promise<StartedRun>;

/** Pages of 100: more runs than any account's quota. */
const MOST_PAGES = 2_000;

let client: OmicsClient | undefined;

/** Against a custom endpoint the SDK would still put `workflows-` before the host. */
export function omicsClient(): OmicsClient {
  client ??= new OmicsClient(config().endpointUrl === undefined ? {} : { disableHostPrefix: true });
  return client;
}

export async function sendStartRun(input: StartRunInput): Promise<StartedRun> {
  const answer = await omicsClient().send(new StartRunCommand(input as unknown as StartRunCommandInput));
  return startedOf(input, answer);
}

function startedOf(input: StartRunInput, answer: StartRunCommandOutput): StartedRun {
  const { id, uuid, arn, runOutputUri, status } = answer;
  if (id === undefined || uuid === undefined)
    throw new Error(`StartRun ${input.requestId} answered without id and uuid.`);
  const retentionMode = input.retentionMode;
  const storageType = input.storageType;
  return {
    runId: id,
    uuid,
    ...(arn === undefined ? {} : { arn }),
    ...(runOutputUri === undefined ? {} : { runOutputUri }),
    ...(typeof retentionMode === 'string' ? { retentionMode } : {}),
    ...(typeof storageType === 'string' ? { storageType } : {}),
    status: parseRunStatus(status) ?? 'PENDING',
  };
}

export function createRuns(send: SendStartRun = sendStartRun): Runs {
  return {
    async startRun(input) {
      try {
        return { kind: 'started', run: await send(input) };
      } catch (error) {
        return resultOfError(error);
      }
    },
    async getRun(runId) {
      try {
        return factsOf({ ...(await omicsClient().send(new GetRunCommand({ id: runId }))) });
      } catch (error) {
        if (nameOf(error) === 'ResourceNotFoundException') return undefined;
        throw error;
      }
    },
    async findRunIdsByName(name) {
      const answer = await omicsClient().send(new ListRunsCommand({ name, maxResults: 100 }));
      return (answer.items ?? []).flatMap(({ id }) => (id === undefined ? [] : [id]));
    },
    async listRuns(status) {
      const runs: { runId: string; status: string }[] = [];
      let startingToken: string | undefined;
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const from = startingToken === undefined ? {} : { startingToken };
        const answer = await omicsClient().send(
          new ListRunsCommand({ status: status as OmicsRunStatus, maxResults: 100, ...from }),
        );
        for (const item of answer.items ?? []) {
          if (item.id !== undefined) runs.push({ runId: item.id, status: item.status ?? status });
        }
        startingToken = answer.nextToken;
        if (startingToken === undefined) break;
      }
      return runs;
    },
  };
}

const REFUSALS = new Set([
  'ValidationException',
  'ResourceNotFoundException',
  'AccessDeniedException',
  'ConflictException',
]);

/** The one translation of StartRun's errors. What is not a refusal may have started a run: it is asked again, same requestId. */
export function resultOfError(error: unknown): StartRunResult {
  const name = nameOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (REFUSALS.has(name)) return { kind: 'refused', reason: `StartRun was refused, ${name}: ${message}` };
  if (name === 'ServiceQuotaExceededException')
    return { kind: 'quota', reason: `A quota is full, ${name}: ${message}` };
  return { kind: 'later', reason: `StartRun did not get through, ${name}: ${message}` };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}

interface GetRunAnswer {
  readonly [name: string]: unknown;
}

function factsOf(answer: GetRunAnswer): RunFacts {
  const status: RunStatus | undefined = parseRunStatus(answer.status);
  const { id, uuid } = answer;
  if (typeof id !== 'string' || typeof uuid !== 'string' || status === undefined) {
    throw new Error(
      `GetRun answered run ${String(id)} without uuid or with status ${String(answer.status)}, which this version does not know.`,
    );
  }
  const texts = [
    'arn',
    'name',
    'failureReason',
    'statusMessage',
    'runOutputUri',
    'retentionMode',
    'storageType',
  ] as const;
  const times = ['creationTime', 'startTime', 'stopTime'] as const;
  const facts: Record<string, unknown> = { runId: id, uuid, status, tags: answer.tags ?? {} };
  for (const name of texts) if (typeof answer[name] === 'string') facts[name] = answer[name];
  for (const name of times) if (answer[name] instanceof Date) facts[name] = (answer[name] as Date).toISOString();
  return facts as unknown as RunFacts;
}
