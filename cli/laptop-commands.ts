/** The commands that are the laptop AWS, or lead to it. */
import { type Command, Option } from 'commander';
import type { CommandKit } from './command-kit.ts';
import { withEmulatorOptions } from './emulator-options.ts';
import { collect, parseFolder, parsePort, parsePositive, parseWhole } from './option-values.ts';
import { DEFAULT_PORT } from './target.ts';

export function defineLaptopCommands(program: Command, kit: CommandKit): void {
  defineUp(program, kit);
  defineOmics(program, kit);
  defineEnv(program, kit);
}

/** What both ways to boot have in common. */
function withBootOptions(command: Command): Command {
  return withEmulatorOptions(command)
    .option('--port <n>', 'port on 127.0.0.1; 0 takes a free one', parsePort, DEFAULT_PORT)
    .option('--data <dir>', 'keep the state there, and carry on from it', parseFolder)
    .option('--speed <n>', 'how many times faster than life runs go', parsePositive)
    .option('--seed <n>', 'the seed of whatever is random', parseWhole)
    .option('--quota <name=n>', 'a HealthOmics quota, by name or code, as in stored-runs=5; repeatable', collect, []);
}

function defineUp(program: Command, kit: CommandKit): void {
  withBootOptions(program.command('up'))
    .description('boot the laptop AWS and show its runs until Ctrl-C')
    .option('--routes <file>', 'the route file', 'rundrop.yaml')
    .option('--once', 'end when all is settled; exit status 0 only if all ended as expected')
    .option('--empty', 'drop no examples')
    .option(
      '--fail <rule>',
      'make runs fail, as in SERVICE_ERROR or OUT_OF_MEMORY_ERROR,name=germline-*,times=2; repeatable',
      collect,
      [],
    )
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
a second Ctrl-C ends it at once.${kit.exitCodes}`,
    )
    .action(async (options) => {
      const { up } = await import('./commands/up.ts');
      kit.finish(await up(kit.terminal, options));
    });
}

function defineOmics(program: Command, kit: CommandKit): void {
  withBootOptions(program.command('omics'))
    .description('boot the HealthOmics emulator alone (with Service Quotas and S3) until Ctrl-C')
    .option('--fail <rule>', 'make runs fail, as in SERVICE_ERROR,workflow=1234567,times=2; repeatable', collect, [])
    .option('--json', 'print each status event as one line of JSON on standard output')
    .addHelpText(
      'after',
      `
Examples:
  npx rundrop omics --port 0 --quota stored-runs=5
  npx rundrop omics --fault GetRun=SERVER_ERROR:0.1 --event-fault lose=0.2 --switch requestIdReuse=SAME_ANSWER
docs/healthomics-emulator.md has every switch, fault and deviation.${kit.exitCodes}`,
    )
    .action(async (options) => {
      const { omics } = await import('./commands/omics.ts');
      kit.finish(await omics(kit.terminal, options));
    });
}

function defineEnv(program: Command, kit: CommandKit): void {
  program
    .command('env')
    .description('print export lines that point AWS clients at the laptop')
    .option('--port <n>', 'where the laptop AWS listens', parsePort)
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExample:\n  eval "$(npx rundrop env)" && aws s3 ls${kit.exitCodes}`)
    .action(async (options) => {
      const { printEnv } = await import('./commands/env.ts');
      kit.finish(printEnv(kit.chooseTarget({}), kit.terminal, options));
    });
}
