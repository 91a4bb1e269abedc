/** The route file, as commands need it: checked, and asked where a file would go and who takes it. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { matchDrop } from '../lib/routing/match-drop.ts';
import { describeProblem, RouteFileError } from '../lib/routing/problems.ts';
import { loadRouteFile, type RouteFile } from '../lib/routing/route-file.ts';
import { environmentVariables } from './config.ts';
import { CommandError, whyUnreadable } from './errors.ts';
import { LAPTOP_ROLE_ARN } from './target.ts';

const SHIPPED = fileURLToPath(new URL('../rundrop.yaml', import.meta.url));

export interface DroppedObject {
  readonly bucket: string;
  readonly key: string;
  readonly sizeBytes: number;
  readonly etag: string;
}

export interface Routing {
  /** The route that takes the object, or why none does. */
  match(object: DroppedObject): { readonly route: string } | { readonly problem: string };
  /** Where a file of that name would be taken: in the fixed folder of the first route whose last segment fits. */
  placeFor(fileName: string): { readonly bucket: string; readonly key: string } | undefined;
}

/** The absolute path of a route file; the default one is looked for here, then beside the program. */
export function routesPath(file: string): string {
  const here = resolve(file);
  return file === 'rundrop.yaml' && !existsSync(here) ? SHIPPED : here;
}

/** Reads and checks a route file. @throws CommandError that lists every problem with line, column and key. */
export async function readRouteFile(file: string): Promise<RouteFile> {
  const text = await readFile(routesPath(file), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new CommandError(
      `The route file ${routesPath(file)} cannot be read: ${whyUnreadable(cause)}. Name another with --routes FILE.`,
      { cause },
    );
  });
  try {
    return loadRouteFile(text, {
      fileName: file,
      environment: { HEALTHOMICS_ROLE_ARN: LAPTOP_ROLE_ARN, ...environmentVariables() },
      hash: sha256,
      nowMs: Date.now(),
    });
  } catch (error) {
    if (!(error instanceof RouteFileError)) throw error;
    const count = error.problems.length === 1 ? 'a problem' : `${error.problems.length} problems`;
    throw new CommandError(`The route file has ${count}:\n${error.message}`, { cause: error });
  }
}

/** What a request that the file made has as its `routesHash`; `undefined` when there is no such file. */
export async function routeFileHash(file: string): Promise<string | undefined> {
  const text = await readFile(routesPath(file), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : sha256(text);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Warnings as lines for people. */
export function routeWarnings(file: RouteFile, fileName: string): string[] {
  return file.warnings.map((warning) => `warning: ${describeProblem(fileName, warning)}`);
}

export async function openRouting(fileName: string): Promise<Routing> {
  return routingOf(await readRouteFile(fileName));
}

export function routingOf(file: RouteFile): Routing {
  const match = (object: DroppedObject) => {
    const found = matchDrop(file, { ...object, timeMs: 0 });
    if (found.kind === 'matched') return { route: found.route.name };
    const [nearest] = found.misses;
    return {
      problem:
        nearest === undefined
          ? 'no route takes drops'
          : `no route takes it; nearest is ${nearest.route}: ${nearest.reason}`,
    };
  };
  return {
    match,
    placeFor(fileName) {
      for (const route of file.routes) {
        const folder = route.pattern.text.slice(0, route.pattern.text.lastIndexOf('/') + 1);
        const key = `${folder}${fileName}`;
        if (!folder.includes('{') && route.pattern.match(key) !== undefined) return { bucket: route.bucket, key };
      }
      return undefined;
    },
  };
}
