/** Each function's usual first call, in the order in which one run goes through them, against the stub. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { AwsStub, StubItems } from './aws-stub.ts';
import { RUN_UUID } from './aws-stub.ts';

const CHILD = path.join(import.meta.dirname, 'first-call-child.mjs');
const ARN = 'arn:aws:omics:us-east-1:000000000000:run/1234567';
const TIMEOUT_MS = 20_000;
/** The stream on which a child tells what it did. */
const REPORT = 3;

/** What a function finds, so that its first call can be repeated. */
export interface FirstCall {
  readonly name: string;
  readonly event: unknown;
  readonly items: StubItems;
  readonly run: Record<string, unknown> | null;
}

interface Stage {
  readonly name: string;
  readonly event: (request: string, executionName: string) => unknown;
  /** What HealthOmics says of the run by then. */
  readonly status?: string;
}

const STAGES: readonly Stage[] = [
  { name: 'on-drop', event: () => ({ Records: [dropMessage()] }) },
  {
    name: 'on-schedule',
    event: () => ({
      schedule: 'nightly',
      scheduledTime: '2026-01-01T02:00:00Z',
      scheduleArn: 'arn:aws:scheduler:us-east-1:000000000000:schedule/rundrop/nightly',
    }),
  },
  {
    name: 'await-start',
    event: (request, executionName) => ({
      token: 't1',
      executionArn: `arn:aws:states:us-east-1:000000000000:execution:rundrop-run-lifecycle:${executionName}`,
      executionName,
      input: { request },
    }),
  },
  { name: 'start-runs', event: () => ({ Records: [{ messageId: 'm', body: '{}' }] }) },
  {
    name: 'watch-run',
    event: (request, executionName) => ({ token: 't2', executionName, request, attempt: 1 }),
  },
  { name: 'reconcile-runs', event: () => ({}) },
  {
    name: 'on-run-status-change',
    event: () => ({ detail: { arn: ARN, uuid: RUN_UUID, status: 'RUNNING' } }),
    status: 'RUNNING',
  },
  { name: 'record-outcome', event: (request) => ({ request, attempt: 1 }), status: 'COMPLETED' },
  { name: 'sweep-runs', event: () => ({}), status: 'COMPLETED' },
];

function dropMessage() {
  const object = { key: 'cram/S1.cram', size: 2, etag: 'e1', sequencer: '0001' };
  const event = {
    version: '0',
    id: 'e1',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    time: '2026-01-01T00:00:00Z',
    detail: { version: '0', bucket: { name: 'acme-incoming' }, object },
  };
  return { messageId: 'm', body: JSON.stringify(event) };
}

export interface FirstCallResult {
  readonly name: string;
  readonly result: unknown;
  /** Of our own files and packages, in the order of loading. */
  readonly loaded: readonly string[];
  readonly log: string;
}

/** Runs the stages once, one after the other, as one run goes; `handlerOf` gives each function's file. */
export async function prepareFirstCalls(
  stub: AwsStub,
  handlerOf: (name: string) => string,
): Promise<readonly (FirstCall & FirstCallResult)[]> {
  const calls: (FirstCall & FirstCallResult)[] = [];
  let [request, executionName] = ['', ''];
  for (const { name, event: eventOf, status } of STAGES) {
    if (status !== undefined && stub.run !== null) stub.run = { ...stub.run, status };
    const call = { name, event: eventOf(request, executionName), items: stub.items, run: stub.run };
    const { result, loaded, log } = await runFirstCall(stub, call, { file: handlerOf(name), report: true });
    calls.push({ ...call, result, loaded, log });
    const started = stub.started[0];
    if (started !== undefined) {
      request = String((JSON.parse(String(started.input)) as { request?: unknown }).request);
      executionName = String(started.name);
    }
  }
  return calls;
}

/** One fresh process: import, then the call. Throws when the handler throws. */
export async function runFirstCall(
  stub: AwsStub,
  call: FirstCall,
  {
    file,
    report = false,
    environment = {},
  }: {
    readonly file: string;
    readonly report?: boolean;
    readonly environment?: Readonly<Record<string, string>>;
  },
): Promise<FirstCallResult & { readonly ms: number }> {
  stub.items = call.items;
  stub.run = call.run;
  const startedMs = performance.now();
  const child = spawn(process.execPath, ['--no-warnings', CHILD, file, JSON.stringify(call.event), String(report)], {
    cwd: path.dirname(path.dirname(file)),
    env: { ...environmentOf(stub, call.name), ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
  });
  let [log, told] = ['', ''];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      log += String(chunk);
    });
  }
  let ms = Number.NaN;
  child.stdio[REPORT]?.on('data', (chunk) => {
    // To the answer, not to the end of the process, which takes 40 ms more where fetch was used.
    if (told === '') ms = performance.now() - startedMs;
    told += String(chunk);
  });
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Error(`The first call of ${call.name} ended with status ${status}: ${log}`);
  const { result, loaded = [] } = JSON.parse(told) as { result?: unknown; loaded?: string[] };
  return { name: call.name, result, loaded, log, ms };
}

/** What Lambda and serverless.yml put there. */
function environmentOf({ endpoint }: AwsStub, name: string): Record<string, string> {
  return {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'stub',
    AWS_SECRET_ACCESS_KEY: 'stub',
    AWS_SESSION_TOKEN: 'stub',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_ENDPOINT_URL: endpoint,
    HEALTHOMICS_ROLE_ARN: 'arn:aws:iam::000000000000:role/HealthOmics',
    POWERTOOLS_SERVICE_NAME: 'rundrop',
    POWERTOOLS_LOG_LEVEL: 'INFO',
    RUNDROP_STAGE: 'bench',
    RUNDROP_VERSION: '0.0.0',
    RUNDROP_ROUTES_FILE: 'rundrop.yaml',
    RUNDROP_ROUTES_COMMIT: 'unknown',
    RUNDROP_LEDGER_TABLE: 'ledger',
    RUNDROP_IDEMPOTENCY_TABLE: 'idempotency',
    RUNDROP_STARTS_QUEUE_URL: `${endpoint}/000000000000/starts.fifo`,
    RUNDROP_DROPS_QUEUE_URL: `${endpoint}/000000000000/drops`,
    RUNDROP_STATE_MACHINE_ARN: 'arn:aws:states:us-east-1:000000000000:stateMachine:rundrop-run-lifecycle',
    RUNDROP_EVENT_BUS: 'rundrop',
    RUNDROP_NOTIFICATIONS_TOPIC: 'arn:aws:sns:us-east-1:000000000000:rundrop',
    RUNDROP_EVIDENCE_BUCKET: 'evidence',
  };
}
