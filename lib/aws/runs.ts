/** HealthOmics, as the lifecycle uses it. A foreign status or error is translated here and nowhere else. */
import {
  CancelRunCommand,
  GetRunCommand,
  GetWorkflowCommand,
  GetWorkflowVersionCommand,
  ListRunsCommand,
  type ListRunsCommandInput,
  OmicsClient,
  type RunStatus as OmicsRunStatus,
  type RunListItem,
  StartRunCommand,
  type StartRunCommandInput,
  type StartRunCommandOutput,
  type WorkflowType,
} from '@aws-sdk/client-omics';
import { errorName } from '../lifecycle/error-name.ts';
import type { ListedRun, RunFacts, Runs, StartRunResult, WorkflowName } from '../lifecycle/ports.ts';
import { parseRunStatus, type RunStatus } from '../runs/run-status.ts';
import type { StartRunInput } from '../runs/start-run-input.ts';
import type { StartedRun } from '../runs/transitions.ts';
import { config } from './config.ts';
import { withPatience } from './patience.ts';
import { traced } from './tracing.ts';

/** Sends one StartRun; wrapped in idempotency by the function that may call it. */
export type SendStartRun = (input: StartRunInput) => Promise<StartedRun>;

/** Pages of 100: more runs than any account's quota. */
const MOST_PAGES = 2_000;
/** The names that we give are unique, so one page is the rule. */
const MOST_PAGES_OF_A_NAME = 20;

let client: OmicsClient | undefined;

/** Against a custom endpoint the SDK would still put `workflows-` before the host. */
export function omicsClient(): OmicsClient {
  client ??= traced(new OmicsClient(config().endpointUrl === undefined ? {} : { disableHostPrefix: true }));
  return client;
}

let clientOfOneAttempt: OmicsClient | undefined;

/**
 * Sends each call once, over the other client's connections: for calls of which only who makes them can decide on another
 * try, because only they know what the first one may have done.
 */
export function omicsClientOfOneAttempt(): OmicsClient {
  const { requestHandler, disableHostPrefix } = omicsClient().config;
  clientOfOneAttempt ??= traced(new OmicsClient({ maxAttempts: 1, requestHandler, disableHostPrefix }));
  return clientOfOneAttempt;
}

/**
 * A call that hangs must not take the starter's invocation with it: its nudges would stay hidden for three minutes, and
 * behind them everything that waits. It counts as any other call whose answer is lost.
 */
const START_PATIENCE_MS = 10_000;

export async function sendStartRun(input: StartRunInput, patienceMs = START_PATIENCE_MS): Promise<StartedRun> {
  const command = new StartRunCommand(input as unknown as StartRunCommandInput);
  addUntypedMembers(command, input);
  return startedOf(input, await omicsClientOfOneAttempt().send(command, withPatience(patienceMs)));
}

/** What StartRun takes and this version of the SDK does not know: its serializer leaves such members out without a word. */
const UNTYPED_MEMBERS = ['scratchStorageMode', 'sessionPolicy', 'engineSettings'] as const;

function addUntypedMembers(command: StartRunCommand, input: StartRunInput): void {
  const members = UNTYPED_MEMBERS.filter((name) => input[name] !== undefined);
  if (members.length === 0) return;
  const more = Object.fromEntries(members.map((name) => [name, input[name]]));
  command.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { body: string };
      request.body = JSON.stringify({ ...(JSON.parse(request.body) as object), ...more });
      return next(args);
    },
    // Before the step that counts the body's length.
    { name: 'untypedMembers', step: 'build', priority: 'high' },
  );
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
    getRun: (runId) => getRun(omicsClient(), runId),
    cancelRun: (runId) => cancelRun(omicsClient(), runId),
    findRunIdsByName: (name) => findRunIdsByName(omicsClient(), name),
    parameterTemplate: readParameterTemplate,
    async listRuns(status) {
      const runs: ListedRun[] = [];
      for (const item of await listAll(omicsClient(), { status: status as OmicsRunStatus }, MOST_PAGES)) {
        if (item.id === undefined) continue;
        const name = item.name === undefined ? {} : { name: item.name };
        const created = item.creationTime === undefined ? {} : { creationTime: item.creationTime.toISOString() };
        runs.push({ runId: item.id, ...name, status: item.status ?? status, ...created });
      }
      return runs;
    },
  };
}

export async function getRun(omics: OmicsClient, runId: string): Promise<RunFacts | undefined> {
  try {
    return factsOf({ ...(await omics.send(new GetRunCommand({ id: runId }))) });
  } catch (error) {
    if (errorName(error) === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

export async function findRunIdsByName(omics: OmicsClient, name: string): Promise<readonly string[]> {
  const runs = await listAll(omics, { name }, MOST_PAGES_OF_A_NAME);
  return runs.flatMap(({ id }) => (id === undefined ? [] : [id]));
}

/** Page by page: of a list with a filter a page may be empty, and another one follow. */
async function listAll(omics: OmicsClient, filter: ListRunsCommandInput, mostPages: number): Promise<RunListItem[]> {
  const items: RunListItem[] = [];
  let startingToken: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const from = startingToken === undefined ? {} : { startingToken };
    const answer = await omics.send(new ListRunsCommand({ ...filter, maxResults: 100, ...from }));
    for (const item of answer.items ?? []) items.push(item);
    startingToken = answer.nextToken;
    if (startingToken === undefined) break;
  }
  return items;
}

/** ConflictException is how HealthOmics says that a run has ended or is ending. */
export async function cancelRun(omics: OmicsClient, runId: string): Promise<void> {
  try {
    await omics.send(new CancelRunCommand({ id: runId }));
  } catch (error) {
    if (!['ConflictException', 'ResourceNotFoundException'].includes(errorName(error))) throw error;
  }
}

type Template = Readonly<Record<string, { readonly optional?: boolean | undefined }>>;
const templates = new Map<string, { readonly template: Template | undefined; readonly freshUntilMs: number }>();
/** UpdateWorkflow and UpdateWorkflowVersion cannot change a template; what AWS does to its own workflows is not stated. */
const TEMPLATE_FRESH_MS = 60 * 60_000;
/** A workflow whose template cannot be read is not asked for with every start. */
const UNREAD_FRESH_MS = 10 * 60_000;
const MOST_TEMPLATES = 500;

/** Asked once an hour for each workflow. What cannot be read is left to StartRun to judge. */
async function readParameterTemplate(workflow: WorkflowName): Promise<Template | undefined> {
  const name = JSON.stringify(workflow);
  const known = templates.get(name);
  if (known !== undefined && Date.now() < known.freshUntilMs) return known.template;
  let freshMs = TEMPLATE_FRESH_MS;
  const template = await askParameterTemplate(workflow).catch(() => {
    freshMs = UNREAD_FRESH_MS;
    return undefined;
  });
  if (templates.size >= MOST_TEMPLATES) templates.clear();
  templates.set(name, { template, freshUntilMs: Date.now() + freshMs });
  return template;
}

async function askParameterTemplate(workflow: WorkflowName): Promise<Template | undefined> {
  const { workflowId, workflowType, workflowOwnerId, workflowVersionName: versionName } = workflow;
  const owner = workflowOwnerId === undefined ? {} : { workflowOwnerId };
  const type = workflowType === undefined ? {} : { type: workflowType as WorkflowType };
  if (versionName === undefined) {
    const { parameterTemplate } = await omicsClient().send(
      new GetWorkflowCommand({ id: workflowId, ...type, ...owner }),
    );
    return parameterTemplate;
  }
  const version = new GetWorkflowVersionCommand({ workflowId, versionName, ...type, ...owner });
  return (await omicsClient().send(version)).parameterTemplate;
}

const REFUSALS = new Set([
  'ValidationException',
  'ResourceNotFoundException',
  'AccessDeniedException',
  'ConflictException',
]);

/** The one translation of StartRun's errors. What is not a refusal may have started a run: it is asked again, same requestId. */
export function resultOfError(error: unknown): StartRunResult {
  const name = errorName(error);
  const message = error instanceof Error ? error.message : String(error);
  if (REFUSALS.has(name)) return { kind: 'refused', reason: `StartRun was refused, ${name}: ${message}`, code: name };
  if (name === 'ServiceQuotaExceededException')
    return { kind: 'quota', reason: `A quota is full, ${name}: ${message}` };
  const later = { kind: 'later', reason: `StartRun did not get through, ${name}: ${message}` } as const;
  return name === 'ThrottlingException' ? { ...later, isThrottled: true } : later;
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
