/** The route file that was packaged with the function, beside its own name and in JSON. */
import { readFile } from 'node:fs/promises';
import type { PackagedRoutes } from '../routing/packaged-routes.ts';
import type { RouteFile } from '../routing/route.ts';
import type { Config } from './config.ts';

export async function readRouteFile({
  routesFile,
  environment,
}: Pick<Config, 'routesFile' | 'environment'>): Promise<RouteFile> {
  // A reconciliation that finds no gather needs no route.
  const [{ loadPackagedRoutes }, packaged] = await Promise.all([
    import('../routing/packaged-routes.ts'),
    readFile(`${routesFile}.json`, 'utf8'),
  ]);
  return loadPackagedRoutes(JSON.parse(packaged) as PackagedRoutes, { fileName: routesFile, environment });
}
