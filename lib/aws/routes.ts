/** The route file that was deployed with the function, read once. */
import type { Routes } from '../lifecycle/ports.ts';
import type { RouteFile } from '../routing/route.ts';
import { config } from './config.ts';
import { readRouteFile } from './read-route-file.ts';

let loaded: Promise<RouteFile> | undefined;

export const routes: Routes = {
  read() {
    loaded ??= readRouteFile(config());
    return loaded;
  },
};
