/** What a command may do with the terminal. Standard output is for data, standard error for everything else. */
import type { Environment } from './config.ts';
import type { Screen } from './text.ts';

export interface Terminal {
  /** One line, or several in one text, of data. */
  out(text: string): void;
  /** One line for people. */
  note(text: string): void;
  readonly screen: Screen;
  /** Whether standard output is a terminal on which lines can be drawn over. */
  readonly isInteractive: boolean;
}

export function processTerminal(environment: Environment): Terminal {
  const { stdout, stderr } = process;
  // Whoever read the output (head, a pager) has seen enough and is gone.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    stderr.write(`error: The output cannot be written: ${error.message}\n`);
    process.exit(1);
  });
  // With nobody left to tell, what was asked for is still done, and the exit status says how it went.
  stderr.on('error', () => {});
  return {
    out: (text) => void stdout.write(`${text}\n`),
    note: (text) => void stderr.write(`${text}\n`),
    screen: {
      colour: stdout.isTTY === true && !environment.noColor,
      // Read at each use: the window may be resized.
      get width() {
        return stdout.isTTY === true ? stdout.columns : undefined;
      },
    } as Screen,
    isInteractive: stdout.isTTY === true && !environment.noColor,
  };
}
