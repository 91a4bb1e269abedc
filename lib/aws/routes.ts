/** The route file that was deployed with the function, read once. */
import { readFile } from 'node:fs/promises';
import type { Routes } from '../lifecycle/ports.ts';
import { loadRouteFile, type RouteFile } from '../routing/route-file.ts';
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
  const text = await readFile(routesFile, 'utf8');
  return loadRouteFile(text, { fileName: routesFile, environment, hash: sha256 });
}
