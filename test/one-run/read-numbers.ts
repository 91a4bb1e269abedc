/** Options that are whole numbers, for the tools of this folder. */
import { parseArgs } from 'node:util';

/** A wrong option; its message says which. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
}

/** `--NAME N` for each of the defaults, and the seed of all chance: another one each time, unless it is given. */
export function readNumbers<Name extends string>(
  args: readonly string[],
  defaults: Readonly<Record<Name, number>>,
): Readonly<Record<Name | 'seed', number>> {
  const all: Readonly<Record<string, number>> = { ...defaults, seed: 1 + (Date.now() % 1_000_000) };
  const options = Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, { type: 'string' as const, default: String(value) }]),
  );
  const numbers = Object.entries(parsed(args, options)).map(([name, text]) => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= 1 && value < 2 ** 31) return [name, value];
    throw new WrongUsage(`--${name} is ${text}, not a whole number from 1.`);
  });
  return Object.fromEntries(numbers) as Readonly<Record<Name | 'seed', number>>;
}

function parsed(args: readonly string[], options: Record<string, { type: 'string'; default: string }>) {
  try {
    return parseArgs({ args: args.filter((arg) => arg !== '--'), options }).values;
  } catch (error) {
    throw new WrongUsage((error as Error).message);
  }
}

/** Runs a tool to its exit status: what `use` says, or 2 for a wrong option. */
export async function runTool(usage: string, use: () => Promise<number>): Promise<number> {
  try {
    return await use();
  } catch (error) {
    if (!(error instanceof WrongUsage)) throw error;
    console.error(`${error.message}\n${usage}`);
    return 2;
  }
}
