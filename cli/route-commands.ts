/** The commands that are about the route file: check it, explain a drop, replay what is there already. */
import type { Command } from 'commander';
import type { CommandKit } from './command-kit.ts';
import { parsePositiveWhole } from './option-values.ts';
import type { Target } from './target.ts';

export function defineRouteCommands(program: Command, kit: CommandKit): void {
  defineCheck(program, kit);
  defineExplain(program, kit);
  defineBackfill(program, kit);
}

function defineCheck(program: Command, kit: CommandKit): void {
  kit
    .withTarget(program.command('check'))
    .description('check the route file: errors with line, column and what was meant, and warnings')
    .option('--live', 'look at the account as well: buckets, workflows, the service role; changes nothing')
    .option('--routes <file>', 'the route file', 'rundrop.yaml')
    .option('--strict', 'warnings fail as well')
    .option('--schema', 'print the JSON Schema of route files instead')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  npx rundrop check
  npx rundrop check --routes lab.yaml --strict
  npx rundrop check --live
Without --live it speaks to no network. Exit status: 0 no errors, 1 errors (or warnings, with --strict), 2 wrong usage.`,
    )
    .action(async (options) => {
      const { check } = await import('./commands/check.ts');
      if (options.live) await kit.onTarget(options, (target) => check(kit.terminal, { ...options, target }));
      else kit.finish(await check(kit.terminal, options));
    });
}

function defineExplain(program: Command, kit: CommandKit): void {
  const { terminal, rundropVersion } = kit;
  kit
    .withTarget(program.command('explain [uri]'))
    .description('say what an object would lead to: which route and why, its set, the StartRun request; starts nothing')
    .option(
      '--event <file>',
      'explain the objects of an event of S3 (EventBridge, notification, SQS, SNS); - is standard input',
    )
    .option('--live', 'look at the object in S3 and at the ledger; without it nothing is asked')
    .option('--size <size>', 'the size of the object, as in 20MiB; unknown without it')
    .option('--etag <etag>', 'the ETag of the object')
    .option('--version-id <id>', 'the version of the object')
    .option('--body <file>', 'the content of the object, for a route whose request is the object')
    .option('--routes <file>', 'the route file', 'rundrop.yaml')
    .option('--json', 'print JSON: a list, one answer for each object')
    .addHelpText(
      'after',
      `
Examples:
  npx rundrop explain s3://acme-incoming/fastq/SYN-0001_R1.fastq.gz
  npx rundrop explain s3://acme-incoming/requests/trio.json --body trio.json
  npx rundrop explain --event event.json --live --json
What is not known of the object (its size offline; tags and storage class, which no event tells) is taken to be as the
route wants it, and the answer says so. Exit status: 0 a route takes every object, 1 none takes one of them, or its
request would be refused, 2 wrong usage.`,
    )
    .action(async (uri: string | undefined, options) => {
      const { explain } = await import('./commands/explain.ts');
      const run = (target: () => Target) =>
        explain(uri, options, { target, terminal, rundropVersion, nowMs: Date.now() });
      if (options.live) await kit.onTarget(options, (target) => run(() => target));
      else kit.finish(await run(() => kit.chooseTarget(options)));
    });
}

function defineBackfill(program: Command, kit: CommandKit): void {
  const { terminal, rundropVersion } = kit;
  kit
    .withTarget(program.command('backfill [uri]'))
    .description('replay objects that are there already as drops; what ran before does not run again')
    .option('--inventory <file>', 'the objects of an S3 Inventory: its manifest.json or a CSV file, local or s3://')
    .option('--dry-run', 'look and count, send nothing')
    .option('--since <time>', 'only objects written from then on: 2026-11-22, an instant, or 7d for that long ago')
    .option('--until <time>', 'only objects written before then')
    .option('--limit <n>', 'how many objects at most', parsePositiveWhole, 1_000_000)
    .option('--rate <n>', 'drops a second', parsePositiveWhole, 100)
    .option('--at-once <n>', 'calls at the same time', parsePositiveWhole, 16)
    .option('--routes <file>', 'the route file', 'rundrop.yaml')
    .option('--account <id>', 'the account that it is meant for; needed for a real one')
    .option('--json', 'print the summary as JSON')
    .addHelpText(
      'after',
      `
Examples:
  npx rundrop backfill s3://acme-incoming/fastq/ --dry-run
  npx rundrop backfill s3://acme-incoming/ --since 7d --account 123456789012
  npx rundrop backfill --inventory s3://acme-inventory/acme-incoming/all/2026-11-22T01-00Z/manifest.json --dry-run
Give it the route file that is deployed. An object of a route with identity: version is left out where its bucket keeps
no versions, because nothing tells whether that upload ran.
Exit status: 0 done, 1 failed, or a request would be refused or an object was left out, 2 wrong usage.`,
    )
    .action(async (uri: string | undefined, options) => {
      const { backfill } = await import('./commands/backfill.ts');
      const context = { terminal, rundropVersion, nowMs: () => Date.now() };
      await kit.onTarget(options, (target) => backfill(uri, options, { ...context, target }));
    });
}
