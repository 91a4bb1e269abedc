/** A bug that is put in on purpose, in front of the production code, to see whether the oracle finds it. */
import type { Invocation } from './invocations.ts';
import type { Ports } from './ports.ts';
import type { World } from './world.ts';

export interface About {
  readonly invocation: Invocation;
  readonly world: World;
}

export interface Plant {
  readonly name: string;
  readonly what: string;
  /** It takes an operator to see it. */
  readonly byHand?: true;
  /** The ports that the function gets instead. */
  readonly ports?: (ports: Ports, about: About) => Ports;
  /** What the function answers instead. */
  readonly answer?: (value: unknown, about: About) => unknown;
}

export type Wrap = NonNullable<Plant['ports']>;

export function plant(name: string, what: string, ports: Wrap): Plant {
  return { name, what, ports };
}

/** Only in that function. */
export function within(functionName: string, wrap: Wrap): Wrap {
  return (ports, about) => (about.invocation.functionName === functionName ? wrap(ports, about) : ports);
}
