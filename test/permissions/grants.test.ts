import { describe, expect, it } from 'vitest';
import type { Template } from '../../local/wiring/intrinsics.ts';
import { EXCEPTIONS } from './exceptions.ts';
import { compare, grantsOf, unusedKinds } from './grants.ts';
import { journalOfNamedSheets } from './named-sheets.ts';
import { needsOf, needsOfJournalLine, UnknownCommand } from './needs.ts';

const scope = { accountId: '000000000000', region: 'us-east-1', endpoint: 'http://laptop', parameters: {} };
const table = 'arn:aws:dynamodb:us-east-1:000000000000:table/rundrop-local-ledger';

function templateWith(statements: readonly Record<string, unknown>[]): Template {
  return {
    Resources: {
      WatchDashrunLambdaFunction: {
        Type: 'AWS::Lambda::Function',
        Properties: { Handler: 'functions/watch-run.handler', Role: { 'Fn::Sub': '${WatchRunRole.Arn}' } },
      },
      WatchRunRole: {
        Type: 'AWS::IAM::Role',
        Properties: { Policies: [{ PolicyDocument: { Statement: statements } }] },
      },
    },
  };
}

const get = needsOf({ function: 'watch-run', command: 'Get', members: { TableName: 'rundrop-local-ledger' } });

describe('what is used against what is allowed', () => {
  it('is equal when each use is allowed and each permission used', () => {
    const template = templateWith([{ Sid: 'A', Effect: 'Allow', Action: ['dynamodb:GetItem'], Resource: table }]);
    expect(compare(get, grantsOf(template, scope), EXCEPTIONS)).toMatchObject({ missing: [], unused: [] });
  });

  it('misses a use that no statement of the function allows, by action and by resource', () => {
    const other = templateWith([{ Sid: 'A', Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: `${table}-2` }]);
    expect(compare(get, grantsOf(other, scope), EXCEPTIONS).missing).toEqual(get);
    const denied = templateWith([{ Sid: 'A', Effect: 'Deny', Action: 'dynamodb:GetItem', Resource: table }]);
    expect(compare(get, grantsOf(denied, scope), EXCEPTIONS).missing).toEqual(get);
  });

  it('finds each action and resource that nothing uses', () => {
    const template = templateWith([
      {
        Sid: 'A',
        Effect: 'Allow',
        Action: ['dynamodb:GetItem', 'dynamodb:PutItem'],
        Resource: [table, `${table}/index/*`],
      },
    ]);
    const { unused } = compare(get, grantsOf(template, scope), EXCEPTIONS);
    expect(unused.map(({ action, resource }) => `${action} ${resource}`)).toEqual([
      `dynamodb:GetItem ${table}/index/*`,
      `dynamodb:PutItem ${table}`,
      `dynamodb:PutItem ${table}/index/*`,
    ]);
  });

  it('leaves out what has a reason, and says how much that is', () => {
    const template = templateWith([
      { Sid: 'A', Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: table },
      { Sid: 'Log', Effect: 'Allow', Action: 'logs:PutLogEvents', Resource: '*' },
    ]);
    const { unused, excepted } = compare(get, grantsOf(template, scope), EXCEPTIONS);
    expect(unused).toEqual([]);
    expect(excepted).toContainEqual({ reason: 'Lambda writes logs', count: 1 });
  });
});

describe('a policy of its own, which follows from the route file', () => {
  const template = templateWith([]);
  const attached = (role: string): Template => ({
    Resources: {
      ...template.Resources,
      ReadMore: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          Roles: [{ Ref: role }],
          PolicyDocument: { Statement: [{ Sid: 'A', Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: table }] },
        },
      },
    },
  });

  it('counts for the roles that it is attached to', () => {
    expect(compare(get, grantsOf(attached('WatchRunRole'), scope), EXCEPTIONS).missing).toEqual([]);
    expect(compare(get, grantsOf(attached('OtherRole'), scope), EXCEPTIONS).missing).toEqual(get);
  });
});

it('finds what another route file grants that nobody calls at all', () => {
  const granted = grantsOf(
    templateWith([{ Sid: 'A', Effect: 'Allow', Action: ['dynamodb:GetItem', 'dynamodb:Scan'], Resource: 'elsewhere' }]),
    scope,
  );
  expect(unusedKinds(get, granted, EXCEPTIONS).map(({ action }) => action)).toEqual(['dynamodb:Scan']);
});

describe('what a call needs', () => {
  it('of StartRun is the run, the workflow, the tag and the role', () => {
    const members = { workflowId: '7', roleArn: 'arn:aws:iam::000000000000:role/R', hasTags: 'true' };
    const needs = needsOf({ function: 'start-runs', command: 'StartRun', members });
    expect(needs.map(({ action, resource }) => `${action} ${resource.split(':').slice(4).join(':')}`)).toEqual([
      'omics:StartRun 000000000000:run/1234567',
      'omics:StartRun 000000000000:workflow/7',
      'omics:TagResource 000000000000:run/1234567',
      'iam:PassRole 000000000000:role/R',
    ]);
  });

  it('of a version of an object, or of a workflow, is the right to that version', () => {
    const shown = (command: string, members: Record<string, string>) =>
      needsOf({ function: 'on-drop', command, members }).map(({ action, resource }) => `${action} ${resource}`);
    expect(shown('HeadObject', { Bucket: 'b', hasVersion: 'true' })).toEqual([
      's3:GetObjectVersion arn:aws:s3:::b/some/key',
      's3:ListBucket arn:aws:s3:::b',
    ]);
    const workflow = 'arn:aws:omics:us-east-1:000000000000:workflow/7';
    expect(shown('GetWorkflowVersion', { workflowId: '7', versionName: 'v' })).toEqual([
      `omics:GetWorkflowVersion ${workflow}`,
      `omics:GetWorkflowVersion ${workflow}/version/v`,
    ]);
  });

  it('is asked for by name when a command or a call of the simulation is new', () => {
    const call = { function: 'watch-run', command: 'DescribeStars', members: {} };
    expect(() => needsOf(call)).toThrow(UnknownCommand);
    expect(() => needsOf(call)).toThrow('watch-run sends DescribeStars: say in test/permissions/needs.ts');
    expect(() => needsOfJournalLine('12 watch-run#3 omics.describeStars 1')).toThrow('omics.describeStars');
  });

  it('is read from the journal of the simulation', () => {
    expect(needsOfJournalLine('12 watch-run#3 omics.getRun 1')).toMatchObject([
      { function: 'watch-run', action: 'omics:GetRun' },
    ]);
    expect(needsOfJournalLine('12 watch-run#3 begins')).toEqual([]);
    const evidence = { function: 'sweep-runs', resource: expect.stringContaining('evidence') };
    expect(needsOfJournalLine('12 sweep-runs#3 s3.keepEvidence 1')).toEqual([
      { ...evidence, action: 's3:PutObject' },
      { ...evidence, action: 's3:GetObject' },
    ]);
  });

  it.each(['dynamodb:BatchGetItem', 'sqs:SendMessage', 'states:StartExecution'])(
    'is %s of await-start where a person names a sheet',
    async (action) => {
      const needs = (await journalOfNamedSheets()).flatMap(needsOfJournalLine);
      const drops = expect.stringMatching(/ledger$|drops$|stateMachine:/);
      expect(needs).toContainEqual({ function: 'await-start', action, resource: drops });
    },
  );
});
