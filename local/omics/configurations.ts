/** Run configurations: named network settings. */
import { createOnce, present } from './create-once.ts';
import { conflict, notFound } from './errors.ts';
import { fingerprint } from './fingerprint.ts';
import { pageOf } from './paging.ts';
import type { OmicsParts } from './parts.ts';
import type { Input, OperationHandlers } from './protocol/answer.ts';
import type { Resource } from './resource-table.ts';
import type { Tags } from './runs/run.ts';
import { checkTags } from './tags.ts';

interface VpcConfig {
  readonly securityGroupIds?: readonly string[];
  readonly subnetIds?: readonly string[];
}

/** `key` is the name. */
export interface Configuration extends Resource {
  readonly name: string;
  readonly uuid: string;
  readonly description?: string;
  readonly vpcConfig?: VpcConfig & { readonly vpcId: string };
  readonly createdMs: number;
  readonly tags: Tags;
}

const DEFAULT_PAGE_SIZE = 10;

export function configurationOperations(parts: OmicsParts): OperationHandlers {
  const find = (input: Input): Configuration => {
    const configuration = parts.configurations.get(String(input.name));
    if (configuration === undefined) throw notFound('Configuration', String(input.name));
    return configuration;
  };
  return {
    CreateConfiguration: (input) =>
      configurationView(
        parts,
        createOnce(parts, 'CreateConfiguration', input, parts.configurations, () => newConfiguration(parts, input)),
      ),
    GetConfiguration: (input) => configurationView(parts, find(input)),
    ListConfigurations: (input) => listConfigurations(parts, input),
    DeleteConfiguration: (input) => {
      parts.configurations.remove(find(input).key);
      return undefined;
    },
  };
}

function newConfiguration(parts: OmicsParts, input: Input): Configuration {
  const name = String(input.name);
  if (parts.configurations.has(name)) throw conflict(`Configuration ${name} exists already`);
  const { description, runConfigurations } = input as {
    description?: string;
    runConfigurations: { vpcConfig?: VpcConfig };
  };
  const tags = (input.tags ?? {}) as Tags;
  checkTags(tags);
  const vpc = runConfigurations.vpcConfig;
  return {
    seq: parts.configurations.nextSeq(),
    key: name,
    name,
    uuid: parts.newUuid(),
    createdMs: parts.clock.nowMs(),
    tags,
    ...present({ description }),
    ...(vpc === undefined ? {} : { vpcConfig: { ...vpc, vpcId: vpcIdOf(vpc) } }),
  };
}

/** The same subnets lie in the same VPC. */
function vpcIdOf(vpc: VpcConfig): string {
  return `vpc-${Buffer.from(fingerprint(vpc.subnetIds ?? []))
    .toString('hex')
    .slice(0, 17)}`;
}

function configurationView(parts: OmicsParts, configuration: Configuration): object {
  return {
    ...configuration,
    arn: parts.arns.of('configuration', configuration.name),
    runConfigurations: { vpcConfig: configuration.vpcConfig },
    status: 'ACTIVE',
    creationTime: configuration.createdMs,
  };
}

function listConfigurations(parts: OmicsParts, input: Input): object {
  const { startingToken, maxResults = DEFAULT_PAGE_SIZE } = input as { startingToken?: string; maxResults?: number };
  const page = pageOf(
    { startingToken, maxResults, filters: ['configurations'] },
    (after) => parts.configurations.list(after),
    (configuration) => configuration.seq,
  );
  return { ...page, items: page.items.map((configuration) => configurationView(parts, configuration)) };
}
