/** The route file that was packaged with the function, beside its own name and in JSON. */
import { readFile } from 'node:fs/promises';
import { loadPackagedRoutes } from '../routing/packaged-routes.ts';
import type { RouteFile } from '../routing/route.ts';
import type { Config } from './config.ts';

export async function readRouteFile({
  routesFile,
  environment,
}: Pick<Config, 'routesFile' | 'environment'>): Promise<RouteFile> {
  return loadPackagedRoutes(await readFile(`${routesFile}.json`, 'utf8'), { fileName: routesFile, environment });
}
