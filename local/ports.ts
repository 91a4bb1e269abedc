/**
 * How the services of the laptop AWS meet: the few interfaces that they hold of each other. A service never
 * imports another service's folder; `local/stack.ts` puts them together.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** One AWS service of the laptop, reached through the gateway by the signing name of a request's SigV4 scope. */
export interface LocalService {
  /** SigV4 service names that lead here, for example `['states']`. */
  readonly signingNames: readonly string[];
  /** Answers one request whose body has not been read yet. Always ends the response, also on errors. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Stops timers and loops. Resolves when what was acknowledged is on disk. */
  close(): Promise<void>;
}

export type Cancel = () => void;

/** Time as a service sees it. Passed in, so that tests can run years in a second. */
export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Runs `action` once after `delayMs`, however long that is, unless cancelled. Never keeps the process alive. */
  after(delayMs: number, action: () => void): Cancel;
}

/** What every service knows of the account that it plays. */
export interface Surroundings {
  readonly accountId: string;
  readonly region: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** An absolute folder of the service's own to keep state in; absent when the state is not kept. It exists. */
  readonly dataDir?: string;
  /** One line about something that a person running the laptop should know; never an expected client error. */
  readonly report: (line: string) => void;
}

/** An event on its way to an EventBridge bus, in PutEvents' own words. `busName` defaults to `default`. */
export interface BusEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly resources?: readonly string[];
  readonly timeMs?: number;
  readonly busName?: string;
}

/** Where services put their events. Resolves once each matching target has taken it or it is in that target's DLQ. */
export interface EventPort {
  put(event: BusEvent): Promise<void>;
}

/** The answer of a function: what it returned, or the error that it threw, as Lambda's Invoke shapes it. */
export type LambdaOutcome =
  | { readonly kind: 'returned'; readonly payload: unknown }
  | {
      readonly kind: 'threw';
      readonly payload: {
        readonly errorType: string;
        readonly errorMessage: string;
        readonly trace?: readonly string[];
      };
    };

export interface LambdaPort {
  /** Invokes by name, partial ARN or ARN. Rejects with `AwsError` ResourceNotFoundException when there is no such function. */
  invoke(functionName: string, payload: unknown): Promise<LambdaOutcome>;
}

export interface QueueMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: Readonly<Record<string, unknown>>;
  readonly md5OfBody: string;
}

/** The queues, as EventBridge and Lambda's event sources use them inside AWS. All take queue ARNs. */
export interface QueuePort {
  /** Rejects with `AwsError` AWS.SimpleQueueService.NonExistentQueue when there is no such queue. */
  send(
    queueArn: string,
    body: string,
    options?: { readonly messageGroupId?: string; readonly messageDeduplicationId?: string },
  ): Promise<void>;
  /** Long-polls up to `waitSeconds` (0-20). Uses the queue's own visibility timeout. */
  receive(
    queueArn: string,
    options: { readonly maxMessages: number; readonly waitSeconds: number },
  ): Promise<QueueMessage[]>;
  delete(queueArn: string, receiptHandles: readonly string[]): Promise<void>;
  changeVisibility(queueArn: string, receiptHandle: string, timeoutSeconds: number): Promise<void>;
}

/** A rule's or schedule's target. `input` is the text it gets: JSON already transformed. */
export interface TargetDelivery {
  readonly arn: string;
  readonly input: string;
  readonly messageGroupId?: string;
  readonly deadLetterArn?: string;
}

/** Delivers to Lambda, SQS, Step Functions and event buses by ARN; rejects when the target refuses. */
export interface TargetPort {
  deliver(delivery: TargetDelivery): Promise<void>;
}
