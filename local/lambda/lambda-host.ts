/**
 * Lambda on a laptop: the functions of this repository, run from their source files in one worker thread.
 * Not as on AWS: functions share a process environment and module state; a timed-out invocation is abandoned, not killed;
 * memory sizes bound the worker as a whole; an asynchronous invocation does not outlive the process; functions are
 * declared, not deployed, and have the version $LATEST only.
 */
import { devNull } from 'node:os';
import type { LambdaOutcome, LambdaPort, LocalService, Surroundings } from '../ports.ts';
import { answerRestJson } from '../rest-json.ts';
import {
  type EventSourceDefinition,
  type FunctionDefinition,
  FunctionDirectory,
  unionEnvironment,
} from './function-definition.ts';
import { FunctionSandbox } from './function-sandbox.ts';
import { lambdaRoutes, SYNCHRONOUS_LIMIT_BYTES } from './lambda-routes.ts';

export type { EventSourceDefinition, FunctionDefinition } from './function-definition.ts';
export { EnvironmentConflictError } from './function-definition.ts';

export interface LambdaHostOptions {
  readonly functions: readonly FunctionDefinition[];
  /** What ListEventSourceMappings answers. */
  readonly eventSources?: readonly EventSourceDefinition[];
  /** Variables for all functions that are known late, such as AWS_ENDPOINT_URL; read when a worker starts. */
  readonly sharedEnvironment?: () => Readonly<Record<string, string>>;
  /** One line that a function printed; undefined instead of its name for what was printed outside an invocation. */
  readonly log?: (functionName: string | undefined, line: string) => void;
}

export interface LambdaHost extends LocalService, LambdaPort {}

type FunctionError = Extract<LambdaOutcome, { kind: 'threw' }>['payload'];

const LEAST_MEMORY_MB = 256;

/** @throws EnvironmentConflictError when two functions set one variable to different values. */
export function createLambdaHost(surroundings: Surroundings, options: LambdaHostOptions): LambdaHost {
  const { functions, eventSources = [], sharedEnvironment = () => ({}), log = () => undefined } = options;
  const functionsEnvironment = unionEnvironment(functions);
  const directory = new FunctionDirectory(surroundings, functions);
  const sandbox = new FunctionSandbox(surroundings, {
    environment: () => ({ ...lambdaEnvironment(surroundings), ...sharedEnvironment(), ...functionsEnvironment }),
    memoryLimitMb: Math.max(LEAST_MEMORY_MB, ...functions.map(({ memorySizeMb }) => memorySizeMb)),
    log,
    functionArn: (name) => directory.arn(name),
  });
  let closed = false;
  const told = new Set<string>();
  // Once for each kind of error: an invocation that failed is mostly tried again, and fails again.
  const tell = (functionName: string, { errorType, errorMessage }: FunctionError) => {
    const kind = `${functionName} ${errorType}`;
    if (closed || told.has(kind)) return;
    told.add(kind);
    surroundings.report(`Lambda: ${functionName} failed, ${errorType}: ${errorMessage} (further ones are in its log)`);
  };
  const routes = lambdaRoutes({ surroundings, directory, sandbox, eventSources, stopped: () => closed });
  return {
    signingNames: ['lambda'],
    handle: (request, response) =>
      answerRestJson(request, response, {
        serviceName: 'Lambda',
        routes,
        bodyLimitBytes: SYNCHRONOUS_LIMIT_BYTES,
        report: surroundings.report,
      }),
    async invoke(functionName, payload) {
      const definition = directory.find(functionName);
      const { outcome } = await sandbox.invoke(definition, JSON.stringify(payload) ?? 'null');
      if (outcome.kind === 'threw') tell(definition.name, outcome.payload);
      return outcome;
    },
    async close() {
      closed = true;
      await sandbox.close();
    },
  };
}

/**
 * What Lambda's own runtime sets, and no more: the user's shell, AWS profile and instance credentials stay out of it.
 * AWS_LAMBDA_MAX_CONCURRENCY says that invocations share the process, which makes libraries keep their state apart.
 */
function lambdaEnvironment({ region }: Surroundings): Record<string, string> {
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_STREAM_NAME: 'laptop',
    AWS_LAMBDA_MAX_CONCURRENCY: '10',
    LANG: 'en_US.UTF-8',
  };
}
