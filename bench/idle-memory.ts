/** Resident memory of an idle `rundrop up`: as a person finds it, and once a schedule has had the functions loaded. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { type Figure, median, REPETITIONS, type Row } from './figure.ts';
import { type RundropProcess, residentMb, startRundrop, withEmptyCache } from './rundrop-process.ts';

const MOST_MB = 150;
const IDLE_MS = 10_000;
/** Reconciliation comes once a minute, and for the first time a minute after the start. */
const SCHEDULE_LIMIT_MS = 90_000;
const RECONCILED = /"reconciled"/;

export const idleMemory: Figure = {
  name: 'idle-memory',
  async measure(say): Promise<Row[]> {
    await fillCompileCache();
    const bare = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
    try {
      const later = await measureStarts(bare, {});
      const first = await withEmptyCache((compileCacheDir) => measureStarts(bare, { compileCacheDir }));
      for (const { figure, from } of [...later, ...first]) say(`${figure}: ${from}`);
      return [...later.map((row) => ({ ...row, bound: MOST_MB })), ...first.map(asOfFirstStart)];
    } finally {
      bare.kill();
    }
  },
};

/** As any earlier start with a minute to live would have. */
async function fillCompileCache(): Promise<void> {
  const rundrop = await startRundrop();
  const lambda = new LambdaClient({
    endpoint: rundrop.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  });
  await lambda.send(new InvokeCommand({ FunctionName: 'rundrop-local-reconcile-runs', Payload: '{}' }));
  lambda.destroy();
  await rundrop.stop();
}

/** They idle side by side: memory, unlike time, does not depend on what the others do. */
async function measureStarts(bare: ChildProcess, options: { readonly compileCacheDir?: string }): Promise<Row[]> {
  const started: RundropProcess[] = [];
  try {
    for (let count = 0; count < REPETITIONS; count += 1)
      started.push(await startRundrop({ args: ['--verbose'], ...options }));
    const reconciled = Promise.all(started.map((rundrop) => rundrop.line(RECONCILED, SCHEDULE_LIMIT_MS)));
    reconciled.catch(() => undefined);
    await sleep(IDLE_MS);
    const idle = rowOf('idle memory', started, bare);
    await reconciled;
    await sleep(IDLE_MS);
    return [idle, rowOf('idle memory, functions loaded', started, bare)];
  } finally {
    await Promise.all(started.map((rundrop) => rundrop.stop()));
  }
}

function rowOf(figure: string, started: readonly RundropProcess[], bare: ChildProcess): Row {
  const all = started.map(({ pid }) => residentMb(pid));
  const bareMb = residentMb(bare.pid ?? 0);
  const times = (median(all) / bareMb).toFixed(1);
  const range = `${Math.min(...all).toFixed(0)} to ${Math.max(...all).toFixed(0)} MB`;
  return {
    figure,
    value: median(all),
    unit: 'MB',
    from: `${range}, ${times} times the ${bareMb.toFixed(0)} MB of a bare Node`,
  };
}

function asOfFirstStart(row: Row): Row {
  return { ...row, figure: `${row.figure}, very first start` };
}
