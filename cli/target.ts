/** Which AWS a command speaks to: the laptop's or a real one. */
import type { Environment } from './config.ts';
import { UsageError } from './errors.ts';

export const LAPTOP_ACCOUNT = '000000000000';
/** The laptop's own service role, which nothing assumes, for route files that take theirs from the environment. */
export const LAPTOP_ROLE_ARN = `arn:aws:iam::${LAPTOP_ACCOUNT}:role/HealthOmicsServiceRole`;
export const DEFAULT_PORT = 4566;
const DEFAULT_REGION = 'us-east-1';

export interface Target {
  readonly kind: 'laptop' | 'aws';
  /** Absent when the SDK finds AWS's own endpoints. */
  readonly endpoint?: string;
  /** Absent when only the SDK's own configuration files can tell. */
  readonly region?: string;
  readonly profile?: string;
  /** The laptop takes any credentials, so none need to be set for it. */
  readonly dummyCredentials: boolean;
  readonly stage: string;
}

/**
 * The target of a command: AWS_ENDPOINT_URL if set; else AWS itself, when anything says that it is used from here; else
 * the laptop at its default port.
 *
 * @throws UsageError when the endpoint is not an http(s) URL or the stage cannot be part of a table's name.
 */
export function chooseTarget(environment: Environment, options: { readonly stage?: string } = {}): Target {
  const endpoint = environment.endpointUrl ?? (environment.hasAwsSettings ? undefined : endpointOf(DEFAULT_PORT));
  const onLaptop = endpoint !== undefined && isLoopback(endpoint);
  const stage = options.stage ?? (onLaptop ? 'local' : 'dev');
  if (!/^[A-Za-z0-9-]{1,32}$/.test(stage)) {
    throw new UsageError(
      `--stage "${stage}" cannot be part of a table's name: use 1 to 32 letters, digits and hyphens.`,
    );
  }
  const region = environment.region ?? (onLaptop ? DEFAULT_REGION : undefined);
  return {
    kind: onLaptop ? 'laptop' : 'aws',
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(environment.profile === undefined ? {} : { profile: environment.profile }),
    dummyCredentials: onLaptop && !environment.hasCredentials,
    stage,
  };
}

/** The laptop AWS that this process itself runs. */
export function ownTarget(endpoint: string): Target {
  return { kind: 'laptop', endpoint, region: DEFAULT_REGION, dummyCredentials: true, stage: 'local' };
}

export function endpointOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

export function ledgerTableOf(target: Target): string {
  return `rundrop-${target.stage}-ledger`;
}

/** The alias of the state machine, as serverless.yml names it, in the account and partition of the caller. */
export function stateMachineArnOf(
  target: Target,
  caller: { readonly account: string; readonly arn: string; readonly region: string },
): string {
  const partition = caller.arn.split(':')[1] ?? 'aws';
  return `arn:${partition}:states:${caller.region}:${caller.account}:stateMachine:rundrop-${target.stage}-run-lifecycle:live`;
}

/** One line for people. `account` and `region` are what was found out about a real one. */
export function describeTarget(
  target: Target,
  found: { readonly account?: string; readonly region?: string } = {},
): string {
  const region = target.region ?? found.region ?? 'region not set';
  if (target.kind === 'laptop')
    return `Target: laptop AWS at ${target.endpoint} (account ${LAPTOP_ACCOUNT}, ${region})`;
  const parts = [
    found.account === undefined ? 'account not known yet' : `account ${found.account}`,
    region,
    ...(target.profile === undefined ? [] : [`profile ${target.profile}`]),
    `stage ${target.stage}`,
  ];
  return `Target: AWS${target.endpoint === undefined ? '' : ` at ${target.endpoint}`} (${parts.join(', ')})`;
}

function isLoopback(endpoint: string): boolean {
  let url: URL;
  try {
    url = new URL(endpoint);
  } catch (cause) {
    throw new UsageError(
      `AWS_ENDPOINT_URL is "${endpoint}", which is not a URL. For the laptop: ${endpointOf(DEFAULT_PORT)}`,
      {
        cause,
      },
    );
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new UsageError(`AWS_ENDPOINT_URL is "${endpoint}"; it must begin with http:// or https://`);
  }
  return /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
}
