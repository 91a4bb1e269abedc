/** The route file as people write it. A deployed function has read-packaged-routes.ts in this module's place. */
import { readFile } from 'node:fs/promises';
import type { RouteFile } from '../routing/route.ts';
import { sha256 } from '../runs/identity.ts';
import type { Config } from './config.ts';

export async function readRouteFile({
  routesFile,
  environment,
}: Pick<Config, 'routesFile' | 'environment'>): Promise<RouteFile> {
  // The parser is big, and a reconciliation that finds no gather needs no route.
  const { loadRouteFile } = await import('../routing/route-file.ts');
  const text = await readFile(routesFile, 'utf8');
  return loadRouteFile(text, { fileName: routesFile, environment, hash: sha256 });
}
