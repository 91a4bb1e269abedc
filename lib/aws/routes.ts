/** The route file that was deployed with the function, read once. */
import { readFile } from 'node:fs/promises';
import type { Routes } from '../lifecycle/ports.ts';
import type { RouteFile } from '../routing/route-file.ts';
import { sha256 } from '../runs/identity.ts';
import { config } from './config.ts';

let loaded: Promise<RouteFile> | undefined;

export const routes: Routes = {
  read() {
    loaded ??= load();
    return loaded;
  },
};

async function load(): Promise<RouteFile> {
  const { routesFile, environment } = config();
  // The parser is big, and a reconciliation that finds no gather needs no route.
  const { loadRouteFile } = await import('../routing/route-file.ts');
  const text = await readFile(routesFile, 'utf8');
  return loadRouteFile(text, { fileName: routesFile, environment, hash: sha256 });
}
