/** Reads the route file at package time, with the very code that the functions have. */
'use strict';

const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const importSources = require('./import-sources.cjs');

const ROOT = path.resolve(__dirname, '..');
/** What is needed of the routing sources. */
const ROUTING_MODULES = ['lib/routing/package-routes.ts', 'lib/routing/drop-rules.ts'];

/** The one variable that may be missing while packaging: then CloudFormation asks for its value at deployment. */
const ROLE_VARIABLE = 'HEALTHOMICS_ROLE_ARN';
/** Stands for the parameter while the route file is read, and gets into no template. */
const ROLE_STAND_IN = 'arn:aws:iam::000000000000:role/HealthOmicsRoleArn';

module.exports = { loadRoutes, ROLE_STAND_IN, ROLE_VARIABLE };

/** `routeFile` is what the file says; `packaged()` is what the functions are given of it, which is JSON; `routing`, the code. */
async function loadRoutes({ fileName, environment = process.env }) {
  const file = path.resolve(ROOT, fileName);
  const text = readFileSync(file, 'utf8');
  const routing = await importSources(ROUTING_MODULES);
  const routeFile = loadWithRole(routing, { text, fileName, environment });
  return { routeFile, packaged: () => routing.packageRoutes(text, routeFile), routing, file };
}

/** A route file whose role is not known yet is read with a stand-in, unless it names a default. */
function loadWithRole({ loadRouteFile }, { text, fileName, environment }) {
  const hash = (content) => createHash('sha256').update(content).digest('hex');
  if (!environment[ROLE_VARIABLE]) {
    try {
      return loadRouteFile(text, { fileName, environment, hash });
    } catch {
      // Whatever else is wrong with it comes up again below.
    }
  }
  const withRole = { ...environment, [ROLE_VARIABLE]: environment[ROLE_VARIABLE] || ROLE_STAND_IN };
  return loadRouteFile(text, { fileName, environment: withRole, hash });
}
