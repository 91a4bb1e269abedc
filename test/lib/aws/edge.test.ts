import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const context = { functionName: 'rundrop-dev-watch-run', awsRequestId: 'r-1' } as Context;
const TRACE_ID = '1-5759e988-bd862e3fe1be46a994272793';

let lines: Record<string, unknown>[];
beforeEach(() => {
  vi.resetModules();
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'INFO');
  vi.stubEnv('_X_AMZN_TRACE_ID', `Root=${TRACE_ID};Parent=557abcec3ee5a047;Sampled=1`);
  lines = [];
  const keep = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockImplementation(keep);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function handle(event: unknown): Promise<Record<string, unknown>> {
  const { edge, log } = await import('../../../lib/aws/edge.ts');
  await edge<unknown, void>(async () => log.info('done', { runId: '7' }))(event, context);
  const line = lines.at(-1);
  if (line === undefined) throw new Error('nothing was logged');
  return line;
}

describe('a line of the log', () => {
  it('has the ids that tie it to request, execution, invocation and trace', async () => {
    const line = await handle({ token: 't', executionName: 'germline-1f-w1', request: 'abc', attempt: 2, input: {} });
    expect(line).toMatchObject({
      message: 'done',
      request: 'abc',
      attempt: 2,
      execution: 'germline-1f-w1',
      runId: '7',
      function_request_id: 'r-1',
      xray_trace_id: TRACE_ID,
    });
  });

  it('has no ids of the invocation before', async () => {
    await handle({ request: 'abc', attempt: 2, executionName: 'w1' });
    const line = await handle({ Records: [] });
    for (const key of ['request', 'attempt', 'execution']) expect(line).not.toHaveProperty(key);
  });

  it('takes nothing else of an event: what was dropped may name samples', async () => {
    const line = await handle({
      request: { sample: 'SYN-1' },
      executionName: 7,
      key: 'cram/SYN-1.cram',
      input: 'SYN-1',
    });
    expect(JSON.stringify(line)).not.toContain('SYN-1');
  });

  it('that tells of a failure names the error and no more', async () => {
    const { edge } = await import('../../../lib/aws/edge.ts');
    const failing = edge<unknown, void>(async () => {
      throw new TypeError('the key cram/SYN-1.cram is wrong');
    });
    await expect(failing({ request: 'abc' }, context)).rejects.toThrow('SYN-1');
    expect(lines.at(-1)).toMatchObject({ message: 'the invocation failed', error: 'TypeError', request: 'abc' });
    expect(JSON.stringify(lines)).not.toContain('SYN-1');
  });
});
