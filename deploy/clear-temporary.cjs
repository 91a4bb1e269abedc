/**
 * serverless-esbuild copies what is to be zipped into a folder of each function under the temporary one, means to remove
 * it and does not: ten megabytes a packaging. A plugin of the Serverless Framework that does.
 */
'use strict';

const { readdir, rm } = require('node:fs/promises');
const { tmpdir } = require('node:os');
const path = require('node:path');

module.exports = class ClearTemporary {
  constructor(serverless) {
    this.hooks = {
      'after:package:createDeploymentArtifacts': async () => {
        const names = Object.keys(serverless.service.functions).join('|');
        // With the id of this process: another one may be packaging, too.
        const left = new RegExp(`^(?:${names})-${process.pid}-\\d+-[0-9a-f]{8}$`);
        const folders = (await readdir(tmpdir())).filter((name) => left.test(name));
        await Promise.all(folders.map((name) => rm(path.join(tmpdir(), name), { recursive: true, force: true })));
      },
    };
  }
};
