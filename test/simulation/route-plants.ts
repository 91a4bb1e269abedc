/** Planted bugs that read a route otherwise than it is written. */
import { loadRouteFile } from '../../lib/routing/route-file.ts';
import { sha256 } from '../../lib/runs/identity.ts';
import type { Plant } from './plant.ts';
import { ROUTES } from './workload.ts';

/** The file that production code reads has this in place of that; the oracle judges by the one that is there. */
function misread(name: string, what: string, [text, instead]: readonly [string, string]): Plant {
  const read = ROUTES.replaceAll(text, instead);
  if (read === ROUTES) throw new Error(`The routes of the simulation do not say "${text}".`);
  const file = loadRouteFile(read, { fileName: 'rundrop.yaml', environment: {}, hash: sha256 });
  return { name, what, ports: (ports) => ({ ...ports, routes: { read: async () => file } }) };
}

export const routePlants: readonly Plant[] = [
  misread('count-ignored', 'a set starts with fewer members than its route counts', ['count: 3', 'count: 2']),
  misread('silence-ignored', 'a set starts before it has been silent for as long as its route says', [
    'quiet: 5m',
    'quiet: 1s',
  ]),
  misread('version-ignored', 'another version of the same content counts as the same', [
    'identity: version',
    'identity: content',
  ]),
];
