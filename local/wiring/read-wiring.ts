/**
 * Reads what is wired to what from a CloudFormation template: the one that the laptop makes of serverless.yml, or the
 * one that `serverless package` makes.
 */
import { evaluate, evaluateString, type Template, type TemplateResource, type TemplateScope } from './intrinsics.ts';
import type {
  BucketWiring,
  EventSourceWiring,
  FunctionWiring,
  QueueWiring,
  RetryPolicy,
  RuleWiring,
  ScheduleWiring,
  StateMachineAliasWiring,
  StateMachineWiring,
  TableWiring,
  Wiring,
} from './wiring.ts';

type Properties = Readonly<Record<string, unknown>>;

/** @throws WiringError when the template says what the laptop does not know. */
export function readWiring(template: Template, scope: TemplateScope): Wiring {
  const of = <Value>(type: string, read: (reader: Reader) => Value): Value[] =>
    Object.entries(template.Resources)
      .filter(([, resource]) => resource.Type === type)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([logicalId, resource]) => read(new Reader({ logicalId, resource, template, scope })));
  return {
    functions: of('AWS::Lambda::Function', readFunction),
    queues: of('AWS::SQS::Queue', readQueue),
    tables: of('AWS::DynamoDB::Table', readTable),
    topicNames: of('AWS::SNS::Topic', (reader) => reader.text('TopicName')),
    // The framework's own bucket, for deployments, has no name in the template.
    buckets: of('AWS::S3::Bucket', readBucket).filter(({ name }) => name !== ''),
    busNames: of('AWS::Events::EventBus', (reader) => reader.text('Name')),
    rules: of('AWS::Events::Rule', readRule),
    scheduleGroups: of('AWS::Scheduler::ScheduleGroup', (reader) => reader.text('Name')),
    schedules: of('AWS::Scheduler::Schedule', readSchedule),
    stateMachines: of('AWS::StepFunctions::StateMachine', readStateMachine),
    stateMachineAliases: of('AWS::StepFunctions::StateMachineAlias', readStateMachineAlias),
    eventSources: of('AWS::Lambda::EventSourceMapping', readEventSource),
  };
}

/** One resource's properties, evaluated as they are asked for: those that a laptop has no use for never are. */
class Reader {
  readonly arn: () => string;
  private readonly properties: Properties;
  private readonly template: Template;
  private readonly scope: TemplateScope;

  constructor(options: { logicalId: string; resource: TemplateResource; template: Template; scope: TemplateScope }) {
    this.properties = options.resource.Properties ?? {};
    this.template = options.template;
    this.scope = options.scope;
    this.arn = () => this.evaluateText({ 'Fn::GetAtt': [options.logicalId, 'Arn'] });
  }

  raw(name: string): unknown {
    return this.properties[name];
  }

  value(name: string): unknown {
    return this.evaluate(this.properties[name]);
  }

  text(name: string): string {
    return this.evaluateText(this.properties[name]);
  }

  /** A property of another resource, by its logical id. */
  textOf(logicalId: string, name: string): string {
    return this.evaluateText(this.template.Resources[logicalId]?.Properties?.[name]);
  }

  textOr(name: string, fallback: string): string {
    return this.properties[name] === undefined ? fallback : this.text(name);
  }

  evaluate(value: unknown): unknown {
    return evaluate(value, this.template, this.scope);
  }

  evaluateText(value: unknown): string {
    return evaluateString(value, this.template, this.scope);
  }

  deadLetterArn(value: unknown): { deadLetterArn?: string } {
    const arn = (value as { Arn?: unknown } | undefined)?.Arn;
    return arn === undefined ? {} : { deadLetterArn: this.evaluateText(arn) };
  }
}

function readFunction(reader: Reader): FunctionWiring {
  const variables = (reader.raw('Environment') as { Variables?: Properties } | undefined)?.Variables ?? {};
  const environment = Object.entries(variables).map(([name, value]) => [name, reader.evaluateText(value)]);
  return {
    name: reader.text('FunctionName'),
    arn: reader.arn(),
    handler: reader.text('Handler'),
    timeoutSeconds: Number(reader.text('Timeout')),
    memoryMb: Number(reader.text('MemorySize')),
    environment: Object.fromEntries(environment),
  };
}

const QUEUE_ATTRIBUTES = [
  'ContentBasedDeduplication',
  'DelaySeconds',
  'FifoQueue',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'VisibilityTimeout',
] as const;

function readQueue(reader: Reader): QueueWiring {
  const named = QUEUE_ATTRIBUTES.filter((name) => reader.raw(name) !== undefined);
  const attributes = Object.fromEntries(named.map((name) => [name, reader.text(name)]));
  const redrive = reader.value('RedrivePolicy');
  return {
    name: reader.text('QueueName'),
    arn: reader.arn(),
    attributes: redrive === undefined ? attributes : { ...attributes, RedrivePolicy: JSON.stringify(redrive) },
  };
}

const TABLE_PROPERTIES = [
  'TableName',
  'BillingMode',
  'AttributeDefinitions',
  'KeySchema',
  'GlobalSecondaryIndexes',
] as const;

function readTable(reader: Reader): TableWiring {
  const named = TABLE_PROPERTIES.filter((name) => reader.raw(name) !== undefined);
  const timeToLive = reader.value('TimeToLiveSpecification') as { AttributeName: string; Enabled: boolean } | undefined;
  return {
    name: reader.text('TableName'),
    input: Object.fromEntries(named.map((name) => [name, reader.value(name)])),
    ...(timeToLive?.Enabled ? { timeToLiveAttribute: timeToLive.AttributeName } : {}),
  };
}

function readBucket(reader: Reader): BucketWiring {
  return { name: reader.textOr('BucketName', ''), announces: reader.raw('NotificationConfiguration') !== undefined };
}

function readRule(reader: Reader): RuleWiring {
  const targets = (reader.raw('Targets') ?? []) as readonly Properties[];
  return {
    name: reader.text('Name'),
    busName: reader.textOr('EventBusName', 'default'),
    pattern: reader.value('EventPattern') as Properties,
    targets: targets.map((target) => ({
      id: reader.evaluateText(target.Id),
      arn: reader.evaluateText(target.Arn),
      ...reader.deadLetterArn(target.DeadLetterConfig),
    })),
  };
}

function readSchedule(reader: Reader): ScheduleWiring {
  const target = reader.raw('Target') as Properties;
  const retryPolicy = target.RetryPolicy as RetryPolicy | undefined;
  return {
    name: reader.text('Name'),
    groupName: reader.textOr('GroupName', 'default'),
    expression: reader.text('ScheduleExpression'),
    timezone: reader.textOr('ScheduleExpressionTimezone', 'UTC'),
    targetArn: reader.evaluateText(target.Arn),
    input: reader.evaluateText(target.Input),
    ...reader.deadLetterArn(target.DeadLetterConfig),
    ...(retryPolicy === undefined ? {} : { retryPolicy }),
  };
}

function readStateMachine(reader: Reader): StateMachineWiring {
  const substitutions = reader.value('DefinitionSubstitutions') as Readonly<Record<string, unknown>> | undefined;
  const text = String(reader.raw('DefinitionString')).replace(/\$\{(\w+)\}/g, (whole, name: string) =>
    substitutions !== undefined && Object.hasOwn(substitutions, name) ? String(substitutions[name]) : whole,
  );
  return { name: reader.text('StateMachineName'), arn: reader.arn(), definition: JSON.parse(text) as object };
}

/** An alias points to a version, and a version to its machine. */
function readStateMachineAlias(reader: Reader): StateMachineAliasWiring {
  const preference = reader.raw('DeploymentPreference') as { StateMachineVersionArn?: { Ref?: string } } | undefined;
  const machineArn = reader.textOf(preference?.StateMachineVersionArn?.Ref ?? '', 'StateMachineArn');
  return { machineName: machineArn.slice(machineArn.lastIndexOf(':') + 1), alias: reader.text('Name') };
}

function readEventSource(reader: Reader): EventSourceWiring {
  const scaling = reader.value('ScalingConfig') as { MaximumConcurrency?: number } | undefined;
  const responseTypes = (reader.value('FunctionResponseTypes') ?? []) as readonly string[];
  return {
    queueArn: reader.text('EventSourceArn'),
    functionArn: reader.text('FunctionName'),
    batchSize: Number(reader.textOr('BatchSize', '10')),
    batchingWindowSeconds: Number(reader.textOr('MaximumBatchingWindowInSeconds', '0')),
    reportBatchItemFailures: responseTypes.includes('ReportBatchItemFailures'),
    ...(scaling?.MaximumConcurrency === undefined ? {} : { maximumConcurrency: scaling.MaximumConcurrency }),
  };
}
