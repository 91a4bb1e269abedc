/** The one place of the command line that reads the environment. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the environment says, as far as the command line cares. */
export interface Environment {
  /** AWS_ENDPOINT_URL. */
  readonly endpointUrl?: string;
  /** AWS_REGION, else AWS_DEFAULT_REGION. */
  readonly region?: string;
  /** AWS_PROFILE. */
  readonly profile?: string;
  /** Whether credentials are given in the environment itself or by a named profile. */
  readonly hasCredentials: boolean;
  /** Whether anything at all says that this person uses AWS from here: variables, or files in ~/.aws. */
  readonly hasAwsSettings: boolean;
  /** NO_COLOR is set, or the terminal cannot show colours. */
  readonly noColor: boolean;
}

const SIGNS_OF_AWS = [
  'AWS_PROFILE',
  'AWS_ACCESS_KEY_ID',
  'AWS_ROLE_ARN',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_EXECUTION_ENV',
];

/** Reads the environment. `variables` and `home` are given in tests only. */
export function readEnvironment(
  variables: Readonly<Record<string, string | undefined>> = process.env,
  home: string = homedir(),
): Environment {
  const value = (name: string) => variables[name] || undefined;
  const endpointUrl = value('AWS_ENDPOINT_URL');
  const region = value('AWS_REGION') ?? value('AWS_DEFAULT_REGION');
  const profile = value('AWS_PROFILE');
  const files = [
    value('AWS_CONFIG_FILE') ?? join(home, '.aws', 'config'),
    value('AWS_SHARED_CREDENTIALS_FILE') ?? join(home, '.aws', 'credentials'),
  ];
  return {
    ...(endpointUrl === undefined ? {} : { endpointUrl }),
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    hasCredentials: SIGNS_OF_AWS.some((name) => value(name) !== undefined),
    hasAwsSettings: SIGNS_OF_AWS.some((name) => value(name) !== undefined) || files.some((file) => existsSync(file)),
    noColor: value('NO_COLOR') !== undefined || value('TERM') === 'dumb',
  };
}

/** Every variable of the environment, for `${env:…}` in a route file. */
export function environmentVariables(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
