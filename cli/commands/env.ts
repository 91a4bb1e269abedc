/** `rundrop env`: what a shell needs so that AWS clients speak to the laptop. */
import { DEFAULT_PORT, endpointOf, type Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';

export interface EnvOptions {
  readonly port?: number;
  readonly json?: boolean;
}

/** The variables, whatever the environment says now: `env` is there to change it. Only a laptop endpoint is kept. */
function laptopVariables(target: Target, options: EnvOptions): Record<string, string> {
  const current = target.kind === 'laptop' ? target.endpoint : undefined;
  const endpoint = options.port === undefined ? (current ?? endpointOf(DEFAULT_PORT)) : endpointOf(options.port);
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'laptop',
    AWS_SECRET_ACCESS_KEY: 'laptop',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    // The HealthOmics API puts `workflows-` before the host name; botocore would do so here too.
    AWS_DISABLE_HOST_PREFIX_INJECTION: 'true',
  };
}

export function printEnv(target: Target, terminal: Terminal, options: EnvOptions): number {
  const variables = laptopVariables(target, options);
  const port = options.port === undefined ? '' : ` --port ${options.port}`;
  terminal.note(
    `Target: laptop AWS at ${variables.AWS_ENDPOINT_URL}. To use it in this shell: eval "$(npx rundrop env${port})"`,
  );
  if (options.json) {
    terminal.out(JSON.stringify(variables, null, 2));
    return 0;
  }
  for (const [name, value] of Object.entries(variables)) terminal.out(`export ${name}=${value}`);
  // A profile or session token left from a real account would be mixed with these.
  terminal.out('unset AWS_PROFILE AWS_SESSION_TOKEN');
  return 0;
}
