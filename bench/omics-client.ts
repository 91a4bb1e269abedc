/** A client for the HealthOmics figures that costs as little as a client can: bare requests on connections that stay open. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { CheckFailed } from './figure.ts';
import type { OmicsChildOptions } from './omics-child.ts';
import type { ChildReady } from './stack-child.ts';

export const CONCURRENCY = 16;
/** No signature is verified; the scope leads to the service. */
const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/omics/aws4_request, SignedHeaders=host, Signature=00';

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
}

export interface OmicsChild {
  readonly pid: number;
  call(call: Call): Promise<string>;
  /** Makes `count` calls, sixteen at a time; resolves to calls per second. */
  rate(count: number, callOf: (number: number) => Call): Promise<number>;
  stop(): Promise<void>;
}

export async function startOmicsChild(options: OmicsChildOptions): Promise<OmicsChild> {
  const child = fork(join(import.meta.dirname, 'omics-child.ts'), [JSON.stringify(options)]);
  const { endpoint } = await readyOf(child);
  const { port } = new URL(endpoint);
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  const call = (one: Call) => send(one, Number(port), agent);
  return {
    pid: child.pid ?? 0,
    call,
    async rate(count, callOf) {
      let next = 0;
      const startedMs = performance.now();
      const makeOnesLeft = async () => {
        for (let number = next; number < count; number = next) {
          next += 1;
          await call(callOf(number));
        }
      };
      await Promise.all(Array.from({ length: CONCURRENCY }, makeOnesLeft));
      return (count * 1_000) / (performance.now() - startedMs);
    },
    async stop() {
      agent.destroy();
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

async function readyOf(child: ChildProcess): Promise<ChildReady> {
  const { promise, resolve, reject } = Promise.withResolvers<ChildReady>();
  child.once('message', (message) => resolve(message as ChildReady));
  child.once('exit', (code) => reject(new CheckFailed(`The server ended with ${code} before it was ready.`)));
  return promise;
}

function send({ method, path, body }: Call, port: number, agent: Agent): Promise<string> {
  const headers = {
    authorization: AUTHORIZATION,
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
  };
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        if ((response.statusCode ?? 500) < 300) resolve(text);
        else reject(new CheckFailed(`${method} ${path} answered ${response.statusCode}: ${text}`));
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

/** A StartRun request of ordinary size; no two are alike. */
export function startRunCall(number: number, retentionMode: 'RETAIN' | 'REMOVE' = 'RETAIN'): Call {
  const read = (which: number) => `s3://acme-incoming/fastq/FLOWCELL/sample-${number}_R${which}.fastq.gz`;
  const body = JSON.stringify({
    workflowId: '1234567',
    roleArn: 'arn:aws:iam::000000000000:role/HealthOmicsRunRole',
    outputUri: 's3://acme-results/germline/',
    name: `germline-${number}`,
    requestId: crypto.randomUUID(),
    retentionMode,
    parameters: { fastq_1: read(1), fastq_2: read(2), sample: `SYN-${number}` },
    tags: { requestId: crypto.randomUUID(), flowcell: `F${number % 50}` },
  });
  return { method: 'POST', path: '/run', body };
}

export function perSecond(rate: number): string {
  return `${rate.toFixed(0)}/s`;
}
