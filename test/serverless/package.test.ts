import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../lib/aws/config.ts';
import { loadPackagedRoutes, type PackagedRoutes } from '../../lib/routing/packaged-routes.ts';
import { loadRouteFile } from '../../lib/routing/route-file.ts';
import { sha256 } from '../../lib/runs/identity.ts';
import type { TemplateScope } from '../../local/wiring/intrinsics.ts';
import { readWiring } from '../../local/wiring/read-wiring.ts';
import { readServerlessFile } from '../../local/wiring/serverless-file.ts';
import type { Wiring } from '../../local/wiring/wiring.ts';
import { type PackagedService, packageService } from './package-service.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const FUNCTIONS = readdirSync(path.join(ROOT, 'functions')).map((file) => path.basename(file, '.ts'));
const ROLE = 'arn:aws:iam::123456789012:role/HealthOmicsService';
const ROUTE_READERS = ['await-start', 'on-drop', 'on-schedule', 'reconcile-runs'];
const FOURTEEN_DAYS = '1209600';
const SETTING_VARIABLES = new Set([
  'RUNDROP_BUCKET_ACCOUNTS',
  'RUNDROP_NOTIFY',
  'RUNDROP_QUOTA_PROBE_SECONDS',
  'RUNDROP_QUOTA_THRESHOLDS',
  'RUNDROP_STATUS_LIMITS',
  'RUNDROP_REQUEST_ID_TRUST_SECONDS',
  'RUNDROP_RETRY_BASE_SECONDS',
  'RUNDROP_SWEEP_RATE_SHARE',
  'RUNDROP_TRACING',
]);

/** What packages read and we leave unset. */
const UNSET = new RegExp(
  `^(?:${[
    // Only where the route file says so: test/serverless/pruning.test.ts.
    'RUNDROP_PRUNE',
    // Powertools' switches: their defaults are what we want, or the code says it (logging of events is off for good).
    'POWERTOOLS_(?:DEV|IDEMPOTENCY_DISABLED|LOGGER_LOG_EVENT|LOGGER_SAMPLE_RATE|TRACE_ENABLED|TRACER_CAPTURE_\\w+)',
    'POWERTOOLS_METRICS_(?:DISABLED|FUNCTION_NAME|NAMESPACE)',
    // Lambda's own, and what says that code is not in Lambda.
    '_HANDLER|_X_AMZN_TRACE_ID|LAMBDA_TASK_ROOT|AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|EXECUTION_ENV)',
    'AWS_LAMBDA_\\w+|npm_package_\\w+',
    // Switches of the SDK, of the X-Ray SDK, and of what they are made of.
    'AWS_(?:SDK|XRAY)_\\w+|DEBUG_CLS_HOOKED|NODE_DEBUG',
  ].join('|')})$`,
);

/** Names of ours and of Powertools wherever they stand, others where they are read, and those of the route file. */
function variablesRead(files: ReadonlyMap<string, Buffer>): ReadonlySet<string> {
  const script = [...files].flatMap(([file, content]) => (file.endsWith('.mjs') ? content.toString() : [])).join('\n');
  const taken = [...script.matchAll(/\{([\w:,$]+)\}=process\.env\b/g)].flatMap(([, names = '']) => names.split(','));
  const routes = JSON.parse(files.get('rundrop.yaml.json')?.toString() ?? '{}') as Partial<PackagedRoutes>;
  return new Set([
    ...(script.match(/\b(?:RUNDROP|POWERTOOLS)_[A-Z0-9_]+\b/g) ?? []),
    ...[...script.matchAll(/process\.env\??\.(\w+)/g)].map(([, name = '']) => name),
    ...taken.map((name) => name.replace(/:.*/, '')),
    ...Object.keys(routes.environment ?? {}),
  ]);
}

type Json = Record<string, unknown>;
interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: Record<string, Json>;
}

let packaged: PackagedService;
let wiring: Wiring;

beforeAll(async () => {
  packaged = await packageService({ environment: { HEALTHOMICS_ROLE_ARN: ROLE } });
  wiring = readWiring(packaged.template, {
    accountId: '123456789012',
    region: 'us-east-1',
    endpoint: 'https://sqs.us-east-1.amazonaws.com',
    parameters: {},
  });
}, 120_000);

afterAll(() => packaged?.remove());

function resourcesOf(type: string): Json[] {
  return Object.values(packaged.template.Resources)
    .filter((resource) => resource.Type === type)
    .map((resource) => resource.Properties ?? {});
}

function rolesWithStatements(): [string, Statement[]][] {
  return Object.entries(packaged.template.Resources)
    .filter(([, resource]) => resource.Type === 'AWS::IAM::Role')
    .map(([name, resource]) => {
      const policies = resource.Properties?.Policies as { PolicyDocument: { Statement: Statement[] } }[];
      return [name, policies.flatMap((policy) => policy.PolicyDocument.Statement)];
    });
}

const actionsOf = (statement: Statement): string[] => [statement.Action].flat();

describe('the functions that serverless package makes', () => {
  it('are the files of functions/, each with a role of its own', () => {
    expect(wiring.functions.map(({ name }) => name)).toEqual(FUNCTIONS.map((name) => `rundrop-dev-${name}`).sort());
    expect(wiring.functions.map(({ handler }) => handler)).toEqual(
      FUNCTIONS.map((name) => `functions/${name}.handler`).sort(),
    );
    const roles = resourcesOf('AWS::Lambda::Function').map(({ Role }) => JSON.stringify(Role));
    expect(new Set(roles).size).toBe(FUNCTIONS.length);
  });

  it('run on nodejs24.x and arm64', () => {
    for (const { Runtime, Architectures } of resourcesOf('AWS::Lambda::Function')) {
      expect({ Runtime, Architectures }).toEqual({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
    }
  });

  it('are told everything that the configuration asks for, each setting within its range', () => {
    for (const { name, environment } of wiring.functions) {
      expect(() => parseConfig(environment), name).not.toThrow();
      for (const variable of Object.keys(environment).filter((each) => each.startsWith('RUNDROP_'))) {
        // What is a setting has a default, and refuses nonsense.
        const wrong = SETTING_VARIABLES.has(variable) ? '?' : undefined;
        expect(() => parseConfig({ ...environment, [variable]: wrong }), variable).toThrow(variable);
      }
    }
  });

  it.each(FUNCTIONS)('%s has every variable that its package reads, and no other', async (name) => {
    const environment = wiring.functions.find((one) => one.name === `rundrop-dev-${name}`)?.environment ?? {};
    const read = variablesRead(await packaged.files(name));
    expect([...read].filter((variable) => !UNSET.test(variable)).sort()).toEqual(Object.keys(environment).sort());
  });

  it('have the variables of the route file where they read it', async () => {
    const withRole = wiring.functions.filter(({ environment }) => environment.HEALTHOMICS_ROLE_ARN === ROLE);
    expect(withRole.map(({ name }) => name)).toEqual(ROUTE_READERS.map((name) => `rundrop-dev-${name}`));
    const text = await readFile(path.join(ROOT, 'rundrop.yaml'), 'utf8');
    for (const name of ROUTE_READERS) {
      const packagedRoutes = (await packaged.files(name)).get('rundrop.yaml.json')?.toString() ?? '';
      const options = { fileName: 'rundrop.yaml', environment: { HEALTHOMICS_ROLE_ARN: ROLE } };
      const loaded = loadPackagedRoutes(packagedRoutes, options);
      expect(loaded).toEqual({ ...loadRouteFile(text, { ...options, hash: sha256 }), warnings: [] });
    }
  });

  it('are packaged one by one, with the bundle, its map and, where it is read, the route file', async () => {
    for (const name of FUNCTIONS) {
      const files = [...(await packaged.files(name)).keys()].sort();
      const routes = ROUTE_READERS.includes(name) ? ['rundrop.yaml.json'] : [];
      const isOwn = (file: string) => file.startsWith(`functions/${name}.`) && /\.mjs(?:\.map)?$/.test(file);
      expect(files.filter((file) => !isOwn(file))).toEqual(routes);
      expect(files).toContain(`functions/${name}.mjs`);
    }
  });

  it('leave nothing in the temporary folder', () => {
    expect(readdirSync(packaged.temporary)).toEqual([]);
  });

  it('come with an SBOM of the packages that are in them', async () => {
    const text = await readFile(path.join(packaged.directory, '.serverless', 'sbom.cdx.json'), 'utf8');
    const { bomFormat, specVersion, components } = JSON.parse(text) as Json & { components: { purl: string }[] };
    expect({ bomFormat, specVersion }).toEqual({ bomFormat: 'CycloneDX', specVersion: '1.6' });
    const listed = await readFile(path.join(ROOT, 'docs', 'licences.md'), 'utf8');
    const rows = [...listed.matchAll(/^\| (\S+) \| (\S+) \| \S+ \|$/gm)].filter(([, name]) => name !== 'package');
    expect(components.map(({ purl }) => decodeURIComponent(purl))).toEqual(
      rows.map(([, name, version]) => `pkg:npm/${name}@${version}`),
    );
  });

  it('can be imported with no environment, and export their handler', async () => {
    const folder = path.join(packaged.directory, 'bundles');
    await mkdir(folder);
    for (const name of FUNCTIONS) {
      for (const [file, content] of await packaged.files(name)) {
        if (file.endsWith('.mjs')) await writeFile(path.join(folder, path.basename(file)), content);
      }
    }
    const script = `for (const name of ${JSON.stringify(FUNCTIONS)}) {
      console.log(name, typeof (await import('./' + name + '.mjs')).handler);
    }`;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
      env: {},
    });
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toEqual(FUNCTIONS.map((name) => `${name} function`));
  });
});

describe('the laptop and what serverless package makes on Node 20', () => {
  const scope: TemplateScope = {
    accountId: '000000000000',
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:4566',
    parameters: { HealthOmicsRoleArn: 'arn:aws:iam::000000000000:role/HealthOmicsServiceRole' },
  };
  /** The packaged copy of the sources is in no repository. */
  const environment = { RUNDROP_ROUTES_COMMIT: '0123456789abcdef0123456789abcdef01234567' };
  let again: PackagedService;
  let deployed: Wiring;
  let local: Wiring;

  beforeAll(async () => {
    // Node 20 does not run TypeScript: esbuild reads the route file's sources, on the laptop Node does.
    const likeNode20 = path.join(import.meta.dirname, 'like-node-20.cjs');
    const nodeOptions = ['--no-experimental-strip-types', '--require', likeNode20];
    again = await packageService({ stage: 'local', environment, nodeOptions });
    deployed = readWiring(again.template, scope);
    const file = path.join(ROOT, 'serverless.yml');
    const serverless = await readServerlessFile({ file, stage: 'local', routesFile: 'rundrop.yaml', environment });
    local = readWiring(serverless.template, scope);
  }, 120_000);

  afterAll(() => again?.remove());

  it.each([
    'functions',
    'queues',
    'tables',
    'topicNames',
    'buckets',
    'busNames',
    'rules',
    'scheduleGroups',
    'schedules',
    'stateMachines',
    'stateMachineAliases',
    'eventSources',
  ] as const)('wire the same %s', (part) => {
    expect(local[part]).toEqual(deployed[part]);
    expect(deployed[part]).not.toHaveLength(0);
  });

  it('ask for the service role at deployment when it is not known before', () => {
    expect(again.template.Parameters).toHaveProperty('HealthOmicsRoleArn.AllowedPattern');
    expect(again.template.Parameters).not.toHaveProperty('HealthOmicsRoleArn.Default');
  });

  it('wire nothing that this test does not compare', () => {
    expect(local).toEqual(deployed);
  });

  it('put the same bytes into packages, in another folder and for another stage: bundles, maps and archives', async () => {
    expect(again.directory).not.toBe(packaged.directory);
    for (const name of FUNCTIONS) {
      const [first, second] = [await packaged.files(name), await again.files(name)];
      expect([...second.keys()], name).toEqual([...first.keys()]);
      for (const [file, content] of first) expect(second.get(file)?.equals(content), file).toBe(true);
      expect((await again.archive(name)).equals(await packaged.archive(name)), `${name}.zip`).toBe(true);
    }
  });
});

describe('the queues', () => {
  it('stay invisible for six times the timeout of the function that reads them, and honour partial responses', () => {
    expect(wiring.eventSources).toHaveLength(2);
    // A FIFO queue with one message group is read by one at a time as it is.
    expect(wiring.eventSources.map(({ maximumConcurrency }) => maximumConcurrency)).toEqual([10, undefined]);
    for (const source of wiring.eventSources) {
      const queue = wiring.queues.find(({ arn }) => arn === source.queueArn);
      const reader = wiring.functions.find(({ arn }) => arn === source.functionArn);
      const visibilitySeconds = Number(queue?.attributes.VisibilityTimeout);
      expect(visibilitySeconds).toBeGreaterThanOrEqual(6 * Number(reader?.timeoutSeconds));
      expect(source.reportBatchItemFailures).toBe(true);
    }
  });

  it('that are read give a message up after at least five tries, to a queue of their kind that keeps it 14 days', () => {
    for (const source of wiring.eventSources) {
      const queue = wiring.queues.find(({ arn }) => arn === source.queueArn);
      const redrive = JSON.parse(queue?.attributes.RedrivePolicy ?? '{}') as Json;
      const deadLetters = wiring.queues.find(({ arn }) => arn === redrive.deadLetterTargetArn);
      expect(redrive.maxReceiveCount).toBeGreaterThanOrEqual(5);
      expect(deadLetters?.attributes.MessageRetentionPeriod).toBe(FOURTEEN_DAYS);
      expect(deadLetters?.attributes.FifoQueue).toBe(queue?.attributes.FifoQueue);
    }
  });

  it('are encrypted, refuse what is not TLS, and let a service in only for our own rules', () => {
    const queues = resourcesOf('AWS::SQS::Queue');
    expect(queues.map(({ SqsManagedSseEnabled }) => SqsManagedSseEnabled)).toEqual(queues.map(() => true));
    const policies = resourcesOf('AWS::SQS::QueuePolicy');
    expect(policies.flatMap((policy) => policy.Queues)).toHaveLength(queues.length);
    for (const policy of policies) {
      const statements = (policy.PolicyDocument as { Statement: Statement[] }).Statement;
      expect(statements.some(({ Effect, Sid }) => Effect === 'Deny' && Sid === 'OnlyOverTls')).toBe(true);
      for (const statement of statements.filter(({ Effect }) => Effect === 'Allow')) {
        if (statement.Sid === 'DropRulesSend') expect(JSON.stringify(statement)).toContain(':rule/rundrop-dev-drops*"');
        expect({ ...statement.Condition?.ArnEquals, ...statement.Condition?.ArnLike }).toHaveProperty([
          'aws:SourceArn',
        ]);
        expect(statement.Condition?.StringEquals).toEqual({ 'aws:SourceAccount': { Ref: 'AWS::AccountId' } });
      }
    }
  });
});

describe('the topic for people', () => {
  it('is encrypted, refuses what is not TLS, and lets nobody in but by a role of the account', () => {
    expect(resourcesOf('AWS::SNS::Topic')).toMatchObject([{ KmsMasterKeyId: 'alias/aws/sns' }]);
    const policies = resourcesOf('AWS::SNS::TopicPolicy').map(({ PolicyDocument }) => PolicyDocument);
    const tlsOnly = { Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } };
    expect(policies).toMatchObject([{ Statement: [tlsOnly] }]);
  });
});

describe('the event bus', () => {
  it('takes events of this account only, and only over TLS', () => {
    const statements = resourcesOf('AWS::Events::EventBusPolicy').map(({ Statement }) => Statement as Json);
    expect(statements).toMatchObject([
      { Effect: 'Allow', Action: 'events:PutEvents', Condition: { StringEquals: { 'events:source': 'rundrop' } } },
      { Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
    ]);
    expect(JSON.stringify(statements[0]?.Principal)).toContain('${AWS::AccountId}:root');
  });

  it('has policies named for the stage, since an account has each name once, and put in order, since of two at once one is lost', () => {
    const ids = resourcesOf('AWS::Events::EventBusPolicy').map(({ StatementId }) => StatementId);
    expect(ids).toEqual(['rundrop-dev-of-this-account', 'rundrop-dev-only-over-tls']);
    expect(packaged.template.Resources.EventBusOverTls).toMatchObject({ DependsOn: ['EventBusOfThisAccount'] });
  });
});

describe('rules and schedules', () => {
  it('may invoke the function of statuses by the ARN of their rule alone, since a source account keeps EventBridge out', () => {
    const permissions = resourcesOf('AWS::Lambda::Permission');
    expect(permissions).toMatchObject([{ SourceArn: { 'Fn::GetAtt': ['RunStatusChangeRule', 'Arn'] } }]);
    expect(permissions[0]).not.toHaveProperty('SourceAccount');
  });

  it('each have a dead-letter queue on every target, which is not a FIFO queue', () => {
    const undelivered = 'arn:aws:sqs:us-east-1:123456789012:rundrop-dev-undelivered';
    const targets = [...wiring.rules.flatMap((rule) => rule.targets), ...wiring.schedules];
    expect(targets.map((target) => target.deadLetterArn)).toEqual(targets.map(() => undelivered));
  });

  it('take drops of the buckets of the route file, and its schedules', () => {
    const drops = wiring.rules.find(({ name }) => name === 'rundrop-dev-drops-acme-incoming');
    const keys = (drops?.pattern.detail as { object?: { key?: unknown } } | undefined)?.object?.key;
    expect(keys).toEqual([
      { wildcard: 'fastq/*_R1.fastq.gz' },
      { wildcard: 'fastq/*_R2.fastq.gz' },
      { wildcard: 'cram/*.cram' },
      { wildcard: 'wgs/*_R1.fastq.gz' },
      { wildcard: 'wgs/*_R2.fastq.gz' },
      { wildcard: 'requests/*.json' },
    ]);
    const nightly = wiring.schedules.find(({ name }) => name === 'rundrop-dev-schedule-nightly');
    expect(nightly).toMatchObject({ expression: 'cron(0 2 * * ? *)', timezone: 'Europe/Berlin' });
    expect(JSON.parse(nightly?.input ?? '')).toEqual({
      schedule: 'nightly',
      scheduledTime: '<aws.scheduler.scheduled-time>',
      scheduleArn: '<aws.scheduler.schedule-arn>',
    });
  });
});

describe('what stays, and what does not', () => {
  it('is the record: it outlives the stack, whatever else goes', () => {
    const kept = Object.entries(packaged.template.Resources)
      .filter(([, resource]) => (resource as { DeletionPolicy?: string }).DeletionPolicy === 'RetainExceptOnCreate')
      .map(([name]) => name);
    expect(kept.sort()).toEqual(['EvidenceBucket', 'EvidenceBucketPolicy', 'IdempotencyTable', 'LedgerTable']);
  });

  it('expires only by the attribute of leases, tokens, gathers and notes, which records do not carry', () => {
    const attributes = wiring.tables.map(({ name, timeToLiveAttribute }) => [name, timeToLiveAttribute]);
    expect(attributes).toEqual([
      ['rundrop-dev-idempotency', 'expiration'],
      ['rundrop-dev-ledger', 'expiresAt'],
    ]);
    for (const file of ['requests.ts', 'drops.ts']) {
      expect(readFileSync(path.join(ROOT, 'lib', 'ledger', file), 'utf8'), file).not.toMatch(/\bexpiresAt\b/);
    }
  });

  it('is logged for the time that was set, by every function and the machine', () => {
    const groups = resourcesOf('AWS::Logs::LogGroup');
    expect(groups).toHaveLength(FUNCTIONS.length + 1);
    expect(groups.map(({ RetentionInDays }) => RetentionInDays)).toEqual(groups.map(() => 365));
  });

  it('is no bundle that a later deployment replaced, nor a log group without its stack', () => {
    const { ServerlessDeploymentBucket: bucket, ...others } = packaged.template.Resources;
    expect(bucket?.Properties).toMatchObject({
      LifecycleConfiguration: { Rules: [{ Status: 'Enabled', NoncurrentVersionExpiration: { NoncurrentDays: 30 } }] },
    });
    for (const group of Object.values(others).filter(({ Type }) => Type === 'AWS::Logs::LogGroup')) {
      expect(group).toMatchObject({ DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
    }
  });

  it('holds no secret: only names, ARNs and settings are in it', () => {
    const text = JSON.stringify(packaged.template);
    expect(text).not.toMatch(/AKIA[0-9A-Z]{16}|-----BEGIN|(?:password|secret|api[_-]?key)"?\s*[:=]/i);
  });
});

describe('the tables and the state machine', () => {
  it('stay when the stack goes, encrypted and recoverable', () => {
    const { LedgerTable, IdempotencyTable } = packaged.template.Resources;
    for (const table of [LedgerTable, IdempotencyTable])
      expect(table).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    for (const table of resourcesOf('AWS::DynamoDB::Table')) {
      expect(table).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true },
      });
    }
  });

  it('refuse whoever speaks to a table without TLS', () => {
    const tables = resourcesOf('AWS::DynamoDB::Table');
    const Condition = { Bool: { 'aws:SecureTransport': 'false' } };
    const tlsOnly = { Effect: 'Deny', Principal: '*', Action: 'dynamodb:*', Resource: '*', Condition };
    const policies = tables.map(
      ({ ResourcePolicy }) => (ResourcePolicy as { PolicyDocument: Json } | undefined)?.PolicyDocument,
    );
    expect(policies).toMatchObject(tables.map(() => ({ Statement: [tlsOnly] })));
  });

  it('log and trace executions without their data', () => {
    expect(resourcesOf('AWS::StepFunctions::StateMachine')).toMatchObject([
      { LoggingConfiguration: { IncludeExecutionData: false }, TracingConfiguration: { Enabled: true } },
    ]);
  });

  it('are defined by the file, its nulls included', async () => {
    const file = await readFile(path.join(ROOT, 'statemachines', 'run-lifecycle.asl.json'), 'utf8');
    const texts = resourcesOf('AWS::StepFunctions::StateMachine').map(({ DefinitionString }) =>
      String(DefinitionString),
    );
    expect(texts.map((text) => JSON.parse(text))).toStrictEqual([JSON.parse(file)]);
  });

  it('refer to functions that exist, and leave no substitution open', () => {
    const text = JSON.stringify(wiring.stateMachines[0]?.definition);
    expect(text).not.toContain('${');
    const arns = new Set(text.match(/arn:aws:lambda:[^"]+/g));
    expect(arns.size).toBe(3);
    expect(wiring.functions.map(({ arn }) => arn)).toEqual(expect.arrayContaining([...arns]));
  });
});

describe('the roles', () => {
  it('name every action, and name resources wherever AWS knows one', () => {
    const unnamed = new Set<string>();
    for (const [role, statements] of rolesWithStatements()) {
      for (const statement of statements) {
        expect(actionsOf(statement).join(), role).not.toContain('*');
        expect(statement.Resource, `${role} ${statement.Sid}`).not.toEqual([]);
        if (statement.Resource === '*') unnamed.add(statement.Sid);
      }
    }
    expect([...unnamed].sort()).toEqual(['DeliverLogs', 'ListRuns', 'ReadQuotas', 'ReadRunGroups', 'Trace']);
  });

  it('are assumed by the machine itself, whichever of its versions runs, and by no other of the account', () => {
    const { AssumeRolePolicyDocument } = packaged.template.Resources.RunLifecycleRole?.Properties ?? {};
    const arn = 'arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:rundrop-dev-run-lifecycle';
    expect(AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'states.amazonaws.com' },
          Condition: {
            ArnLike: { 'aws:SourceArn': [{ 'Fn::Sub': arn }, { 'Fn::Sub': `${arn}:*` }] },
            StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
          },
        },
      ],
    });
  });

  it('let only the starter start runs, of the workflows of the route file, passing its role to HealthOmics alone', () => {
    const starters = rolesWithStatements().filter(([, statements]) =>
      statements.some((statement) => actionsOf(statement).includes('omics:StartRun')),
    );
    expect(starters.map(([role]) => role)).toEqual(['StartRunsRole']);
    const statements = starters[0]?.[1] ?? [];
    const resources = statements.find(({ Sid }) => Sid === 'StartRuns')?.Resource as { 'Fn::Sub': string }[];
    const names = resources.map((resource) => resource['Fn::Sub'].replace(/^.*:/, ''));
    expect(names[0]).toBe('run/*');
    expect(names).toContain('workflow/1234567');
    expect(resources).toContainEqual({ 'Fn::Sub': `arn:\${AWS::Partition}:omics:\${AWS::Region}::workflow/4974161` });
    expect(packaged.template.Parameters).toMatchObject({ HealthOmicsRoleArn: { Default: ROLE } });
    expect(statements.find(({ Sid }) => Sid === 'PassServiceRole')).toMatchObject({
      Resource: [{ Ref: 'HealthOmicsRoleArn' }],
      Condition: { StringEquals: { 'iam:PassedToService': 'omics.amazonaws.com' } },
    });
  });
});
