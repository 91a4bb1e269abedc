/** The commands that drop objects, and show what became of drops. */
import type { Command } from 'commander';
import type { CommandKit } from './command-kit.ts';
import { parsePositiveWhole } from './option-values.ts';
import type { Target } from './target.ts';

export function defineDropCommands(program: Command, kit: CommandKit): void {
  defineDrop(program, kit);
  defineLists(program, kit);
  defineShow(program, kit);
}

function defineDrop(program: Command, kit: CommandKit): void {
  kit
    .withTarget(program.command('drop <file...>'))
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
  npx rundrop drop sample.cram --to s3://acme-incoming/cram/${kit.exitCodes}
A file that no route takes is uploaded all the same, if --to says where, and the exit status is 1.`,
    )
    .action(async (files: string[], options) => {
      const { drop } = await import('./commands/drop.ts');
      await kit.onTarget(options, (target) => drop(target, kit.terminal, files, options));
    });
}

function defineLists(program: Command, kit: CommandKit): void {
  const define = (name: string, description: string, ...examples: readonly string[]) =>
    kit
      .withTarget(program.command(name))
      .description(description)
      .option('--limit <n>', 'how many at most', parsePositiveWhole, 50)
      .option('--json', 'print JSON')
      .addHelpText('after', `\nExample${examples.length > 1 ? 's' : ''}:\n  ${examples.join('\n  ')}${kit.exitCodes}`);
  const lists = () => import('./commands/lists.ts');
  define('drops', 'drops that routes took, newest first, with why one was refused', 'npx rundrop drops --json').action(
    async (options) => {
      const { listDrops } = await lists();
      await kit.onTarget(options, (target) => listDrops(target, kit.terminal, options));
    },
  );
  define(
    'waiting',
    'what waits, since when and for what: runs and incomplete sets',
    'npx rundrop waiting',
    "npx rundrop waiting --release 2c14160fa445 --reason 'R1 was uploaded again, unchanged'",
  )
    .option('--release <id>', 'let a set start that is held because only some of its members changed')
    .option('--reason <text>', 'why it is released; kept with the set')
    .option('--account <id>', 'the account that it is meant for; needed to release in a real one')
    .action(async (options) => {
      if (options.release === undefined) {
        const { listWaiting } = await lists();
        await kit.onTarget(options, (target) => listWaiting(target, kit.terminal, options));
        return;
      }
      const { releaseSet } = await import('./commands/release.ts');
      const release = (target: Target) => releaseSet(target, kit.terminal, options.release, options, Date.now());
      await kit.onTarget(options, release);
    });
  define('runs', 'runs that were asked for, newest first', 'npx rundrop runs --limit 10').action(async (options) => {
    const { listRuns } = await lists();
    await kit.onTarget(options, (target) => listRuns(target, kit.terminal, options));
  });
}

function defineShow(program: Command, kit: CommandKit): void {
  kit
    .withTarget(program.command('show <run>'))
    .description('everything on record of one run')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
RUN is a run id, uuid, request id, run name, execution name, or the beginning of an id.
Example:
  npx rundrop show 7830534${kit.exitCodes}`,
    )
    .action(async (run: string, options) => {
      const { showRun } = await import('./commands/show.ts');
      await kit.onTarget(options, (target) => showRun(target, kit.terminal, run, options));
    });
}
