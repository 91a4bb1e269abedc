import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadConfig, type SettingSelectors } from '../../deploy/lean/config-loader.mjs';

type Selectors = SettingSelectors<unknown>;
const sdk = createRequire(createRequire(import.meta.url).resolve('@aws-sdk/client-s3'));
const config = sdk(['@smithy', 'core', 'config'].join('/')) as Readonly<Record<string, Selectors>> & {
  loadConfig: typeof loadConfig;
};
const retry = sdk(['@smithy', 'core', 'retry'].join('/')) as Readonly<Record<string, Selectors>>;

/** By what the SDK calls them: settings of each kind, with a default that is a value, a function and one that throws. */
const SETTINGS: Readonly<Record<string, Selectors | undefined>> = {
  region: config.NODE_REGION_CONFIG_OPTIONS,
  dualstack: config.NODE_USE_DUALSTACK_ENDPOINT_CONFIG_OPTIONS,
  fips: config.NODE_USE_FIPS_ENDPOINT_CONFIG_OPTIONS,
  attempts: retry.NODE_MAX_ATTEMPT_CONFIG_OPTIONS,
  retryMode: retry.NODE_RETRY_MODE_CONFIG_OPTIONS,
};

const ENVIRONMENTS = [
  {},
  { AWS_REGION: 'eu-central-1', AWS_MAX_ATTEMPTS: '7', AWS_RETRY_MODE: 'adaptive' },
  { AWS_REGION: '', AWS_USE_DUALSTACK_ENDPOINT: 'true', AWS_USE_FIPS_ENDPOINT: 'false' },
  { AWS_USE_DUALSTACK_ENDPOINT: 'perhaps', AWS_USE_FIPS_ENDPOINT: '1', AWS_MAX_ATTEMPTS: 'many' },
];

let home: string;

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'rundrop-home-'));
  vi.stubEnv('HOME', home);
  for (const name of Object.keys(process.env).filter((each) => each.startsWith('AWS_'))) vi.stubEnv(name, undefined);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

describe('a setting of the SDK in a bundle', () => {
  it.each(Object.keys(SETTINGS))('%s is what the SDK itself makes of the environment', async (name) => {
    const selectors = SETTINGS[name] as Selectors;
    for (const environment of ENVIRONMENTS) {
      for (const [variable, value] of Object.entries(environment)) vi.stubEnv(variable, value);
      const [bundled, original] = await Promise.allSettled([loadConfig(selectors)(), config.loadConfig(selectors)()]);
      expect(bundled, JSON.stringify(environment)).toEqual(original);
      for (const variable of Object.keys(environment)) vi.stubEnv(variable, undefined);
    }
  });

  it('is looked for once', async () => {
    let times = 0;
    const region = loadConfig({
      environmentVariableSelector: () => {
        times += 1;
        return 'eu-central-1';
      },
      default: '',
    });
    expect([await region(), await region(), times]).toEqual(['eu-central-1', 'eu-central-1', 1]);
  });
});
