import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMetrics } from '../../../lib/aws/lifecycle-metrics.ts';
import type { Figure } from '../../../lib/lifecycle/metrics.ts';

interface Line {
  readonly [name: string]: unknown;
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
}

let lines: Line[];
beforeEach(() => {
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  lines = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(JSON.parse(line) as Line));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function record(figure: Figure): void {
  createMetrics(new Metrics({ namespace: 'Rundrop', serviceName: 'rundrop-dev' })).record(figure);
}

/** Name, unit, value and dimensions of each line. */
const said = () =>
  lines.flatMap((line) =>
    line._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics: metrics }) =>
      metrics.map(({ Name, Unit }) => {
        const names = Dimensions.flat().filter((name) => name !== 'service');
        return [Name, line[Name], Unit, ...names.map((name) => `${name}=${String(line[name])}`)];
      }),
    ),
  );

describe("the lifecycle's metrics", () => {
  it.each<[Figure, unknown[][]]>([
    [{ kind: 'drop', outcome: 'gathering' }, [['Drops', 1, 'Count', 'Outcome=gathering']]],
    [{ kind: 'uncertain' }, [['UncertainStarts', 1, 'Count']]],
    [{ kind: 'evidenceGivenUp' }, [['EvidenceGivenUp', 1, 'Count']]],
    [{ kind: 'started', waitedSeconds: 12.5 }, [['StartLatency', 12.5, 'Seconds']]],
    [
      { kind: 'ended', outcome: 'COMPLETED', detectionSeconds: 3 },
      [
        ['Outcomes', 1, 'Count', 'Outcome=COMPLETED'],
        ['DetectionDelay', 3, 'Seconds'],
      ],
    ],
    [
      { kind: 'ended', outcome: 'FAILED', reason: 'OUT_OF_MEMORY_ERROR' },
      [
        ['Outcomes', 1, 'Count', 'Outcome=FAILED'],
        ['Failures', 1, 'Count', 'Reason=OUT_OF_MEMORY_ERROR'],
      ],
    ],
  ])('of %j are %j', (figure, expected) => {
    record(figure);
    expect(said()).toEqual(expected);
    expect(lines.every((line) => line.service === 'rundrop-dev')).toBe(true);
  });

  it('know a reason only as a word of the service: a sentence could name anything', () => {
    record({ kind: 'ended', outcome: 'FAILED', reason: 'task align of SYN-1 failed' });
    record({ kind: 'ended', outcome: 'REFUSED' });
    expect(
      said()
        .filter(([name]) => name === 'Failures')
        .map(([, , , reason]) => reason),
    ).toEqual(['Reason=OTHER', 'Reason=OTHER']);
    expect(JSON.stringify(lines)).not.toContain('SYN-1');
  });
});
