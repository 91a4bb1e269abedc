/** What can be asked of `rundrop quota`. */
import type { Command } from 'commander';
import type { CommandKit } from './command-kit.ts';
import { UsageError } from './errors.ts';
import { DAY_MS, parsePositiveWhole, parseSpan } from './option-values.ts';

const DEFAULT_HISTORY_MS = 7 * DAY_MS;
const DEFAULT_MINUTES = 10;

export function defineQuota(program: Command, kit: CommandKit): void {
  kit
    .withTarget(program.command('quota'))
    .description(
      'stored and active runs against the quotas: the picture now, the queue, the trend, the forecast, who fills them',
    )
    .option('--history <span>', 'how far back the trend goes, as in 12h or 30d (default: 7d)', parseSpan)
    .option('--if <n>', 'say what would become of so many runs started now, and how long they take', parsePositiveWhole)
    .option('--route <name>', 'with --if: they are like the newest requests of that route')
    .option('--watch', 'show it again every 15 seconds, until Ctrl-C')
    .option('--live', 'look by itself instead of reading the last sweep; writes nothing')
    .option(
      '--minutes <n>',
      'with --live: for how long at most retention modes are asked for (default: 10)',
      parsePositiveWhole,
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  npx rundrop quota
  npx rundrop quota --history 30d
  npx rundrop quota --if 400 --route germline
  npx rundrop quota --live --json
--live takes half of HealthOmics' ListRuns and GetRun rates: one ListRuns for each 100 runs, and one GetRun for each
run that Rundrop did not start. What it could not ask in time is counted as UNKNOWN.${kit.exitCodes}`,
    )
    .action(async (options) => {
      checkTogether(options);
      const { quota } = await import('./commands/quota.ts');
      const { history: historyMs = DEFAULT_HISTORY_MS, minutes = DEFAULT_MINUTES } = options;
      await kit.onTarget(options, (target) => quota(target, kit.terminal, { ...options, historyMs, minutes }));
    });
}

interface Given {
  readonly if?: number;
  readonly route?: string;
  readonly live?: boolean;
  readonly minutes?: number;
  readonly history?: number;
}

/** What would be passed over in silence is refused. @throws UsageError */
function checkTogether({ if: count, route, live, minutes, history }: Given): void {
  if (route !== undefined && count === undefined)
    throw new UsageError('--route says what the runs of --if are like: give --if, too.');
  if (minutes !== undefined && !live) throw new UsageError('--minutes is for --live: give that, too.');
  if (history !== undefined && live)
    throw new UsageError('--live knows this moment only: leave out --history, or --live.');
}

export function definePrune(program: Command, kit: CommandKit): void {
  kit
    .withTarget(program.command('prune'))
    .description('which stored runs the route file would have the sweeper delete; deletes nothing itself')
    .option('--routes <file>', 'the route file', 'rundrop.yaml')
    .option('--limit <n>', 'how many runs are looked at, or listed, at most', parsePositiveWhole, 20)
    .option('--deleted', 'list what the sweeper has deleted instead, newest first, with where its evidence is')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  npx rundrop prune
  npx rundrop prune --deleted --json
It reads the picture of the last sweep and makes one GetRun for each run that it looks at.${kit.exitCodes}`,
    )
    .action(async (options) => {
      const { prune } = await import('./commands/prune.ts');
      await kit.onTarget(options, (target) => prune(target, kit.terminal, options));
    });
}
