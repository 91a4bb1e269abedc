import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readEnvironment } from '../../cli/config.ts';
import { UsageError } from '../../cli/errors.ts';
import { chooseTarget, describeTarget, ledgerTableOf } from '../../cli/target.ts';

async function emptyHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'rundrop-home-'));
  onTestFinished(() => rm(home, { recursive: true }));
  return home;
}

test('speaks to the laptop at its default port when nothing says that AWS is used from here', async () => {
  const target = chooseTarget(readEnvironment({}, await emptyHome()));
  expect(target).toMatchObject({
    kind: 'laptop',
    endpoint: 'http://127.0.0.1:4566',
    region: 'us-east-1',
    stage: 'local',
  });
  expect(target.dummyCredentials).toBe(true);
  expect(describeTarget(target)).toBe('Target: laptop AWS at http://127.0.0.1:4566 (account 000000000000, us-east-1)');
});

test.each([
  'AWS_PROFILE',
  'AWS_ACCESS_KEY_ID',
  'AWS_ROLE_ARN',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_EXECUTION_ENV',
])('speaks to AWS itself when %s is set', async (name) => {
  const target = chooseTarget(readEnvironment({ [name]: 'x' }, await emptyHome()));
  expect(target.kind).toBe('aws');
  expect(target.endpoint).toBeUndefined();
  expect(target.dummyCredentials).toBe(false);
  expect(ledgerTableOf(target)).toBe('rundrop-dev-ledger');
});

test('speaks to AWS itself when there is a credentials file', async () => {
  const home = await emptyHome();
  await mkdir(join(home, '.aws'));
  await writeFile(join(home, '.aws', 'credentials'), '');
  expect(chooseTarget(readEnvironment({}, home)).kind).toBe('aws');
});

test('lets AWS_ENDPOINT_URL decide, also where AWS settings exist', async () => {
  const variables = { AWS_ENDPOINT_URL: 'http://localhost:5000', AWS_ACCESS_KEY_ID: 'x', AWS_REGION: 'eu-west-1' };
  const target = chooseTarget(readEnvironment(variables, await emptyHome()));
  expect(target).toMatchObject({ kind: 'laptop', endpoint: 'http://localhost:5000', region: 'eu-west-1' });
  expect(target.dummyCredentials).toBe(false);
});

test('treats an endpoint that is not on this machine as AWS', async () => {
  const target = chooseTarget(readEnvironment({ AWS_ENDPOINT_URL: 'https://vpce.example.com' }, await emptyHome()));
  expect(target).toMatchObject({ kind: 'aws', stage: 'dev', dummyCredentials: false });
});

test.each(['127.0.0.1:4566', 'ftp://127.0.0.1', 'laptop'])('rejects the endpoint %s', async (endpoint) => {
  const environment = readEnvironment({ AWS_ENDPOINT_URL: endpoint }, await emptyHome());
  expect(() => chooseTarget(environment)).toThrow(UsageError);
});

test('names the ledger of the stage that was asked for and rejects one that no table can have', async () => {
  const environment = readEnvironment({}, await emptyHome());
  expect(ledgerTableOf(chooseTarget(environment, { stage: 'prod' }))).toBe('rundrop-prod-ledger');
  expect(() => chooseTarget(environment, { stage: 'a/b' })).toThrow('--stage "a/b"');
});

test('says account, region and profile of a real target as far as they are known', async () => {
  const target = chooseTarget(readEnvironment({ AWS_PROFILE: 'lab', AWS_REGION: 'eu-central-1' }, await emptyHome()));
  expect(describeTarget(target, { account: '111122223333' })).toBe(
    'Target: AWS (account 111122223333, eu-central-1, profile lab, stage dev)',
  );
});
