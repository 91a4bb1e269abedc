/** What the service keeps, and the journal's lines about it. */
import type { History, HistoryEvent } from './history.ts';
import type { HistoryLocation } from './history-archive.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** A definition as it was at some time; an execution runs the one it was started with. */
export interface Revision {
  readonly id: string;
  readonly definition: string;
  readonly roleArn: string;
  readonly updatedMs: number;
}

export interface Machine {
  readonly arn: string;
  readonly name: string;
  readonly createdMs: number;
  readonly revisionId: string;
  readonly deleting: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

/** How an execution ended. */
export interface Closing {
  readonly status: Exclude<ExecutionStatus, 'RUNNING'>;
  readonly stopMs: number;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

export interface Start {
  /** Counts up in a data folder; the order of starts. */
  readonly number: number;
  readonly arn: string;
  readonly name: string;
  readonly machineArn: string;
  readonly revisionId: string;
  readonly input: string;
  readonly startMs: number;
}

export interface Execution extends Start {
  /** Absent while it runs. */
  closing: Closing | undefined;
  redriveCount: number;
  redriveMs: number | undefined;
  /** While it runs. */
  history: History | undefined;
  /** When it is closed. */
  archived: HistoryLocation | undefined;
}

/** What the service keeps. */
export interface Kept {
  readonly machines: Map<string, Machine>;
  readonly revisions: Map<string, Revision>;
  /** By ARN, in the order of their starts. */
  readonly executions: Map<string, Execution>;
}

/** `n` is an execution's number. */
export type JournalLine =
  | { readonly t: 'machine'; readonly machine: Machine }
  | { readonly t: 'machine-deleted'; readonly arn: string }
  | { readonly t: 'revision'; readonly revision: Revision }
  | { readonly t: 'start'; readonly n: number; readonly start: Start }
  | { readonly t: 'event'; readonly n: number; readonly event: HistoryEvent; readonly nested?: true }
  | { readonly t: 'closed'; readonly n: number; readonly closing: Closing; readonly archived: HistoryLocation }
  | { readonly t: 'redriven'; readonly n: number; readonly redriveMs: number };

export function statusOf(execution: Execution): ExecutionStatus {
  return execution.closing?.status ?? 'RUNNING';
}
