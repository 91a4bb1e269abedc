/** What a Task's `Resource` asks for. */
import type { JsonObject } from '../aws-json.ts';
import { DefinitionFault, isObject, templateReads } from './paths.ts';

export type IntegrationKind = 'lambda-arn' | 'lambda-invoke' | 'sqs-send' | 'events-put';

export interface Integration {
  readonly kind: IntegrationKind;
  /** As the Resource says it. */
  readonly arn: string;
  /** The task ends by a SendTask* call with its token. */
  readonly callback: boolean;
  /** `resourceType` and `resource` of the task's history events, for example `lambda` and `invoke.waitForTaskToken`. */
  readonly resourceType: string;
  readonly resource: string;
}

const LAMBDA_ARN = /^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(?::[\w$-]+)?$/;
const SERVICE_ARN = /^arn:aws[\w-]*:states:[\w-]*:[\w-]*:(\w+):(\w+)(\.waitForTaskToken)?$/;
const SERVICES: Readonly<Record<string, { kind: IntegrationKind; parameter: string }>> = {
  'lambda:invoke': { kind: 'lambda-invoke', parameter: 'FunctionName' },
  'sqs:sendMessage': { kind: 'sqs-send', parameter: 'QueueUrl' },
  'events:putEvents': { kind: 'events-put', parameter: 'Entries' },
};

/** @throws DefinitionFault for a resource that this laptop AWS does not have. */
export function readIntegration(fields: JsonObject): Integration {
  const arn = String(fields.Resource ?? '');
  if (LAMBDA_ARN.test(arn)) return { kind: 'lambda-arn', arn, callback: false, resourceType: 'lambda', resource: arn };
  const [, service = '', action = '', suffix = ''] = SERVICE_ARN.exec(arn) ?? [];
  const key = `${service}:${action}`;
  const found = Object.hasOwn(SERVICES, key) ? SERVICES[key] : undefined;
  if (found === undefined) {
    throw new DefinitionFault(
      `the resource ${JSON.stringify(arn)} does not run on this laptop AWS; there are Lambda ARNs, ${Object.keys(SERVICES).join(', ')}, ` +
        'these three also with .waitForTaskToken',
    );
  }
  const parameters = isObject(fields.Parameters) ? fields.Parameters : {};
  if (!(found.parameter in parameters || `${found.parameter}.$` in parameters)) {
    throw new DefinitionFault(`the field ${found.parameter} is required in Parameters but was missing`);
  }
  const callback = suffix !== '';
  if (callback && !templateReads(parameters, '$$.Task')) {
    throw new DefinitionFault(
      'a .waitForTaskToken task must pass its token on: no field of Parameters reads $$.Task.Token',
    );
  }
  return { kind: found.kind, arn, callback, resourceType: service, resource: `${action}${suffix}` };
}
