import type { Command } from 'commander';
import type { Target } from './target.ts';
import type { Terminal } from './terminal.ts';

/** What the program gives to the commands that it is made of. */
export interface CommandKit {
  readonly terminal: Terminal;
  readonly rundropVersion: string;
  readonly exitCodes: string;
  readonly chooseTarget: (options: { readonly stage?: string }) => Target;
  /** Runs an action on the target that the options choose; what it answers is the exit status. */
  readonly onTarget: (
    options: { readonly stage?: string },
    action: (target: Target) => Promise<number>,
  ) => Promise<void>;
  readonly withTarget: (command: Command) => Command;
  readonly finish: (exitStatus: number) => void;
}
