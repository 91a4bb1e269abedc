import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WiringError } from '../../../local/wiring/intrinsics.ts';
import { readServerlessFile } from '../../../local/wiring/serverless-file.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'rundrop-serverless-file-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

async function read(yaml: string, environment: Record<string, string> = {}) {
  const file = path.join(directory, 'serverless.yml');
  await writeFile(file, yaml);
  return readServerlessFile({ file, stage: 'local', routesFile: '/routes.yaml', environment });
}

const HEAD = `service: demo
custom:
  prefix: \${self:service}-\${sls:stage}
  routesFile: rundrop.yaml
provider: { environment: { STAGE: '\${sls:stage}', ROUTES: '\${self:custom.routesFile}' } }
`;

describe('readServerlessFile', () => {
  it('makes a function resource with the shared and its own environment, its own settings and the defaults', async () => {
    const {
      template: { Resources },
    } = await read(`${HEAD}
functions:
  on-drop: { handler: functions/on-drop.handler, timeout: 30, environment: { OWN: 'yes' } }
resources: []`);
    expect(Resources.OnDashdropLambdaFunction).toEqual({
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: 'demo-local-on-drop',
        Handler: 'functions/on-drop.handler',
        Timeout: 30,
        MemorySize: 1024,
        Environment: { Variables: { STAGE: 'local', ROUTES: '/routes.yaml', OWN: 'yes' } },
      },
    });
  });

  it('resolves variables inside texts, keeps the type of a whole value, and leaves CloudFormation its own', async () => {
    await writeFile(path.join(directory, 'machine.json'), `{"States": {"A": "\${Arn}"}}`);
    const {
      template: { Resources },
    } = await read(`${HEAD}
functions: {}
resources:
  - Resources:
      Machine:
        Type: AWS::StepFunctions::StateMachine
        Properties:
          StateMachineName: \${self:custom.prefix}-machine
          Definition: \${file(./machine.json)}
          Role: !Sub arn:\${AWS::Partition}:\${self:custom.prefix}
          Log: !GetAtt Group.Arn`);
    expect(Resources.Machine?.Properties).toEqual({
      StateMachineName: 'demo-local-machine',
      Definition: { States: { A: `\${Arn}` } },
      Role: { 'Fn::Sub': `arn:\${AWS::Partition}:demo-local` },
      Log: { 'Fn::GetAtt': ['Group', 'Arn'] },
    });
  });

  it('asks a script file with the configuration and the environment, as the framework does', async () => {
    await writeFile(
      path.join(directory, 'derived.cjs'),
      `module.exports = async ({ resolveConfigurationProperty, environment }) => ({
         template: { Resources: { [environment.NAME]: { Type: await resolveConfigurationProperty(['custom', 'prefix']) } } },
       });`,
    );
    const yaml = `${HEAD.replace('custom:', `custom:\n  derived: \${file(./derived.cjs)}`)}
functions: {}
resources: ['\${self:custom.derived.template}']`;
    const {
      template: { Resources },
    } = await read(yaml, { NAME: 'Thing' });
    expect(Resources).toEqual({ Thing: { Type: 'demo-local' } });
  });

  it.each([
    ['a variable source that it does not know', `\${ssm:/secret}`, /\$\{ssm:\/secret\}/],
    ['a missing property, naming it', `\${self:custom.missing}`, /no missing in/],
    ['variables in a circle', `\${self:custom.circle}`, /circle/],
  ])('rejects %s', async (_what, value, message) => {
    const yaml = `${HEAD.replace('custom:', `custom:\n  circle: \${self:custom.circle}`)}
functions: {}
resources: [{ Resources: { A: { Type: '${value}' } } }]`;
    const outcome = await read(yaml).catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(WiringError);
    expect((outcome as Error).message).toMatch(message);
  });
});
