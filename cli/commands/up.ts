/** `rundrop up`: the laptop AWS, the examples, and a view of every run, until a signal or, with --once, until all is settled. */
import { resolve } from 'node:path';
import type { Example } from '../../examples/demo.ts';
import type { Stack } from '../../local/stack.ts';
import { environmentVariables } from '../config.ts';
import { readEmulatorOptions } from '../emulator-options.ts';
import { readRouteFile, routesPath, routeWarnings, routingOf } from '../routing.ts';
import { describeTarget, ownTarget, type Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';
import { announceListening } from '../up/banner.ts';
import { DEMO_FAILURES } from '../up/demo.ts';
import { openFunctionLog } from '../up/function-log.ts';
import { DEFAULT_SPEED, parseFailureRule, parseQuotas, type UpOptions } from '../up/options.ts';
import { type Show, showRuns } from '../up/show-runs.ts';
import { explainStart } from '../up/start-problems.ts';
import { listenForSignals } from '../up/stopping.ts';

/** Closing gets this long; the promise is two seconds from signal to end. */
const CLOSE_LIMIT_MS = 1_500;

/** Resolves with the exit status: 0, or with --once 1 when an example ended otherwise, or 128 + n when a signal cut it short. */
export async function up(terminal: Terminal, options: UpOptions): Promise<number> {
  const stopping = listenForSignals((exitStatus) => process.exit(exitStatus));
  const started = startUp(terminal, options);
  const first = await Promise.race([started, stopping.asked]);
  if (typeof first === 'number') {
    // Signalled before it was ready: what has begun is not worth waiting for.
    process.exit(128 + first);
  }
  const { stack, show, closeLog } = first;
  try {
    const interrupted = stopping.asked.then((signal) => (options.once ? 128 + signal : 0));
    return await Promise.race([show.done, interrupted]);
  } finally {
    show.close();
    await within(CLOSE_LIMIT_MS, stack.close());
    closeLog();
    stopping.forget();
  }
}

interface Started {
  readonly stack: Stack;
  readonly show: Show;
  readonly closeLog: () => void;
}

async function startUp(terminal: Terminal, options: UpOptions): Promise<Started> {
  const quotas = parseQuotas(options.quota);
  const omics = await readEmulatorOptions(options);
  const withDemo = options.demo === true && options.empty !== true;
  const failures = [...options.fail.map(parseFailureRule), ...(withDemo ? DEMO_FAILURES : [])];
  const routes = await readRouteFile(options.routes);
  for (const line of routeWarnings(routes, options.routes)) terminal.note(line);
  const dataDir = options.data === undefined ? undefined : resolve(options.data);
  const log = openFunctionLog(dataDir, options.verbose ? terminal.note : undefined);
  // Until the view is there, reports go to standard error; then above the table.
  let report = terminal.note;
  const { startStack } = await import('../../local/stack.ts');
  const stack = await startStack({
    port: options.port,
    ...(dataDir === undefined ? {} : { dataDir }),
    speed: options.speed ?? DEFAULT_SPEED,
    routesFile: routesPath(options.routes),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    quotas,
    failures,
    omics,
    report: (line) => report(line),
    functionLog: log.write,
    environment: environmentVariables(),
  }).catch((error: unknown) => explainStart(error, { port: options.port, command: 'npm start --', dataDir }));
  const target: Target = ownTarget(stack.endpoint);
  terminal.note(describeTarget(target));
  const { endpoint, port } = stack;
  announceListening(terminal, { endpoint, port, options, routes, dataDir, logFile: log.file });
  const examples: Example[] = withDemo ? (await import('../../examples/demo.ts')).makeExamples() : [];
  const show = showRuns({ stack, target, terminal, options, examples, routing: routingOf(routes) });
  report = show.note;
  return { stack, show, closeLog: log.close };
}

function within(limitMs: number, work: Promise<unknown>): Promise<unknown> {
  const { promise, resolve: giveUp } = Promise.withResolvers<void>();
  const timer = setTimeout(giveUp, limitMs);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
