/** The laptop AWS in a process of its own, so that clients that are timed do not share an event loop with it. */
import { type Stack, type StackOptions, startStack } from '../local/stack.ts';

export type ChildOptions = Pick<StackOptions, 'speed' | 'routesFile' | 'quotas' | 'failures'>;
export interface ChildReady {
  readonly endpoint: string;
}

const options = JSON.parse(process.argv[2] ?? '{}') as ChildOptions;
const stack: Stack = await startStack({ ...options, port: 0, report: (line) => console.error(line) });
// The channel closes when the bench asks for the end, and when it dies.
process.once('disconnect', () => void stack.close().finally(() => process.exit()));
process.send?.({ endpoint: stack.endpoint } satisfies ChildReady);
