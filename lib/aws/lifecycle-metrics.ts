/** What the lifecycle counts, as CloudWatch metrics in embedded metric format: one log line a figure. */
import { MetricUnit, Metrics as Powertools } from '@aws-lambda-powertools/metrics';
import type { Figure, Metrics } from '../lifecycle/metrics.ts';

const NAMESPACE = 'Rundrop';
/** HealthOmics' reasons and ours are such words. Whatever else came would be a dimension without end. */
const CODE = /^[A-Z][A-Z0-9_]{1,63}$/;

interface Line {
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, readonly [(typeof MetricUnit)[keyof typeof MetricUnit], number]>>;
}

/** `metrics` is given in tests only. */
export function createMetrics(metrics?: Powertools): Metrics {
  let made = metrics;
  return {
    record(figure) {
      made ??= new Powertools({ namespace: NAMESPACE });
      for (const line of linesOf(figure)) publish(made, line);
    },
  };
}

function publish(metrics: Powertools, { dimensions, values }: Line): void {
  for (const [name, value] of Object.entries(dimensions)) metrics.addDimension(name, value);
  for (const [name, [unit, value]] of Object.entries(values)) metrics.addMetric(name, unit, value);
  metrics.publishStoredMetrics();
}

function linesOf(figure: Figure): readonly Line[] {
  switch (figure.kind) {
    case 'drop':
      return [{ dimensions: { Outcome: figure.outcome }, values: { Drops: [MetricUnit.Count, 1] } }];
    case 'started':
      return [{ dimensions: {}, values: { StartLatency: [MetricUnit.Seconds, figure.waitedSeconds] } }];
    case 'ended':
      return endLines(figure);
    case 'uncertain':
      return [{ dimensions: {}, values: { UncertainStarts: [MetricUnit.Count, 1] } }];
    case 'evidenceGivenUp':
      return [{ dimensions: {}, values: { EvidenceGivenUp: [MetricUnit.Count, 1] } }];
    default:
      return figure satisfies never;
  }
}

function endLines({ outcome, reason, detectionSeconds }: Figure & { readonly kind: 'ended' }): readonly Line[] {
  const lines: Line[] = [{ dimensions: { Outcome: outcome }, values: { Outcomes: [MetricUnit.Count, 1] } }];
  if (detectionSeconds !== undefined) {
    lines.push({ dimensions: {}, values: { DetectionDelay: [MetricUnit.Seconds, detectionSeconds] } });
  }
  if (outcome === 'COMPLETED' || outcome === 'CANCELLED') return lines;
  const word = reason !== undefined && CODE.test(reason) ? reason : 'OTHER';
  return [...lines, { dimensions: { Reason: word }, values: { Failures: [MetricUnit.Count, 1] } }];
}
