/** The machine's first state: puts a request in line for the starter and leaves a token that the starter answers. */
import type { Ledger } from '../ledger/ledger.ts';
import { checkStartRunRequest } from '../routing/start-run-request.ts';
import { currentAttempt, type RequestRecord } from '../runs/request-record.ts';
import { REQUEST_ID_TAG } from '../runs/start-run-input.ts';
import { executionStarted, started, waiting } from '../runs/transitions.ts';
import { claimRequest, newRequest } from './claim-request.ts';
import { DropNotStarted, InvalidInput, parseExecutionInput, RunNotFound, SheetTaken } from './execution-input.ts';
import type { Clock, Executions, Log, RunFacts, Runs, Settings, Starter } from './ports.ts';
import { sentences } from './sentences.ts';
import type { TakeSheetPorts } from './take-sheet.ts';
import { answerToken, startAnswer } from './tokens.ts';

export interface AwaitStartPorts {
  readonly ledger: Pick<Ledger, 'drops' | 'gathers' | 'requests' | 'tokens'>;
  readonly runs: Pick<Runs, 'getRun'>;
  readonly executions: Executions;
  readonly starter: Starter;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly log: Log;
  /** What taking a drop needs beyond these: asked for only when an execution is about one. */
  readonly taking: () => Promise<Pick<TakeSheetPorts, 'objects' | 'routes' | 'sheetParts' | 'deadlineMs'>>;
}

/** The state's payload. `input` is the execution's input, or what RecordOutcome said when another attempt is due. */
export interface AwaitStartEvent {
  readonly token: string;
  readonly executionArn: string;
  readonly executionName: string;
  readonly input: unknown;
}

/** What a person has to mend. Told to the execution, never thrown: Lambda would log the message, which may say what the input says. */
const PERMANENT = [InvalidInput, RunNotFound, DropNotStarted, SheetTaken];

export async function awaitStart(ports: AwaitStartPorts, event: AwaitStartEvent): Promise<void> {
  const record = await requestOf(ports, event).catch((error: unknown) => {
    if (error instanceof Error && PERMANENT.some((kind) => error instanceof kind)) return error;
    throw error;
  });
  if (record instanceof Error) {
    ports.log.warn('execution input starts nothing', { execution: event.executionName, error: record.name });
    await ports.executions.fail(event.token, record.name, record.message);
    return;
  }
  await register(ports, event, record);
}

async function register(ports: AwaitStartPorts, event: AwaitStartEvent, record: RequestRecord): Promise<void> {
  const { identity } = record;
  const nowMs = ports.clock.nowMs();
  const token = {
    identity,
    purpose: 'start' as const,
    executionName: event.executionName,
    attempt: currentAttempt(record).attempt,
    token: event.token,
  };
  await ports.ledger.tokens.put(token, nowMs);
  // Written, or else read, after the token is in place: whoever moves the request on from here finds the token.
  const step = (latest: RequestRecord) =>
    executionStarted(waiting(latest, new Date(nowMs).toISOString()), event.executionArn);
  const placed = await ports.ledger.requests.change(identity, step, record);
  const answer = startAnswer(placed);
  if (answer !== undefined) {
    await answerToken(ports, token, answer);
    return;
  }
  ports.log.info('request waits for its start', { identity, attempt: currentAttempt(placed).attempt });
  await ports.starter.nudge(`${identity}-${currentAttempt(placed).attempt}-${event.executionName}`, identity);
}

async function requestOf(ports: AwaitStartPorts, event: AwaitStartEvent): Promise<RequestRecord> {
  const input = parseExecutionInput(event.input);
  switch (input.kind) {
    case 'request': {
      const record = await ports.ledger.requests.read(input.identity);
      if (record === undefined) throw new InvalidInput(`The ledger has no request ${input.identity}.`);
      return record;
    }
    case 'run':
      return claimConsoleRun(ports, event, input.run);
    case 'runId':
      return adoptRun(ports, event, input.runId);
    case 'drop': {
      // Routing is most of the code of a function, and every other execution of ours goes without it.
      const { requestOfDrop } = await import('./console-drop.ts');
      return requestOfDrop({ ...ports, ...(await ports.taking()) }, input.drop);
    }
    default:
      return input satisfies never;
  }
}

function claimConsoleRun(ports: AwaitStartPorts, event: AwaitStartEvent, run: Readonly<Record<string, unknown>>) {
  const problems = checkStartRunRequest(run);
  if (problems.length > 0)
    throw new InvalidInput(`The execution input's run is not a StartRun request. ${sentences(problems)}`);
  return claimRequest(ports, {
    origin: { kind: 'execution', executionArn: event.executionArn },
    route: 'console',
    routesHash: '',
    request: run,
    members: [],
    maxAttempts: 1,
  });
}

/** A run that somebody else started gets a record of its own; one of ours is followed once more. */
async function adoptRun(ports: AwaitStartPorts, event: AwaitStartEvent, runId: string): Promise<RequestRecord> {
  const run = await ports.runs.getRun(runId);
  if (run === undefined) throw new RunNotFound(runId);
  const known = await requestOfRun(ports, run);
  if (known !== undefined) return known;
  const at = new Date(ports.clock.nowMs()).toISOString();
  const claim = {
    origin: { kind: 'run', uuid: run.uuid },
    route: 'console',
    routesHash: '',
    request: { runId, ...(run.name === undefined ? {} : { name: run.name }) },
    members: [],
    maxAttempts: 1,
  } as const;
  // Claimed as one that has its run, in one write: as one that waits for a start it would be started, a second time.
  const wanted = started(newRequest(claim, ports.settings, at), 1, { runId, uuid: run.uuid, ...startedFacts(run) }, at);
  const { record } = await ports.ledger.requests.claim(wanted);
  ports.log.info('run adopted', { identity: record.identity, runId, uuid: run.uuid, execution: event.executionName });
  return record;
}

/** A run that we started may not be known as ours yet, while StartRun's reply is under way or lost: its tag tells. */
async function requestOfRun({ ledger: { requests } }: AwaitStartPorts, { uuid, tags }: RunFacts) {
  const requestId = tags[REQUEST_ID_TAG];
  const ours = (await requests.findByUuid(uuid))?.identity;
  const identity = ours ?? (requestId === undefined ? undefined : await requests.findByRequestId(requestId));
  return identity === undefined ? undefined : requests.read(identity);
}

function startedFacts({
  arn,
  runOutputUri,
  retentionMode,
  storageType,
}: {
  arn?: string;
  runOutputUri?: string;
  retentionMode?: string;
  storageType?: string;
}) {
  return {
    ...(arn === undefined ? {} : { arn }),
    ...(runOutputUri === undefined ? {} : { runOutputUri }),
    ...(retentionMode === undefined ? {} : { retentionMode }),
    ...(storageType === undefined ? {} : { storageType }),
  };
}
