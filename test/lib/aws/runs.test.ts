import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OmicsClient } from '@aws-sdk/client-omics';
import { afterEach, expect, it, vi } from 'vitest';
import { createRuns, findRunIdsByName, sendStartRun } from '../../../lib/aws/runs.ts';
import { stubFunctionEnvironment } from '../../support/function-environment.ts';
import { serveSilence } from '../../support/service-server.ts';

afterEach(() => void vi.unstubAllEnvs());

it('finds a run by its name on a page behind an empty one', async () => {
  const pages = [{ items: [], nextToken: 'more' }, { items: [{ id: '1234567' }] }];
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.end(JSON.stringify(pages[asked.length - 1]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const omics = new OmicsClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'laptop', secretAccessKey: 'laptop' },
    disableHostPrefix: true,
  });
  try {
    expect(await findRunIdsByName(omics, 'exome-0a1b2c3d')).toEqual(['1234567']);
    expect(asked[1]).toContain('startingToken=more');
  } finally {
    omics.destroy();
    server.close();
  }
});

it('takes a StartRun that nobody answers for one that may have made a run', async () => {
  const silent = await serveSilence();
  stubFunctionEnvironment(silent.client.endpoint);
  const runs = createRuns((input) => sendStartRun(input, 20));
  const result = await runs.startRun({ requestId: 'r', name: 'n', tags: {} });
  expect(result).toEqual({ kind: 'later', reason: expect.stringContaining('AbortError') });
  await silent.stop();
});
