import { readFileSync } from 'node:fs';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSweepMetrics } from '../../../lib/aws/sweep-metrics.ts';
import { takeSnapshot } from '../../../lib/quota/quota-snapshot.ts';

const NOW_MS = Date.UTC(2026, 0, 2);
const applied = (value: number) => ({ value, source: 'applied' as const });

interface Line {
  readonly [name: string]: unknown;
  readonly _aws: {
    readonly CloudWatchMetrics: readonly { readonly Namespace: string; readonly Dimensions: string[][] }[];
  };
}

describe("a sweep's metrics", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  it('are lines in embedded metric format, one for each set of dimensions, without what is not known', () => {
    vi.stubEnv('POWERTOOLS_DEV', 'true');
    vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
    const lines: Line[] = [];
    vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(JSON.parse(line) as Line));
    const run = {
      runId: '1',
      createdMs: 0,
      status: 'RUNNING',
      storageType: 'STATIC',
      retentionMode: 'RETAIN' as const,
      uuidPrefix: '',
      owner: {},
      isDoubted: false,
    };
    const quotas = { storedRuns: applied(4), activeRunsDynamic: applied(50), activeRunsStatic: applied(10) };
    const snapshot = takeSnapshot([run], quotas, { takenMs: NOW_MS, scannedMs: NOW_MS, basis: 'scan' });
    const waiting = [{ reason: 'QUOTA' as const, count: 3, oldestSeconds: 90 }];
    createSweepMetrics(new Metrics({ namespace: 'Rundrop', serviceName: 'rundrop' })).publish({
      snapshot,
      forecast: undefined,
      waiting,
    });
    expect(lines[0]).toMatchObject({ RetainedShareOfQuota: 25, UnknownRetention: 0, RemovableRuns: 0 });
    expect(lines[0]).not.toHaveProperty('DaysToRetainExhaustion');
    expect(lines[0]).not.toHaveProperty('RemoveSurvivalDays');
    expect(lines).toContainEqual(
      expect.objectContaining({ RetentionMode: 'RETAIN', Status: 'RUNNING', StoredRuns: 1 }),
    );
    const stored = lines.filter((line) => 'StoredRuns' in line);
    expect(stored.map(({ RetentionMode, Status }) => `${RetentionMode} ${Status}`)).toContain('REMOVE COMPLETED');
    expect(stored.map(({ StoredRuns }) => StoredRuns).filter((count) => count !== 0)).toEqual([1]);
    expect(lines).toContainEqual(expect.objectContaining({ StorageType: 'STATIC', ActiveRuns: 1 }));
    expect(lines).toContainEqual(expect.objectContaining({ StorageType: 'DYNAMIC', ActiveRuns: 0 }));
    expect(lines).toContainEqual(expect.objectContaining({ Reason: 'QUOTA', WaitingRequests: 3, OldestWaiting: 90 }));
    const dimensions = lines.map(({ _aws }) => _aws.CloudWatchMetrics[0]?.Dimensions[0]);
    expect(dimensions).toEqual([
      ['service'],
      ...Array.from({ length: 3 * 7 }, () => ['service', 'RetentionMode', 'Status']),
      ['service', 'StorageType'],
      ['service', 'StorageType'],
      ['service', 'Reason'],
    ]);
  });

  it('are every one that docs/quota.md lists, with a forecast and with starts in the last day', () => {
    vi.stubEnv('POWERTOOLS_DEV', 'true');
    vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
    const names = new Set<string>();
    vi.spyOn(console, 'log').mockImplementation((line: string) => {
      for (const name of Object.keys(JSON.parse(line) as Line)) names.add(name);
    });
    const run = {
      runId: '1',
      createdMs: NOW_MS - 1_000,
      status: 'COMPLETED',
      storageType: 'DYNAMIC',
      retentionMode: 'REMOVE' as const,
      uuidPrefix: '',
      owner: {},
      isDoubted: false,
    };
    const quotas = { storedRuns: applied(4), activeRunsDynamic: applied(50), activeRunsStatic: applied(10) };
    const snapshot = takeSnapshot([run], quotas, { takenMs: NOW_MS, scannedMs: NOW_MS, basis: 'scan' });
    const forecast = { days: 12, earliestDays: 9, latestDays: 20, perDay: 3, fromDays: 9, exceptionalDays: 0 };
    const waiting = [{ reason: 'IN_LINE' as const, count: 0, oldestSeconds: 0 }];
    createSweepMetrics(new Metrics({ namespace: 'Rundrop', serviceName: 'rundrop' })).publish({
      snapshot,
      forecast,
      waiting,
    });
    const reference = readFileSync(new URL('../../../docs/quota.md', import.meta.url), 'utf8');
    const [, table = ''] = /\| metric \|([\s\S]*?)\n\n/.exec(reference) ?? [];
    const listed = [...table.matchAll(/^\| ([^|]+) \|/gm)]
      .flatMap(([, cell = '']) => [...cell.matchAll(/`(\w+)`/g)])
      .map(([, name = '']) => name);
    expect(listed.length).toBeGreaterThan(9);
    expect(listed.filter((name) => !names.has(name))).toEqual([]);
  });
});
