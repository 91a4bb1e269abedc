/** The command line's own errors. Their messages are printed without a stack. */

/** Something failed, or was found wrong: exit status 1. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
}

/** The command was not understood: exit status 2. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}
