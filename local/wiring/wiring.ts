/** What is wired to what. The words are those of the AWS APIs that create the things. */

export interface Wiring {
  readonly functions: readonly FunctionWiring[];
  readonly queues: readonly QueueWiring[];
  readonly tables: readonly TableWiring[];
  readonly topicNames: readonly string[];
  /** Of buckets of our own; those of the routes are somebody's. */
  readonly buckets: readonly BucketWiring[];
  readonly busNames: readonly string[];
  readonly rules: readonly RuleWiring[];
  readonly scheduleGroups: readonly string[];
  readonly schedules: readonly ScheduleWiring[];
  readonly stateMachines: readonly StateMachineWiring[];
  readonly stateMachineAliases: readonly StateMachineAliasWiring[];
  readonly eventSources: readonly EventSourceWiring[];
}

export interface FunctionWiring {
  readonly name: string;
  readonly arn: string;
  /** File and export, relative to the repository's root and without the file's extension: `functions/on-drop.handler`. */
  readonly handler: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
}

export interface QueueWiring {
  readonly name: string;
  readonly arn: string;
  /** CreateQueue's attributes. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface TableWiring {
  readonly name: string;
  /** CreateTable's input. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly timeToLiveAttribute?: string;
}

export interface BucketWiring {
  readonly name: string;
  /** Whether it sends its events to EventBridge. */
  readonly announces: boolean;
}

export interface RuleWiring {
  readonly name: string;
  readonly busName: string;
  readonly pattern: Readonly<Record<string, unknown>>;
  readonly targets: readonly RuleTargetWiring[];
}

export interface RuleTargetWiring {
  readonly id: string;
  readonly arn: string;
  readonly deadLetterArn?: string;
}

export interface ScheduleWiring {
  readonly name: string;
  readonly groupName: string;
  /** `rate(…)`, `cron(…)` or `at(…)`. */
  readonly expression: string;
  readonly timezone: string;
  readonly targetArn: string;
  readonly input: string;
  readonly deadLetterArn?: string;
  readonly retryPolicy?: RetryPolicy;
}

export interface RetryPolicy {
  readonly MaximumEventAgeInSeconds?: number;
  readonly MaximumRetryAttempts?: number;
}

export interface StateMachineWiring {
  readonly name: string;
  readonly arn: string;
  /** The Amazon States Language document, its substitutions made. */
  readonly definition: object;
}

export interface StateMachineAliasWiring {
  readonly machineName: string;
  readonly alias: string;
}

export interface EventSourceWiring {
  readonly queueArn: string;
  readonly functionArn: string;
  readonly batchSize: number;
  readonly batchingWindowSeconds: number;
  readonly reportBatchItemFailures: boolean;
  readonly maximumConcurrency?: number;
}
