/** Every metric that the functions publish, with its dimensions: by having one of each figure published. */
import type { Metrics as Powertools } from '@aws-lambda-powertools/metrics';
import { createMetrics } from '../../lib/aws/lifecycle-metrics.ts';
import { createSweepMetrics } from '../../lib/aws/sweep-metrics.ts';
import type { Figure } from '../../lib/lifecycle/metrics.ts';
import { takeSnapshot } from '../../lib/quota/quota-snapshot.ts';
import type { StoredRun } from '../../lib/quota/stored-run.ts';

/** One of each kind: a new kind is missed by the compiler. */
const FIGURES: { readonly [Kind in Figure['kind']]: Figure & { readonly kind: Kind } } = {
  drop: { kind: 'drop', outcome: 'started' },
  started: { kind: 'started', waitedSeconds: 1 },
  ended: { kind: 'ended', outcome: 'FAILED', reason: 'RUN_TASK_FAILED', detectionSeconds: 1 },
  uncertain: { kind: 'uncertain' },
  evidenceGivenUp: { kind: 'evidenceGivenUp' },
};

/** `Name(Dimension,…)`, sorted; the dimension `service` is on all of them. */
export function publishedMetrics(): readonly string[] {
  const published = new Set<string>();
  let dimensions: string[] = [];
  let names: string[] = [];
  const collector = {
    addDimension: (name: string) => void dimensions.push(name),
    addMetric: (name: string) => void names.push(name),
    publishStoredMetrics() {
      for (const name of names) published.add(nameOf(name, dimensions));
      [dimensions, names] = [[], []];
    },
  } as unknown as Powertools;
  for (const figure of Object.values(FIGURES)) createMetrics(collector).record(figure);
  const quota = { value: 4, source: 'applied' as const };
  const quotas = { storedRuns: quota, activeRunsDynamic: quota, activeRunsStatic: quota };
  const nowMs = Date.UTC(2026, 0, 2);
  const snapshot = takeSnapshot([RUN], quotas, { takenMs: nowMs, scannedMs: nowMs, basis: 'scan' });
  createSweepMetrics(collector).publish({
    snapshot: { ...snapshot, startedLastDay: { RETAIN: 1, REMOVE: 0, UNKNOWN: 0 } },
    forecast: { days: 3, earliestDays: 2, latestDays: 4, perDay: 1, fromDays: 7, exceptionalDays: 0 },
    waiting: [{ reason: 'QUOTA', count: 1, oldestSeconds: 1 }],
  });
  return [...published].sort();
}

export const nameOf = (metric: string, dimensions: readonly string[]) =>
  `${metric}(${dimensions.filter((dimension) => dimension !== 'service').join(',')})`;

const RUN: StoredRun = {
  ...{ runId: '1', createdMs: 0, status: 'RUNNING', storageType: 'STATIC', retentionMode: 'RETAIN' },
  ...{ uuidPrefix: '', owner: {}, isDoubted: false },
};
