/** Reads the route file at package time, with the very code that the functions have. */
'use strict';

const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const importSources = require('./import-sources.cjs');
const PackagingError = require('./packaging-error.cjs');

const ROOT = path.resolve(__dirname, '..');
/** What is needed of the routing sources. */
const ROUTING_MODULES = ['lib/routing/package-routes.ts', 'lib/routing/drop-rules.ts'];

module.exports = { loadRoutes };

/**
 * `routeFile` is what the file says; `packaged()` is what the functions are given of it, which is JSON; `routing`, the code.
 * `role` is the one that the environment gives, or its stand-in.
 */
async function loadRoutes({ fileName, environment = process.env }) {
  const file = path.resolve(ROOT, fileName);
  const text = readText(file, fileName);
  const routing = await importSources(ROUTING_MODULES);
  const { variable, standIn } = routing.ROLE_AT_DEPLOYMENT;
  const load = (role) => {
    const given = { ...environment, [variable]: role };
    return { routeFile: routing.loadRouteFile(text, { fileName, environment: given, hash }), given };
  };
  const { routeFile, role } = loadWithRole(load, environment[variable], standIn);
  const packaged = () => {
    const late = load(role && standIn);
    return routing.packageRoutes(late.routeFile, late.given);
  };
  return { routeFile, role: role ?? standIn, packaged, routing, file };
}

function readText(file, fileName) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new PackagingError(`The route file ${fileName} cannot be read: ${reason}. docs/routes.md says what it has.`);
  }
}

function hash(content) {
  return createHash('sha256').update(content).digest('hex');
}

/** A route file whose role is not known yet is read with a stand-in, unless it names a default. */
function loadWithRole(load, role, standIn) {
  if (!role) {
    try {
      return { ...load(undefined), role: undefined };
    } catch {
      // Whatever else is wrong with it comes up again below.
    }
  }
  try {
    return { ...load(role || standIn), role: role || standIn };
  } catch (error) {
    // As with PackagingError: where our code found it says nothing to the person who wrote the file.
    if (error.name === 'RouteFileError') error.stack = error.message;
    throw error;
  }
}
