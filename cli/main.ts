/** The `rundrop` command line: what can be asked for. Each command's own code is loaded only when it is asked for. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, Help } from 'commander';
import type { CommandKit } from './command-kit.ts';
import { type Environment, readEnvironment } from './config.ts';
import { defineDropCommands } from './drop-commands.ts';
import { CommandError, UsageError } from './errors.ts';
import { defineLaptopCommands } from './laptop-commands.ts';
import { defineOperatorCommands } from './operator-commands.ts';
import { definePrune, defineQuota } from './quota-command.ts';
import { defineRouteCommands } from './route-commands.ts';
import { chooseTarget, DEFAULT_PORT, type Target } from './target.ts';
import { processTerminal, type Terminal } from './terminal.ts';

const EXIT_CODES = `
Exit status: 0 done, 1 failed or found something wrong, 2 wrong usage.`;
const TARGETS = `
The target is AWS_ENDPOINT_URL if set, else AWS itself if AWS settings are found, else the laptop AWS at
http://127.0.0.1:${DEFAULT_PORT}; it is printed first, on standard error.`;

interface Session {
  readonly environment: Environment;
  readonly terminal: Terminal;
  /** What the chosen command came to; set by its action. */
  exitStatus: number;
}

/** Runs one command line (without `node` and the script) and answers its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const environment = readEnvironment();
  const session: Session = { environment, terminal: processTerminal(environment), exitStatus: 0 };
  const program = defineProgram(session);
  try {
    if (args.length === 0) {
      program.outputHelp({ error: true });
      return 2;
    }
    await program.parseAsync([...args], { from: 'user' });
    return session.exitStatus;
  } catch (error) {
    return reportFailure(error, session.terminal);
  }
}

function reportFailure(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageError) {
    terminal.note(`error: ${error.message}`);
    return 2;
  }
  if (error instanceof CommandError) {
    terminal.note(`error: ${error.message}`);
    return 1;
  }
  terminal.note(error instanceof Error ? `error: ${error.stack ?? error.message}` : `error: ${String(error)}`);
  return 1;
}

function defineProgram(session: Session): Command {
  const program = new Command('rundrop')
    .description('Turns object drops in S3 into AWS HealthOmics runs, each started once and followed to its end.')
    .version(readVersion(), '-V, --version')
    .addHelpText('after', `${TARGETS}${EXIT_CODES}`)
    .configureHelp({
      // That a list is empty until something is given needs no telling.
      optionDescription: (option) =>
        Array.isArray(option.defaultValue) ? option.description : new Help().optionDescription(option),
    })
    .showHelpAfterError('(--help says what is possible)')
    .exitOverride();
  const kit: CommandKit = {
    terminal: session.terminal,
    rundropVersion: readVersion(),
    exitCodes: EXIT_CODES,
    chooseTarget: (options) => chooseTarget(session.environment, options),
    onTarget: (options, action) => onTarget(session, options, action),
    withTarget,
    finish: (exitStatus) => {
      session.exitStatus = exitStatus;
    },
  };
  defineLaptopCommands(program, kit);
  defineDropCommands(program, kit);
  defineRouteCommands(program, kit);
  defineOperatorCommands(program, kit);
  defineQuota(program, kit);
  definePrune(program, kit);
  return program;
}

function withTarget(command: Command): Command {
  return command.option('--stage <name>', 'the stage whose ledger it is (default: local on the laptop, dev on AWS)');
}

async function onTarget(
  session: Session,
  options: { readonly stage?: string },
  action: (target: Target) => Promise<number>,
): Promise<void> {
  const target = chooseTarget(session.environment, options);
  try {
    session.exitStatus = await action(target);
  } catch (error) {
    const { explainServiceError } = await import('./clients.ts');
    const explanation = explainServiceError(error, target);
    if (explanation === undefined) throw error;
    throw new CommandError(explanation, { cause: error });
  }
}

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return String((JSON.parse(text) as { version?: unknown }).version);
}
