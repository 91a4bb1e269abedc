/** HealthOmics alone, or the bare JSON server that it is compared to, in a process of its own. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type OmicsStackOptions, startOmicsStack } from '../local/omics-stack.ts';
import type { ChildReady } from './stack-child.ts';

export type OmicsChildOptions = Pick<OmicsStackOptions, 'settings' | 'quotas'> | { readonly bareAnswer: unknown };

const options = JSON.parse(process.argv[2] ?? '{}') as OmicsChildOptions;
const endpoint = 'bareAnswer' in options ? await startBareServer(options.bareAnswer) : await startOmics(options);
process.once('disconnect', () => process.exit());
process.send?.({ endpoint } satisfies ChildReady);

async function startOmics(own: Pick<OmicsStackOptions, 'settings' | 'quotas'>): Promise<string> {
  const stack = await startOmicsStack({ ...own, port: 0, report: (line) => console.error(line) });
  return stack.endpoint;
}

/** Parses what it is sent and answers an object as JSON: the least that a JSON API can do. */
async function startBareServer(answer: unknown): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (chunks.length > 0) JSON.parse(Buffer.concat(chunks).toString());
      const body = JSON.stringify(answer);
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
