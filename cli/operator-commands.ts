/** The commands with which a person takes things in hand: cancel a run, run one again, send round what got stuck. */
import { randomBytes } from 'node:crypto';
import { type Command, Option } from 'commander';
import type { CommandKit } from './command-kit.ts';
import { DAY_MS, parsePositiveWhole, parseSpan } from './option-values.ts';

const WHO = `
Who called (the caller's ARN), when and --reason are kept in the ledger: rundrop show. For a real account --account ID
(the caller's own) and --reason are required; on the laptop both may be left out.`;

export function defineOperatorCommands(program: Command, kit: CommandKit): void {
  defineCancel(program, kit);
  defineRerun(program, kit);
  defineReplay(program, kit);
}

function byHand(command: Command): Command {
  return command
    .option('--reason <text>', 'why; kept in the ledger')
    .option('--account <id>', 'the account that it is meant for; needed for a real one');
}

function defineCancel(program: Command, kit: CommandKit): void {
  byHand(kit.withTarget(program.command('cancel <run>')))
    .description('end a run, or a request that still waits; it is not tried again')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
RUN is a run id, uuid, request id, run name, execution name, or the beginning of an id.
Examples:
  npx rundrop cancel 7830534
  npx rundrop cancel 2c14160fa445 --reason 'wrong reference' --account 123456789012${WHO}
Exit status: 0 it is being cancelled, 1 it had ended before or nobody knows whether it runs, 2 wrong usage.`,
    )
    .action(async (run: string, options) => {
      const { cancel } = await import('./commands/cancel.ts');
      await kit.onTarget(options, (target) => cancel(target, kit.terminal, run, options, Date.now()));
    });
}

function defineRerun(program: Command, kit: CommandKit): void {
  const collect = (text: string, before: readonly string[]) => [...before, text];
  byHand(kit.withTarget(program.command('rerun <run>')))
    .description('run the same again, with changes, as a request of its own')
    .option('--set <path=value>', "a change in StartRun's own members; null takes one out; repeatable", collect, [])
    .option('--new-inputs', 'take input objects that were overwritten as they are now')
    .option('--nonce <text>', 'repeat a rerun safely: the same nonce never starts a second one')
    .option('--dry-run', 'show what would change, start nothing')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
RUN is a run id, uuid, request id, run name, execution name, or the beginning of an id; also the id of a run that
somebody else started. A value is JSON where it is JSON, else text; what was text stays text.
Examples:
  npx rundrop rerun 7830534 --set storageType=STATIC --set storageCapacity=2400
  npx rundrop rerun 2c14160fa445 --set parameters.sample=SYN-2 --set cacheId=null --dry-run
  npx rundrop rerun 7830534 --set 'parameters["main.reference"]=s3://acme-refs/GRCh38.fa'${WHO}${kit.exitCodes}`,
    )
    .action(async (run: string, options) => {
      const { rerun } = await import('./commands/rerun.ts');
      const { terminal, rundropVersion } = kit;
      const context = { terminal, rundropVersion, nowMs: Date.now, newNonce: () => randomBytes(8).toString('hex') };
      await kit.onTarget(options, (target) => rerun(run, options, { ...context, target }));
    });
}

function defineReplay(program: Command, kit: CommandKit): void {
  byHand(kit.withTarget(program.command('replay [id...]')))
    .description('show what came to nothing, and why; with ids or --all, send it round again')
    .option('--all', 'send round everything that needs no decision')
    .option('--only <kinds>', 'of these kinds: message, refused, rejected-drop, unfinished-sheet, …; commas between')
    .addOption(
      new Option('--since <span>', 'look so far back, as in 36h or 14d')
        .argParser(parseSpan)
        .default(14 * DAY_MS, '14d'),
    )
    .option('--limit <n>', 'how many of each kind are looked at', parsePositiveWhole, 1_000)
    .option('--adopt <run>', 'of an uncertain request: this run, which exists, is its run')
    .option('--start-again', 'of an uncertain request: start it once more; a second run is possible')
    .option('--give-up', 'of an uncertain request: nothing more is done about it')
    .option('--discard', 'remove messages for good instead of sending them')
    .option('--acts', 'show what was sent round, by whom, when and why')
    .option('--dry-run', 'show what would be sent, send nothing')
    .option(
      '--routes <file>',
      'the route file; replay says whether it has changed since a request was made',
      'rundrop.yaml',
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
An ID is of a request, a drop or a message, or the beginning of one. Without ids and without --all nothing is changed.
A message goes back to its queue; a refused request gets another attempt, as it was frozen (with other values: rundrop
rerun ID --set PATH=VALUE); a rejected drop is decided anew; a superseded one is taken as its object is now; an unfinished
sheet is read again, and what has started does not start twice.
Examples:
  npx rundrop replay
  npx rundrop replay 2c14160fa445 --reason 'the role is mended'
  npx rundrop replay --all --only message,rejected-drop --account 123456789012 --reason 'route file mended'
  npx rundrop replay 2c14160fa445 --adopt 7830534${WHO}
Exit status: 0 done, 1 something could not be sent round, 2 wrong usage.`,
    )
    .action(async (ids: string[], options) => {
      const { replay } = await import('./commands/replay.ts');
      const context = { terminal: kit.terminal, nowMs: Date.now() };
      await kit.onTarget(options, (target) => replay(ids, options, { ...context, target }));
    });
}
