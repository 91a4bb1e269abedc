/** The commands with which a person takes things in hand: cancel a run, run one again, send round what got stuck. */
import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import type { CommandKit } from './route-commands.ts';

const WHO = `
Who called (the caller's ARN), when and --reason are kept in the ledger: rundrop show. For a real account --account ID
(the caller's own) and --reason are required; on the laptop both may be left out.`;

export function defineOperatorCommands(program: Command, kit: CommandKit): void {
  defineCancel(program, kit);
  defineRerun(program, kit);
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
