/** The functions of the laptop: what is declared of them, and how requests name them. */
import { createHash } from 'node:crypto';
import { AwsError } from '../aws-error.ts';
import type { Surroundings } from '../ports.ts';

export interface FunctionDefinition {
  readonly name: string;
  /** Absolute path of a `.ts` file. */
  readonly handlerFile: string;
  readonly handlerExport: string;
  readonly timeoutSeconds: number;
  readonly memorySizeMb: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** One queue that feeds one function. */
export interface EventSourceDefinition {
  readonly queueArn: string;
  readonly functionName: string;
  readonly batchSize: number;
  readonly maximumBatchingWindowSeconds?: number;
  /** How many batches run at once; 5 when absent. */
  readonly maximumConcurrency?: number;
  readonly reportBatchItemFailures: boolean;
  readonly fifo: boolean;
}

/** Two functions share one process environment and disagree about a variable. */
export class EnvironmentConflictError extends Error {
  override readonly name = 'EnvironmentConflictError';
  readonly variable: string;

  constructor(variable: string, functionNames: readonly [string, string]) {
    super(
      `The functions ${functionNames.join(' and ')} set the environment variable ${variable} to different values, but they ` +
        'share one worker on this laptop AWS: give them one value, or names of their own.',
    );
    this.variable = variable;
  }
}

/** The union of the functions' variables. @throws EnvironmentConflictError naming the variable. */
export function unionEnvironment(functions: readonly FunctionDefinition[]): Record<string, string> {
  const union: Record<string, string> = {};
  const setBy = new Map<string, string>();
  for (const { name, environment } of functions) {
    for (const [variable, value] of Object.entries(environment)) {
      const earlier = setBy.get(variable);
      if (earlier !== undefined && union[variable] !== value)
        throw new EnvironmentConflictError(variable, [earlier, name]);
      union[variable] = value;
      setBy.set(variable, name);
    }
  }
  return union;
}

export class FunctionDirectory {
  readonly #surroundings: Surroundings;
  readonly #functions: ReadonlyMap<string, FunctionDefinition>;

  constructor(surroundings: Surroundings, functions: readonly FunctionDefinition[]) {
    this.#surroundings = surroundings;
    this.#functions = new Map(functions.map((definition) => [definition.name, definition]));
  }

  list(): FunctionDefinition[] {
    return [...this.#functions.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  arn(name: string): string {
    return `arn:aws:lambda:${this.#surroundings.region}:${this.#surroundings.accountId}:function:${name}`;
  }

  /**
   * By name, partial ARN (`000000000000:function:name`) or ARN, each with or without `:$LATEST`.
   * @throws AwsError ResourceNotFoundException
   */
  find(functionName: string, qualifier?: string | null): FunctionDefinition {
    const { region, accountId } = this.#surroundings;
    const parts = /^(?:arn:[^:]+:lambda:([^:]+):)?(?:(\d{12}):)?(?:function:)?([A-Za-z0-9_-]+)(?::([^:]+))?$/.exec(
      functionName,
    );
    const [, inRegion = region, inAccount = accountId, name = functionName, suffix] = parts ?? [];
    const found = inRegion === region && inAccount === accountId ? this.#functions.get(name) : undefined;
    if (found !== undefined && [suffix, qualifier].every((each) => each == null || each === '$LATEST')) return found;
    const version = qualifier ?? suffix;
    throw new AwsError(
      'ResourceNotFoundException',
      `Function not found: ${this.arn(name)}${version == null ? '' : `:${version}`}`,
      { statusCode: 404, members: { Type: 'User' } },
    );
  }
}

/** Stable for a queue and a function, so that it outlives restarts. */
export function eventSourceUuid({ queueArn, functionName }: EventSourceDefinition): string {
  const digits = createHash('sha256').update(`${queueArn} ${functionName}`).digest('hex');
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20, 32),
  ].join('-');
}
