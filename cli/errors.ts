/** The command line's own errors. Their messages are printed without a stack. */

/** Something failed, or was found wrong: exit status 1. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
}

/** Why a file of the person's cannot be read. */
export function whyUnreadable({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'there is no such file';
  return code === 'EISDIR' ? 'it is a folder' : message;
}

/** The command was not understood: exit status 2. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}
