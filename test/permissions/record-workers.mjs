/** Loaded with --import: the laptop's functions run in a worker thread, and this one records what they call. */
import { createRequire, syncBuiltinESMExports } from 'node:module';

const threads = createRequire(import.meta.url)('node:worker_threads');
const recorder = new URL('./record-calls.mjs', import.meta.url).href;

threads.Worker = class extends threads.Worker {
  constructor(file, options) {
    const isLambda = options?.name === 'lambda';
    super(
      file,
      isLambda
        ? { ...options, execArgv: [...options.execArgv, '--import', recorder], env: withFile(options.env) }
        : options,
    );
  }
};
syncBuiltinESMExports();

function withFile(env) {
  return { ...env, RUNDROP_CALLS_FILE: process.env.RUNDROP_CALLS_FILE };
}
