/** The functions by name: the files of functions/, as a test holds against serverless.yml. */
'use strict';

const { readdirSync } = require('node:fs');
const path = require('node:path');

const names = readdirSync(path.join(__dirname, '..', 'functions'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .sort();

module.exports = async ({ resolveConfigurationProperty }) => {
  const prefix = await resolveConfigurationProperty(['custom', 'prefix']);
  return { logGroups: names.map((name) => `/aws/lambda/${prefix}-${name}`) };
};
module.exports.names = names;
