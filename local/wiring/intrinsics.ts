/**
 * The intrinsic functions of CloudFormation, as far as our template uses them, over resources whose names are fixed:
 * what CloudFormation asks of AWS (an ARN, a queue's URL) follows here from the name.
 */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>;
}

export interface TemplateScope {
  readonly accountId: string;
  readonly region: string;
  /** Where queues answer, for example `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  /** Values of template parameters; a parameter that is not here has its default. */
  readonly parameters: Readonly<Record<string, string>>;
}

export class WiringError extends Error {
  override readonly name = 'WiringError';
}

interface ResourceKind {
  readonly nameProperty: string;
  /** The ARN's service, and what stands before the name. */
  readonly arn?: readonly [service: string, prefix: string];
  readonly ref?: 'arn' | 'url';
  /** Its ARN names neither region nor account. */
  readonly isGlobal?: true;
}

const RESOURCE_KINDS: Readonly<Record<string, ResourceKind>> = {
  'AWS::DynamoDB::Table': { nameProperty: 'TableName', arn: ['dynamodb', 'table/'] },
  'AWS::Events::EventBus': { nameProperty: 'Name', arn: ['events', 'event-bus/'] },
  'AWS::Events::Rule': { nameProperty: 'Name', arn: ['events', 'rule/'] },
  'AWS::Lambda::Function': { nameProperty: 'FunctionName', arn: ['lambda', 'function:'] },
  'AWS::S3::Bucket': { nameProperty: 'BucketName', arn: ['s3', ''], isGlobal: true },
  'AWS::SNS::Topic': { nameProperty: 'TopicName', arn: ['sns', ''], ref: 'arn' },
  'AWS::SQS::Queue': { nameProperty: 'QueueName', arn: ['sqs', ''], ref: 'url' },
  'AWS::Scheduler::ScheduleGroup': { nameProperty: 'Name', arn: ['scheduler', 'schedule-group/'] },
  'AWS::StepFunctions::StateMachine': {
    nameProperty: 'StateMachineName',
    arn: ['states', 'stateMachine:'],
    ref: 'arn',
  },
};

/**
 * Evaluates a value of the template.
 * @throws WiringError on what it does not know, naming it: a value passed through unevaluated would be wired wrongly.
 */
export function evaluate(value: unknown, template: Template, scope: TemplateScope): unknown {
  if (Array.isArray(value)) return value.map((item) => evaluate(item, template, scope));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined && (first[0] === 'Ref' || first[0].startsWith('Fn::'))) {
    return evaluateFunction(first[0], first[1], template, scope);
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, evaluate(item, template, scope)]));
}

/** Like `evaluate`, where only a string makes sense. */
export function evaluateString(value: unknown, template: Template, scope: TemplateScope): string {
  const result = evaluate(value, template, scope);
  if (typeof result === 'string') return result;
  if (typeof result === 'number' || typeof result === 'boolean') return String(result);
  throw new WiringError(`The template has ${JSON.stringify(value)} where a string belongs.`);
}

function evaluateFunction(name: string, argument: unknown, template: Template, scope: TemplateScope): unknown {
  switch (name) {
    case 'Ref':
      return reference(String(argument), template, scope);
    case 'Fn::GetAtt':
      return attribute(argument, template, scope);
    case 'Fn::Sub':
      return substitute(argument, template, scope);
    case 'Fn::Join': {
      const [separator, items] = argument as [string, unknown[]];
      return items.map((item) => evaluateString(item, template, scope)).join(separator);
    }
    default:
      throw new WiringError(
        `The template uses ${name}, which the laptop does not evaluate: ${JSON.stringify(argument)}.`,
      );
  }
}

function pseudoParameters(scope: TemplateScope): Readonly<Record<string, string>> {
  return {
    'AWS::AccountId': scope.accountId,
    'AWS::Region': scope.region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
  };
}

function reference(name: string, template: Template, scope: TemplateScope): string {
  const pseudo = pseudoParameters(scope)[name];
  if (pseudo !== undefined) return pseudo;
  if (Object.hasOwn(template.Parameters ?? {}, name)) return parameter(name, template, scope);
  const { kind, physicalName } = resourceNamed(name, template, scope);
  if (kind.ref === 'arn') return arnOf(kind, physicalName, scope);
  if (kind.ref === 'url') return `${scope.endpoint}/${scope.accountId}/${physicalName}`;
  return physicalName;
}

function parameter(name: string, template: Template, scope: TemplateScope): string {
  const value = scope.parameters[name] ?? template.Parameters?.[name]?.Default;
  if (value === undefined) throw new WiringError(`The template's parameter ${name} has no value and no default.`);
  return String(value);
}

function attribute(argument: unknown, template: Template, scope: TemplateScope): string {
  const [name, attributeName] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
  if (name === undefined || attributeName !== 'Arn') {
    throw new WiringError(
      `The template asks for the attribute ${JSON.stringify(argument)}; the laptop knows only Arn.`,
    );
  }
  const { kind, physicalName } = resourceNamed(name, template, scope);
  return arnOf(kind, physicalName, scope);
}

function substitute(argument: unknown, template: Template, scope: TemplateScope): string {
  const [text, values] = (Array.isArray(argument) ? argument : [argument, {}]) as [string, Record<string, unknown>];
  return text.replace(/\$\{([^!}][^}]*)\}/g, (_whole, name: string) => {
    if (Object.hasOwn(values, name)) return evaluateString(values[name], template, scope);
    return name.includes('.') ? attribute(name, template, scope) : reference(name, template, scope);
  });
}

function resourceNamed(name: string, template: Template, scope: TemplateScope) {
  const resource = Object.hasOwn(template.Resources, name) ? template.Resources[name] : undefined;
  if (resource === undefined) throw new WiringError(`The template refers to ${name}, which it does not define.`);
  const kind = RESOURCE_KINDS[resource.Type];
  if (kind === undefined)
    throw new WiringError(`The template refers to ${name}, a ${resource.Type}: not known to the laptop.`);
  return { kind, physicalName: evaluateString(resource.Properties?.[kind.nameProperty], template, scope) };
}

function arnOf(kind: ResourceKind, physicalName: string, scope: TemplateScope): string {
  if (kind.arn === undefined) throw new WiringError(`${physicalName} has no ARN that follows from its name.`);
  const [service, prefix] = kind.arn;
  if (kind.isGlobal) return `arn:aws:${service}:::${prefix}${physicalName}`;
  return `arn:aws:${service}:${scope.region}:${scope.accountId}:${prefix}${physicalName}`;
}
