/** Lambda's asynchronous invocation: taken at once, run later, tried twice more when the function throws. */
import { AwsError, describeError } from './aws-error.ts';
import type { Clock, LambdaOutcome, LambdaPort } from './ports.ts';

/** AWS waits one and two minutes; a laptop's user is watching. */
const RETRY_DELAYS_MS = [1_000, 2_000] as const;

export interface AsynchronousInvocation {
  readonly lambda: LambdaPort;
  readonly clock: Clock;
  readonly functionName: string;
  readonly payload: unknown;
  /** Asked before each retry; true ends the invocation without a word. */
  readonly stopped: () => boolean;
}

/** Resolves to undefined when the function returned, else to why it did not in the end. Never rejects. */
export async function invokeAsynchronously(invocation: AsynchronousInvocation): Promise<string | undefined> {
  const { lambda, clock, functionName, payload, stopped } = invocation;
  for (const delayMs of [...RETRY_DELAYS_MS, undefined]) {
    const failure = await attempt(lambda, functionName, payload);
    if (failure === undefined || stopped()) return undefined;
    if (delayMs === undefined || failure.permanent) return failure.reason;
    await new Promise<void>((resolve) => clock.after(delayMs, resolve));
  }
  return undefined;
}

interface Failure {
  readonly reason: string;
  readonly permanent: boolean;
}

async function attempt(lambda: LambdaPort, functionName: string, payload: unknown): Promise<Failure | undefined> {
  try {
    return thrown(await lambda.invoke(functionName, payload));
  } catch (error) {
    const permanent = error instanceof AwsError && error.code === 'ResourceNotFoundException';
    return { reason: describeError(error), permanent };
  }
}

function thrown(outcome: LambdaOutcome): Failure | undefined {
  if (outcome.kind === 'returned') return undefined;
  return { reason: `${outcome.payload.errorType}: ${outcome.payload.errorMessage}`, permanent: false };
}
