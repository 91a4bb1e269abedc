/** What a route file takes from the environment ends in the template and in Lambda's hands: no secret, no name that is taken. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

type Derive = (options: object) => Promise<{ readonly environment: Readonly<Record<string, unknown>> }>;
const derive = createRequire(import.meta.url)('../../deploy/routes.cjs') as Derive;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rundrop-route-variables-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function packageWith(variable: string) {
  const file = path.join(folder, 'rundrop.yaml');
  await writeFile(
    file,
    `version: 1
defaults: { roleArn: 'arn:aws:iam::123456789012:role/omics', outputUri: s3://results/, retentionMode: REMOVE, storageType: DYNAMIC }
routes:
  - { name: a, on: { bucket: lab, key: 'in/{x}' }, run: { workflowId: '1', parameters: { given: '\${env:${variable}}' } } }
`,
  );
  const values: Readonly<Record<string, unknown>> = { routesFile: file, prefix: 'rundrop-dev', settings: {} };
  const resolveConfigurationProperty = async ([, name = '']: readonly string[]) => values[name];
  return derive({ resolveConfigurationProperty, environment: { [variable]: 'a value' }, say: () => undefined });
}

test.each(['API_TOKEN', 'DB_PASSWORD', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'LIMS_APIKEY', 'client_secret'])(
  'refuses a route file that takes a value from %s',
  async (variable) => {
    await expect(packageWith(variable)).rejects.toThrow(
      `rundrop.yaml takes a value from ${variable}, which sounds like a secret.`,
    );
  },
);

test.each(['REFERENCE_BUCKET', 'TOKENIZER_WORKFLOW_ID', 'KEY_PREFIX', 'HEALTHOMICS_ROLE_ARN'])(
  'gives the functions the value of %s',
  async (variable) => {
    expect((await packageWith(variable)).environment).toMatchObject({ [variable]: expect.anything() });
  },
);

test.each([
  ['AWS_REGION', 'Lambda sets that variable itself'],
  ['AWS_LAMBDA_FUNCTION_NAME', 'Lambda sets that variable itself'],
  ['RUNDROP_LEDGER_TABLE', 'names that begin so are for what Rundrop tells its functions'],
  ['_BUCKET', 'Lambda takes names of two characters or more, a letter first'],
  ['B', 'Lambda takes names of two characters or more, a letter first'],
])('refuses a route file that takes a value from %s, which no function can be given', async (variable, reason) => {
  await expect(packageWith(variable)).rejects.toThrow(
    `rundrop.yaml takes a value from ${variable}, which no function can be given: ${reason}.`,
  );
});

test('says what is wrong without a stack, which the Serverless Framework would print instead', async () => {
  const refused = (await packageWith('API_TOKEN').catch((error: unknown) => error)) as Error;
  expect(refused.stack).toBe(refused.message);
  const invalid = (await packageWith('no name').catch((error: unknown) => error)) as Error;
  expect(invalid.name).toBe('RouteFileError');
  expect(invalid.stack).toBe(invalid.message);
});
