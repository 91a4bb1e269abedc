/** Why the laptop AWS did not start, for a person. */
import { CommandError } from '../errors.ts';
import { explainPortInUse } from './port-in-use.ts';

export interface StartedAs {
  readonly port: number;
  /** What `--port N` is appended to, for example `npm start --`. */
  readonly command: string;
  /** The folder of `--data`, if any. */
  readonly dataDir?: string | undefined;
}

/** What a file system answers that a person can mend. */
const DISK_CODES: readonly unknown[] = [
  'EACCES',
  'EDQUOT',
  'EEXIST',
  'EIO',
  'ENOENT',
  'ENOSPC',
  'ENOTDIR',
  'EPERM',
  'EROFS',
];

/** @throws CommandError for what a person can solve, else the error itself. */
export async function explainStart(error: unknown, { port, command, dataDir }: StartedAs): Promise<never> {
  if (error instanceof Error && error.name === 'PortInUseError') {
    throw new CommandError(await explainPortInUse(port, command), { cause: error });
  }
  if (error instanceof Error && error.name === 'DataDirInUseError') {
    throw new CommandError(error.message, { cause: error });
  }
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'EACCES' && syscall === 'listen') {
    const advice = `Ports below 1024 are often reserved: ${command} --port 4567`;
    throw new CommandError(`Port ${port} may not be used: ${(error as Error).message}. ${advice}`, { cause: error });
  }
  if (
    dataDir !== undefined &&
    error instanceof Error &&
    (DISK_CODES.includes(code) || error.name === 'TableFolderError')
  ) {
    throw new CommandError(
      `The folder ${dataDir} for --data cannot be used (${error.message}). See that it can be written and has room, or name another.`,
      { cause: error },
    );
  }
  throw error;
}
