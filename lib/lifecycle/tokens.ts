/** Answering the executions that wait for something: for the start of a run, or for its end. */
import type { Ledger } from '../ledger/ledger.ts';
import type { TokenPurpose, TokenRecord } from '../ledger/tokens.ts';
import { outcomeWords } from '../runs/outcome-words.ts';
import { currentAttempt, type Outcome, type RequestRecord } from '../runs/request-record.ts';
import { runHasEnded } from '../runs/transitions.ts';
import type { Executions } from './ports.ts';

export type Answer =
  | { readonly kind: 'success'; readonly output: Readonly<Record<string, unknown>> }
  | { readonly kind: 'failure'; readonly error: string; readonly cause: string };

export interface TokenPorts {
  readonly ledger: Pick<Ledger, 'tokens'>;
  readonly executions: Executions;
}

/** What AwaitStart fails with when its request ended without a run. */
const START_ERRORS: Readonly<Partial<Record<Outcome, string>>> = {
  SUPERSEDED: 'Superseded',
  CANCELLED: 'RunCancelled',
  REMOVED: 'StartUncertain',
};

/** What an execution in AwaitStart is to be told now; `undefined` while the request waits. */
export function startAnswer(record: RequestRecord): Answer | undefined {
  const attempt = currentAttempt(record);
  if (attempt.uuid !== undefined) return { kind: 'success', output: stateOf(record) };
  if (record.state !== 'ENDED') return undefined;
  const error = START_ERRORS[record.outcome ?? 'REFUSED'] ?? 'StartRefused';
  return { kind: 'failure', error, cause: causeOf(record) };
}

/** HealthOmics' own words may name what they complain of. Who typed the request into the console knows it anyway. */
function causeOf(record: RequestRecord): string {
  if (record.origin.kind === 'execution' && record.reason !== undefined) return record.reason;
  return `${outcomeWords(record)} "rundrop show ${record.identity}" tells the rest.`;
}

/** What an execution in WatchRun for attempt `number` is to be told now; `undefined` while the run goes on. */
export function watchAnswer(record: RequestRecord, number: number): Answer | undefined {
  const attempt = record.attempts.find((one) => one.attempt === number);
  const over =
    record.state === 'ENDED' || attempt === undefined || attempt.outcome !== undefined || runHasEnded(attempt);
  return over
    ? { kind: 'success', output: { request: record.identity, attempt: number, status: attempt?.status ?? 'REMOVED' } }
    : undefined;
}

/** The state between AwaitStart and WatchRun: the ledger key, and ids for people who look at the console. */
function stateOf(record: RequestRecord) {
  const { attempt, requestId, runId, uuid, status } = currentAttempt(record);
  return { request: record.identity, attempt, requestId, runId, uuid, status };
}

/** Answers one token and forgets it, whether it was still good or spent. Returns whether an execution got the answer. */
export async function answerToken(ports: TokenPorts, token: TokenRecord, answer: Answer): Promise<boolean> {
  const result =
    answer.kind === 'success'
      ? await ports.executions.succeed(token.token, answer.output)
      : await ports.executions.fail(token.token, answer.error, answer.cause);
  await ports.ledger.tokens.remove(token);
  return result === 'delivered';
}

/** Answers every execution that waits for that; returns how many got it. */
export async function answerAll(ports: TokenPorts, record: RequestRecord, purpose: TokenPurpose): Promise<number> {
  let delivered = 0;
  for (const token of await ports.ledger.tokens.list(record.identity, purpose)) {
    const answer = purpose === 'start' ? startAnswer(record) : watchAnswer(record, token.attempt);
    if (answer !== undefined && (await answerToken(ports, token, answer))) delivered += 1;
  }
  return delivered;
}

/** Those that still wait for the start first: once a run has ended, nobody may look at its request again. */
export async function answerEverybody(ports: TokenPorts, record: RequestRecord): Promise<number> {
  const started = await answerAll(ports, record, 'start');
  return started + (await answerAll(ports, record, 'watch'));
}
