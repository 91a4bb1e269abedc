/** A sweep's figures as CloudWatch metrics, in embedded metric format: one log line for each set of dimensions. */
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { SweepFigures, SweepMetrics } from '../lifecycle/sweep-ports.ts';
import { removeSurvivalDays, retainedShare } from '../quota/quota-snapshot.ts';
import { RETENTION_MODES } from '../quota/stored-run.ts';
import { RUN_STATUSES } from '../runs/run-status.ts';

const NAMESPACE = 'Rundrop';

/** A status without runs is told, too: a dashboard goes on showing the last figure that it got. A DELETED run is not stored. */
const NO_RUNS = Object.fromEntries(RUN_STATUSES.filter((status) => status !== 'DELETED').map((status) => [status, 0]));

interface Figure {
  readonly name: string;
  readonly value: number | undefined;
  readonly unit?: (typeof MetricUnit)[keyof typeof MetricUnit];
}

/** `metrics` is given in tests only. What is not known (no forecast, no starts in the last day) is left out, not zero. */
export function createSweepMetrics(metrics?: Metrics): SweepMetrics {
  return {
    publish(figures) {
      const to = metrics ?? new Metrics({ namespace: NAMESPACE });
      for (const { dimensions, values } of figureSets(figures)) publishSet(to, dimensions, values);
    },
  };
}

function publishSet(metrics: Metrics, dimensions: Readonly<Record<string, string>>, values: readonly Figure[]): void {
  const known = values.filter((figure): figure is Figure & { value: number } => figure.value !== undefined);
  if (known.length === 0) return;
  for (const [name, value] of Object.entries(dimensions)) metrics.addDimension(name, value);
  for (const { name, value, unit = MetricUnit.Count } of known) metrics.addMetric(name, unit, value);
  metrics.publishStoredMetrics();
}

interface FigureSet {
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: readonly Figure[];
}

function figureSets({ snapshot, forecast, waiting }: SweepFigures): FigureSet[] {
  const account: Figure[] = [
    { name: 'RetainedShareOfQuota', value: 100 * retainedShare(snapshot), unit: MetricUnit.Percent },
    { name: 'StoredRunsQuota', value: snapshot.storedRunsQuota },
    { name: 'RemovableRuns', value: snapshot.removableRuns },
    { name: 'RemoveSurvivalDays', value: removeSurvivalDays(snapshot) },
    { name: 'DaysToRetainExhaustion', value: forecast?.days },
    { name: 'UnknownRetention', value: snapshot.unknownRetention },
  ];
  const stored = RETENTION_MODES.flatMap((RetentionMode) =>
    Object.entries({ ...NO_RUNS, ...snapshot.byRetentionMode[RetentionMode] }).map(([Status, value]) => ({
      dimensions: { RetentionMode, Status },
      values: [{ name: 'StoredRuns', value }],
    })),
  );
  const active = Object.entries({ DYNAMIC: 0, STATIC: 0, ...snapshot.activeByStorageType }).map(
    ([StorageType, value]) => ({ dimensions: { StorageType }, values: [{ name: 'ActiveRuns', value }] }),
  );
  const waits = waiting.map(({ reason: Reason, count, oldestSeconds }) => ({
    dimensions: { Reason },
    values: [
      { name: 'WaitingRequests', value: count },
      { name: 'OldestWaiting', value: oldestSeconds, unit: MetricUnit.Seconds },
    ],
  }));
  return [{ dimensions: {}, values: account }, ...stored, ...active, ...waits];
}
