/** A laptop AWS on a free port that keeps its state in the folder given; prints its endpoint. */
import { fileURLToPath } from 'node:url';
import { startStack } from '../../local/stack.ts';

const [dataDir = ''] = process.argv.slice(2);
const stack = await startStack({
  port: 0,
  dataDir,
  speed: 3_000,
  seed: 1,
  quotas: { 'L-24A3B174': 100 },
  routesFile: fileURLToPath(new URL('../../rundrop.yaml', import.meta.url)),
  report: (line) => console.error(line),
});
console.log(stack.endpoint);
