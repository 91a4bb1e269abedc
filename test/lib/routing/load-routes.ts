import { loadRouteFile, type RouteFile, RouteFileError } from '../../../lib/routing/route-file.ts';

export const ROLE_ARN = 'arn:aws:iam::123456789012:role/omics';

/** Loads a route file as the tests do: a fixed environment, and a hash that needs no crypto. */
export function load(
  text: string,
  environment: Record<string, string | undefined> = { ROLE: ROLE_ARN },
  nowMs?: number,
): RouteFile {
  return loadRouteFile(text, {
    fileName: 'rundrop.yaml',
    environment,
    hash: (given) => `hash-${given.length}`,
    ...(nowMs === undefined ? {} : { nowMs }),
  });
}

/** The problems of a route file that must not load, a line each. */
export function problemsOf(text: string, environment?: Record<string, string | undefined>): readonly string[] {
  try {
    load(text, environment);
  } catch (error) {
    if (error instanceof RouteFileError) return error.message.split('\n');
    throw error;
  }
  return [];
}

/** A file of one route: `body` stands under `- name: test`, indented by four. The run has all that is required. */
export function fileOf(body: string, run = ''): string {
  return `version: 1
defaults:
  roleArn: ${ROLE_ARN}
  outputUri: s3://acme-results/{route}/
  retentionMode: REMOVE
  storageType: DYNAMIC
routes:
  - name: test
${body.replaceAll(/^/gm, '    ')}
    run:
      workflowId: "1234567"
${run.replaceAll(/^/gm, '      ')}
`;
}

/** The one route of `fileOf`. */
export function routeOf(body: string, run = ''): RouteFile['routes'][number] {
  const [route] = load(fileOf(body, run)).routes;
  if (route === undefined) throw new Error('the file has no route');
  return route;
}
