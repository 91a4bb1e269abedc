import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { OmicsClient } from '@aws-sdk/client-omics';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { regionalEndpoint } from '../../deploy/lean/regional-endpoint.mjs';
import project from '../../package.json' with { type: 'json' };

interface Partition {
  readonly name: string;
  readonly dnsSuffix: string;
  readonly dualStackDnsSuffix: string;
}

interface Params {
  readonly Region: string;
  readonly Endpoint?: string;
  readonly UseFIPS: boolean;
  readonly UseDualStack: boolean;
}

interface Rules {
  readonly defaultSigningName?: string;
  endpointProvider(params: Params): { readonly url: URL };
}

const sdk = createRequire(createRequire(import.meta.url).resolve('@aws-sdk/client-s3'));
const core = ['@aws-sdk', 'core', 'client'].join('/');
const { partition } = sdk(core) as { partition: (region: string) => Partition };

const given = { region: 'us-east-1' };
const CLIENTS: Readonly<Record<string, { readonly config: unknown }>> = {
  dynamodb: new DynamoDBClient(given),
  eventbridge: new EventBridgeClient(given),
  omics: new OmicsClient(given),
  'service-quotas': new ServiceQuotasClient(given),
  sfn: new SFNClient(given),
  sns: new SNSClient(given),
  sqs: new SQSClient(given),
};
/** S3 has rules of its own, and functions have no client of IAM. */
const OTHERS = ['s3', 'iam'];

const REGIONS = ['us-east-1', 'eu-central-1', 'il-central-1', 'cn-north-1', 'us-gov-west-1', 'eusc-de-east-1'];
const ENDPOINTS = [
  undefined,
  'http://127.0.0.1:4566',
  'https://vpce-1a2b-3c4d.omics.us-east-1.vpce.amazonaws.com/path',
];

const PARAMS: readonly Params[] = REGIONS.flatMap((Region) =>
  ENDPOINTS.flatMap((Endpoint) =>
    [false, true].flatMap((UseFIPS) =>
      [false, true].map((UseDualStack) => ({
        Region,
        ...(Endpoint === undefined ? {} : { Endpoint }),
        UseFIPS,
        UseDualStack,
      })),
    ),
  ),
);

describe("a bundle's endpoint", () => {
  it.each(Object.entries(CLIENTS))("of %s is where the client's own rules say", (_, { config }) => {
    const rules = config as Rules;
    let compared = 0;
    for (const params of PARAMS) {
      let expected: string;
      try {
        expected = rules.endpointProvider(params).url.href;
      } catch {
        // The rules refuse some, such as FIPS with an endpoint of one's own: nothing is promised there.
        continue;
      }
      const ours = () => regionalEndpoint(rules.defaultSigningName ?? '', params, partition);
      const isUnusual = params.Endpoint === undefined && (params.UseFIPS || params.UseDualStack);
      if (isUnusual && partition(params.Region).name !== 'aws') {
        expect(ours).toThrow('No endpoints but the usual');
        continue;
      }
      compared += 1;
      const { url, properties, headers } = ours();
      expect({ url: url.href, properties, headers }, JSON.stringify(params)).toEqual({
        url: expected,
        properties: {},
        headers: {},
      });
    }
    expect(compared).toBeGreaterThanOrEqual(24);
  });

  it('is compared for every service that a function may call', () => {
    const clients = Object.keys(project.dependencies).flatMap(
      (name) => /^@aws-sdk\/client-(.+)$/.exec(name)?.[1] ?? [],
    );
    expect(clients.filter((name) => !OTHERS.includes(name)).sort()).toEqual(Object.keys(CLIENTS).sort());
  });

  it("knows a region's partition by its regex, because bundles have no list of regions", async () => {
    const file = path.join(path.dirname(sdk.resolve('@aws-sdk/core/package.json')), 'dist-es/submodules/client');
    const text = await readFile(path.join(file, 'util-endpoints/lib/aws/partitions.js'), 'utf8');
    const { partitions } = JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)) as {
      partitions: readonly { id: string; regionRegex: string; regions: Record<string, unknown> }[];
    };
    for (const { id, regions } of partitions) {
      const real = Object.keys(regions).filter((region) => !region.endsWith('-global'));
      for (const region of real) {
        const found = partitions.find(({ regionRegex }) => new RegExp(regionRegex).test(region));
        expect(found?.id, region).toBe(id);
      }
    }
  });
});
