/** The `rundrop` command line: what can be asked for. Each command's own code is loaded only when it is asked for. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { type Environment, readEnvironment } from './config.ts';
import { withEmulatorOptions } from './emulator-options.ts';
import { CommandError, UsageError } from './errors.ts';
import { defineOperatorCommands } from './operator-commands.ts';
import { definePrune, defineQuota } from './quota-command.ts';
import { type CommandKit, defineRouteCommands } from './route-commands.ts';
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
    .showHelpAfterError('(--help says what is possible)')
    .exitOverride();
  defineUp(program, session);
  defineOmics(program, session);
  defineDrop(program, session);
  defineLists(program, session);
  defineShow(program, session);
  defineEnv(program, session);
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
    parsePositiveWhole,
  };
  defineRouteCommands(program, kit);
  defineOperatorCommands(program, kit);
  defineQuota(program, kit);
  definePrune(program, kit);
  return program;
}

function defineUp(program: Command, session: Session): void {
  withEmulatorOptions(program.command('up'))
    .description('boot the laptop AWS and show its runs until Ctrl-C')
    .option('--port <n>', 'port on 127.0.0.1; 0 takes a free one', parsePort, DEFAULT_PORT)
    .option('--data <dir>', 'keep the state there, and carry on from it')
    .option('--speed <n>', 'how many times faster than life runs go', parsePositive)
    .option('--routes <file>', 'the route file', 'rundrop.yaml')
    .option('--once', 'end when all is settled; exit status 0 only if all ended as expected')
    .option('--empty', 'drop no examples')
    .option('--quota <name=n>', 'a HealthOmics quota, by name or code, as in stored-runs=5; repeatable', collect, [])
    .option(
      '--fail <rule>',
      'make runs fail, as in SERVICE_ERROR or OUT_OF_MEMORY_ERROR,name=germline-*,times=2; repeatable',
      collect,
      [],
    )
    .option('--seed <n>', 'the seed of whatever is random', parseWhole)
    .option('--verbose', 'print the logs of the functions on standard error')
    .option('--json', 'print one JSON object a line for each change')
    .addOption(new Option('--demo', 'drop the example samples').hideHelp())
    .addHelpText(
      'after',
      `
Examples:
  npm start                              boot, drop the examples, and stay up
  npx rundrop up --port 0 --data .rundrop/data
  npx rundrop up --quota stored-runs=5 --fail SERVICE_ERROR
Ctrl-C and SIGTERM end it within two seconds with exit status 0, or with 130 and 143 when --once was cut short;
a second Ctrl-C ends it at once.${EXIT_CODES}`,
    )
    .action(async (options) => {
      const { up } = await import('./commands/up.ts');
      session.exitStatus = await up(session.terminal, options);
    });
}

function defineOmics(program: Command, session: Session): void {
  withEmulatorOptions(program.command('omics'))
    .description('boot the HealthOmics emulator alone (with Service Quotas and S3) until Ctrl-C')
    .option('--port <n>', 'port on 127.0.0.1; 0 takes a free one', parsePort, DEFAULT_PORT)
    .option('--data <dir>', 'keep the state there, and carry on from it')
    .option('--speed <n>', 'how many times faster than life runs go', parsePositive)
    .option('--seed <n>', 'the seed of whatever is random', parseWhole)
    .option('--quota <name=n>', 'a HealthOmics quota, by name or code, as in stored-runs=5; repeatable', collect, [])
    .option('--fail <rule>', 'make runs fail, as in SERVICE_ERROR,workflow=1234567,times=2; repeatable', collect, [])
    .option('--json', 'print each status event as one line of JSON on standard output')
    .addHelpText(
      'after',
      `
Examples:
  npx rundrop omics --port 0 --quota stored-runs=5
  npx rundrop omics --fault GetRun=SERVER_ERROR:0.1 --event-fault lose=0.2 --switch requestIdReuse=SAME_ANSWER
docs/healthomics-emulator.md has every switch, fault and deviation.${EXIT_CODES}`,
    )
    .action(async (options) => {
      const { omics } = await import('./commands/omics.ts');
      session.exitStatus = await omics(session.terminal, options);
    });
}

function defineDrop(program: Command, session: Session): void {
  withTarget(program.command('drop <file...>'))
    .description('upload files, and say which route takes each')
    .option('--to <uri>', 's3://bucket/prefix/ or, for one file, s3://bucket/key; without it the route file decides')
    .option('--routes <file>', 'the route file', 'rundrop.yaml')
    .option('--account <id>', 'the account that owns the bucket; needed for a real one')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  npx rundrop drop SYN-0001_R1.fastq.gz SYN-0001_R2.fastq.gz
  npx rundrop drop sample.cram --to s3://acme-incoming/cram/${EXIT_CODES}
A file that no route takes is uploaded all the same, if --to says where, and the exit status is 1.`,
    )
    .action(async (files: string[], options) => {
      const { drop } = await import('./commands/drop.ts');
      await onTarget(session, options, (target) => drop(target, session.terminal, files, options));
    });
}

function defineLists(program: Command, session: Session): void {
  const define = (name: string, description: string, example: string) =>
    withTarget(program.command(name))
      .description(description)
      .option('--limit <n>', 'how many at most', parsePositiveWhole, 50)
      .option('--json', 'print JSON')
      .addHelpText('after', `\nExample:\n  ${example}${EXIT_CODES}`);
  const lists = () => import('./commands/lists.ts');
  define('drops', 'drops that routes took, newest first, with why one was refused', 'npx rundrop drops --json').action(
    async (options) => {
      const { listDrops } = await lists();
      await onTarget(session, options, (target) => listDrops(target, session.terminal, options));
    },
  );
  define('waiting', 'what waits, since when and for what: runs and incomplete sets', 'npx rundrop waiting')
    .option('--release <id>', 'let a set start that is held because only some of its members changed')
    .option('--reason <text>', 'why it is released; kept with the set')
    .option('--account <id>', 'the account that it is meant for; needed to release in a real one')
    .addHelpText('after', "\n  npx rundrop waiting --release 2c14160fa445 --reason 'R1 was uploaded again, unchanged'")
    .action(async (options) => {
      if (options.release === undefined) {
        const { listWaiting } = await lists();
        await onTarget(session, options, (target) => listWaiting(target, session.terminal, options));
        return;
      }
      const { releaseSet } = await import('./commands/release.ts');
      const release = (target: Target) => releaseSet(target, session.terminal, options.release, options, Date.now());
      await onTarget(session, options, release);
    });
  define('runs', 'runs that were asked for, newest first', 'npx rundrop runs --limit 10').action(async (options) => {
    const { listRuns } = await lists();
    await onTarget(session, options, (target) => listRuns(target, session.terminal, options));
  });
}

function defineShow(program: Command, session: Session): void {
  withTarget(program.command('show <run>'))
    .description('everything on record of one run')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
RUN is a run id, uuid, request id, run name, execution name, or the beginning of an id.
Example:
  npx rundrop show 7830534${EXIT_CODES}`,
    )
    .action(async (run: string, options) => {
      const { showRun } = await import('./commands/show.ts');
      await onTarget(session, options, (target) => showRun(target, session.terminal, run, options));
    });
}

function defineEnv(program: Command, session: Session): void {
  program
    .command('env')
    .description('print export lines that point AWS clients at the laptop')
    .option('--port <n>', 'where the laptop AWS listens', parsePort)
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExample:\n  eval "$(npx rundrop env)" && aws s3 ls${EXIT_CODES}`)
    .action(async (options) => {
      const { printEnv } = await import('./commands/env.ts');
      session.exitStatus = printEnv(chooseTarget(session.environment), session.terminal, options);
    });
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

function parsePort(text: string): number {
  const port = parseWhole(text);
  if (port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

function parseWhole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function parsePositiveWhole(text: string): number {
  const value = parseWhole(text);
  if (value === 0) throw new InvalidArgumentError('It must be 1 or more.');
  return value;
}

function parsePositive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

function collect(text: string, before: readonly string[]): string[] {
  return [...before, text];
}

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return String((JSON.parse(text) as { version?: unknown }).version);
}
