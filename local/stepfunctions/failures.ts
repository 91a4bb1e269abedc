/** How a state ends when it does not succeed. Everything else that is thrown while a state runs is a defect. */

/** A failure as the Amazon States Language knows it: Retry and Catch match it by its error name. */
export class StateFailure extends Error {
  override readonly name = 'StateFailure';
  /** Absent when a task was failed without naming an error: only States.TaskFailed and States.ALL match that. */
  readonly errorName: string | undefined;
  readonly causeText: string | undefined;

  constructor(errorName: string | undefined, causeText?: string, options?: ErrorOptions) {
    super(`${errorName ?? 'a failure without a name'}: ${causeText ?? 'no cause was given'}`, options);
    this.errorName = errorName;
    this.causeText = causeText;
  }

  /** The members `error` and `cause` of history events and of DescribeExecution. */
  members(): { error?: string; cause?: string } {
    return {
      ...(this.errorName === undefined ? {} : { error: this.errorName }),
      ...(this.causeText === undefined ? {} : { cause: this.causeText }),
    };
  }
}

/** Thrown where a state waits when its execution was stopped, timed out, or a sibling branch failed. Nothing catches it. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
}

/** The history has room for its closing event only. */
export class HistoryFull extends Error {
  override readonly name = 'HistoryFull';
}
