/** Why the laptop AWS did not start, for a person. */
import { CommandError } from '../errors.ts';
import { explainPortInUse } from './port-in-use.ts';

export interface StartedAs {
  readonly port: number;
  /** What `--port N` is appended to, for example `npm start --`. */
  readonly command: string;
}

/** @throws CommandError for what a person can solve, else the error itself. */
export async function explainStart(error: unknown, { port, command }: StartedAs): Promise<never> {
  if (error instanceof Error && error.name === 'PortInUseError') {
    throw new CommandError(await explainPortInUse(port, command), { cause: error });
  }
  if (error instanceof Error && error.name === 'DataDirInUseError') {
    throw new CommandError(error.message, { cause: error });
  }
  if ((error as NodeJS.ErrnoException).code === 'EACCES') {
    const advice = `Ports below 1024 are often reserved: ${command} --port 4567`;
    throw new CommandError(`Port ${port} may not be used: ${(error as Error).message}. ${advice}`, { cause: error });
  }
  throw error;
}
