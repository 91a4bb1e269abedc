/** The functions of serverless.yml, hosted, and the queues that invoke them. */
import path from 'node:path';
import { createLambdaHost, type EventSourceDefinition, type LambdaHost } from './lambda/lambda-host.ts';
import type { Surroundings } from './ports.ts';
import type { FunctionWiring, Wiring } from './wiring/wiring.ts';

/** The functions' settings that are about waiting. */
const WAITS = ['RUNDROP_RETRY_BASE_SECONDS', 'RUNDROP_QUOTA_PROBE_SECONDS'];

export interface HostOptions {
  /** Emulated seconds that pass in one real second. */
  readonly speed: number;
  /** One line that a function printed; undefined for what was printed outside an invocation. */
  readonly functionLog?: (functionName: string | undefined, line: string) => void;
  /**
   * What `${env:NAME}` in the route file means. Of it, the functions get what the route file names, and settings of
   * theirs: `RUNDROP_…` that settings.yml may set or nobody sets, and `POWERTOOLS_…`.
   */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface HostedAs {
  readonly wiring: Wiring;
  /** The functions' variables that are settings; all others that serverless.yml sets are the wiring itself. */
  readonly settable: ReadonlySet<string>;
  /** The folder to which the handlers' paths are relative. */
  readonly root: string;
  /** Where the functions find AWS. */
  readonly endpoint: string;
}

export function hostFunctions(
  surroundings: Surroundings,
  options: HostOptions,
  { wiring, settable, root, endpoint }: HostedAs,
): LambdaHost {
  const settings = (prefix: string) =>
    Object.entries(options.environment ?? {}).flatMap(([name, value]): [string, string][] =>
      name.startsWith(prefix) && value !== undefined ? [[name, value]] : [],
    );
  const sooner = (seconds: string | undefined) => String(Math.max(1, Math.round(Number(seconds) / options.speed)));
  const isFree = (name: string, environment: object) => settable.has(name) || !Object.hasOwn(environment, name);
  const definition = ({ name, handler, timeoutSeconds, memoryMb, environment }: FunctionWiring) => ({
    name,
    handlerFile: path.join(root, handler.replace(/\.\w+$/, '.ts')),
    handlerExport: handler.slice(handler.lastIndexOf('.') + 1),
    timeoutSeconds,
    memorySizeMb: memoryMb,
    environment: {
      ...environment,
      // Runs take a fraction of their time here, so what waits between two attempts, or for room, does too.
      ...Object.fromEntries(WAITS.map((name) => [name, sooner(environment[name])])),
      ...Object.fromEntries(settings('RUNDROP_').filter(([name]) => isFree(name, environment))),
      ...Object.fromEntries(settings('POWERTOOLS_')),
    },
  });
  return createLambdaHost(surroundings, {
    functions: wiring.functions.map(definition),
    eventSources: eventSourcesOf(wiring),
    sharedEnvironment: () => ({ AWS_ENDPOINT_URL: endpoint }),
    ...(options.functionLog === undefined ? {} : { log: options.functionLog }),
  });
}

export function eventSourcesOf({ eventSources, functions }: Wiring): EventSourceDefinition[] {
  return eventSources.map((source) => ({
    queueArn: source.queueArn,
    functionName: functions.find(({ arn }) => arn === source.functionArn)?.name ?? source.functionArn,
    batchSize: source.batchSize,
    maximumBatchingWindowSeconds: source.batchingWindowSeconds,
    reportBatchItemFailures: source.reportBatchItemFailures,
    fifo: source.queueArn.endsWith('.fifo'),
    ...(source.maximumConcurrency === undefined ? {} : { maximumConcurrency: source.maximumConcurrency }),
  }));
}
