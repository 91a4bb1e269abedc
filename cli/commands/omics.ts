/** `rundrop omics`: the HealthOmics emulator alone, until a signal. */
import { resolve } from 'node:path';
import { type BootOptions, readEmulatorOptions } from '../emulator-options.ts';
import type { Terminal } from '../terminal.ts';
import { paint } from '../text.ts';
import { DEFAULT_SPEED, parseFailureRule, parseQuotas } from '../up/options.ts';
import { explainStart } from '../up/start-problems.ts';
import { listenForSignals } from '../up/stopping.ts';

/** Resolves with 0 after a signal. */
export async function omics(terminal: Terminal, options: BootOptions): Promise<number> {
  const stopping = listenForSignals((exitStatus) => process.exit(exitStatus));
  const speed = options.speed ?? DEFAULT_SPEED;
  const settings = {
    ...(await readEmulatorOptions(options)),
    speed,
    failures: options.fail.map(parseFailureRule),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  };
  const quotas = parseQuotas(options.quota);
  const dataDir = options.data === undefined ? undefined : resolve(options.data);
  const { startOmicsStack } = await import('../../local/omics-stack.ts');
  const stack = await startOmicsStack({
    port: options.port,
    settings,
    quotas,
    report: terminal.note,
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(options.json ? { onEvent: (event: object) => terminal.out(JSON.stringify(event)) } : {}),
  }).catch((error: unknown) => explainStart(error, { port: options.port, command: 'npx rundrop omics', dataDir }));
  // With --json standard output holds events only.
  const print = options.json ? terminal.note : terminal.out;
  print(paint(`HealthOmics is ready: it listens on ${stack.endpoint}`, 'bold', terminal.screen));
  for (const line of hintLines(stack, options, speed)) print(line);
  await stopping.asked;
  await stack.close();
  stopping.forget();
  return 0;
}

function hintLines(
  stack: { readonly port: number; readonly endpoint: string },
  options: BootOptions,
  speed: number,
): string[] {
  const state = options.data === undefined ? 'kept in memory only; --data DIR keeps it' : `kept in ${options.data}`;
  return [
    `  Shell:  eval "$(npx rundrop env --port ${stack.port})"`,
    '  Look:   aws omics list-workflows',
    `  boto3:  boto3.client('omics', endpoint_url='${stack.endpoint}', config=Config(inject_host_prefix=False))`,
    `  State:  ${state}; runs go ${speed} times faster than life`,
    '  End:    Ctrl-C',
  ];
}
