/** What IAM allows for a route file: what it names, and no more. */
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import type { RouteFile } from '../../lib/routing/route-file.ts';
import { load } from '../lib/routing/load-routes.ts';

type Sub = { readonly 'Fn::Sub': string };
interface Policy {
  readonly Properties: {
    readonly Roles: readonly { readonly Ref: string }[];
    readonly PolicyDocument: { readonly Statement: readonly { Action: string | string[]; Resource: readonly Sub[] }[] };
  };
}
interface RouteGrants {
  grantedResources(
    file: RouteFile,
  ): Readonly<Record<'bucketArns' | 'objectArns' | 'startRunArns' | 'workflowArns', Sub[]>>;
  grantedPolicies(file: RouteFile): Readonly<Record<string, Policy>>;
}

const { grantedPolicies, grantedResources } = createRequire(import.meta.url)(
  '../../deploy/route-grants.cjs',
) as RouteGrants;

const file = (entries: string) =>
  load(`version: 1
defaults: { roleArn: 'arn:aws:iam::123456789012:role/omics', outputUri: s3://results/, retentionMode: REMOVE, storageType: DYNAMIC }
${entries}
`);
const routes = (...each: readonly string[]) => file(`routes:\n${each.map((one) => `  - ${one}`).join('\n')}`);
const on = (key: string, bucket = 'lab') => `on: { bucket: ${bucket}, key: '${key}' }`;
const RUN = 'run: { workflowId: "7" }';

const plain = (resources: readonly Sub[]) =>
  resources.map((resource) => resource['Fn::Sub'].replace('arn:${AWS::Partition}:', ''));
const OWN = 'omics:${AWS::Region}:${AWS::AccountId}';

function policyOf(given: RouteFile, id: string) {
  const { Roles, PolicyDocument } = grantedPolicies(given)[id]?.Properties ?? {};
  return PolicyDocument?.Statement.map(({ Action, Resource }) => ({
    roles: Roles?.map(({ Ref }) => Ref),
    actions: [Action].flat(),
    resources: plain(Resource),
  }));
}

describe('objects that may be read', () => {
  const objects = (given: RouteFile) => plain(grantedResources(given).objectArns);

  it('are those whose keys begin as a route, or the marker of its sets, says', () => {
    const given = routes(
      `{ name: a, ${on('fastq/{x}_R1.gz')}, ${RUN} }`,
      `{ name: b, ${on('cram/{f}/{x}')}, gather: { by: [f], needs: { marker: 'done/{f}' } }, ${RUN} }`,
      `{ name: c, ${on('in/{x}', 'other')}, ${RUN} }`,
    );
    expect(objects(given)).toEqual(['s3:::lab/cram/*', 's3:::lab/done/*', 's3:::lab/fastq/*', 's3:::other/in/*']);
  });

  it('are named once where one prefix covers another, and are the whole bucket where a key begins with a wildcard', () => {
    const nested = routes(`{ name: a, ${on('in/deep/{x}.gz')}, ${RUN} }`, `{ name: b, ${on('in/{x}')}, ${RUN} }`);
    expect(objects(nested)).toEqual(['s3:::lab/in/*']);
    expect(objects(routes(`{ name: a, ${on('{x}.gz')}, ${RUN} }`))).toEqual(['s3:::lab/*']);
  });

  it('end before a character that a policy would read as a wildcard or a variable', () => {
    expect(objects(routes(`{ name: a, ${on('in/$a*?/{x}')}, ${RUN} }`))).toEqual(['s3:::lab/in/*']);
  });

  it('end before a character that IAM refuses in a policy', () => {
    expect(objects(routes(`{ name: a, ${on('in/検体/{x}.cram')}, ${RUN} }`))).toEqual(['s3:::lab/in/*']);
    expect(objects(routes(`{ name: a, ${on('Proben für Köln/{x}')}, ${RUN} }`))).toEqual(['s3:::lab/Proben f*']);
  });

  it('are none in a file without routes', () => {
    const schedules = file('schedules:\n  - { name: s, rate: 1 day, run: { workflowId: "1" } }');
    expect(objects(schedules)).toEqual(['s3:::-none/*']);
    expect(plain(grantedResources(schedules).bucketArns)).toEqual(['s3:::-none']);
  });
});

describe('tags', () => {
  it('may be read only where a route looks at them, and only of keys that it takes', () => {
    const without = routes(`{ name: a, ${on('in/{x}')}, ${RUN} }`);
    expect(grantedPolicies(without)).toEqual({});
    const given = routes(
      `{ name: a, ${on('in/{x}')}, ${RUN} }`,
      `{ name: b, ${on('tagged/{x}')}, when: { tag: { ready: 'yes' } }, ${RUN} }`,
    );
    expect(policyOf(given, 'ReadTags')).toEqual([
      {
        roles: ['OnDropRole', 'AwaitStartRole'],
        actions: ['s3:GetObjectTagging', 's3:GetObjectVersionTagging'],
        resources: ['s3:::lab/tagged/*'],
      },
    ]);
  });
});

describe('workflows', () => {
  const started = (run: string) => {
    const given = routes(`{ name: a, ${on('in/{x}')}, run: ${run} }`);
    return {
      started: plain(grantedResources(given).startRunArns).slice(1),
      versions: policyOf(given, 'ReadWorkflowVersions')?.[0]?.resources,
    };
  };

  it('may be started without versions where none is named', () => {
    expect(started('{ workflowId: "7" }')).toEqual({ started: [`${OWN}:workflow/7`], versions: undefined });
  });

  it('may be started and read in the version that is named', () => {
    const version = `${OWN}:workflow/7/version/v2`;
    expect(started('{ workflowId: "7", workflowVersionName: v2 }')).toEqual({
      started: [`${OWN}:workflow/7`, version],
      versions: [`${OWN}:workflow/7`, version],
    });
  });

  it('may be started in every version where the drop names it', () => {
    const request = '{ fromObject: true, allow: { workflowIds: ["7"] } }';
    expect(started(request).versions).toEqual([`${OWN}:workflow/7`, `${OWN}:workflow/7/version/*`]);
  });

  it('belong to AWS, or to the account that shares them', () => {
    expect(started('{ workflowId: "7", workflowType: READY2RUN }').started).toEqual([
      'omics:${AWS::Region}::workflow/7',
    ]);
    expect(started('{ workflowId: "7", workflowOwnerId: "210987654321" }').started).toEqual([
      'omics:${AWS::Region}:210987654321:workflow/7',
    ]);
  });

  it('come with the group, the cache and the configuration that is named', () => {
    const run =
      '{ workflowId: "7", runGroupId: "11", cacheId: "12", networkingMode: VPC, configurationName: "private" }';
    expect(started(run).started).toEqual(
      ['configuration/private', 'runCache/12', 'runGroup/11', 'workflow/7'].map((kind) => `${OWN}:${kind}`),
    );
  });
});
