import { describe, expect, it } from 'vitest';
import { barOf, formatCount, plotLines } from '../../../cli/quota/plot.ts';
import { quotaReport } from '../../../cli/quota/report.ts';
import { quotaLines } from '../../../cli/quota/views.ts';
import { type QuotaSnapshot, takeSnapshot } from '../../../lib/quota/quota-snapshot.ts';
import { DAY_MS, dayOf } from '../../../lib/quota/retain-days.ts';
import type { StoredRun } from '../../../lib/quota/stored-run.ts';

const NOW_MS = Date.UTC(2026, 5, 15);
const SCREEN = { colour: false, width: 80 };

function snapshotOf(retained: number, daysAgo: number): QuotaSnapshot {
  const run: StoredRun = {
    runId: '1',
    createdMs: NOW_MS - 100 * DAY_MS,
    status: 'COMPLETED',
    storageType: 'DYNAMIC',
    retentionMode: 'RETAIN',
    uuidPrefix: '',
    owner: {},
    isDoubted: false,
  };
  const removable: StoredRun = { ...run, retentionMode: 'REMOVE', createdMs: NOW_MS - 1_000 };
  const quotas = {
    storedRuns: { value: 1_000, source: 'applied' as const },
    activeRunsDynamic: { value: 50, source: 'documented' as const },
    activeRunsStatic: { value: 10, source: 'default' as const },
  };
  const takenMs = NOW_MS - daysAgo * DAY_MS;
  const runs = [...Array.from({ length: retained }, () => run), ...Array.from({ length: 100 }, () => removable)];
  return takeSnapshot(runs, quotas, { takenMs, scannedMs: takenMs, basis: 'scan' });
}

const days = Array.from({ length: 28 }, (_, index) => ({ day: dayOf(NOW_MS) - 28 + index, started: 10, deleted: 0 }));

function inputOf(): Parameters<typeof quotaReport>[0] {
  const history = Array.from({ length: 8 }, (_, daysAgo) => snapshotOf(700 - 10 * daysAgo, daysAgo));
  const holders = {
    route: [{ name: 'germline', RETAIN: 700, REMOVE: 100, UNKNOWN: 0 }],
    workflow: [],
    runGroup: [],
    startedBy: [],
  };
  return { snapshot: snapshotOf(700, 0), days, holders, history, nowMs: NOW_MS, queue: undefined, durations: {} };
}

function linesOf(change: Partial<Parameters<typeof quotaReport>[0]> = {}): string[] {
  return quotaLines(quotaReport({ ...inputOf(), ...change }), SCREEN, NOW_MS + 60_000);
}

describe('rundrop quota', () => {
  it('draws a bar for each quota and says where a quota was read', () => {
    const text = linesOf().join('\n');
    expect(text).toContain(`${'█'.repeat(28)}${'▒'.repeat(4)}${'·'.repeat(8)}  800 of 1,000, 80%`);
    expect(text).toContain('█ RETAIN        700  COMPLETED 700');
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      '0 of 50, 0% DYNAMIC (the documented default: Service Quotas could not be read)',
    );
  });

  it('colours the bar by status within each retention mode, and the words beside it alike', () => {
    const { byRetentionMode: _, ...rest } = snapshotOf(700, 0);
    const snapshot = {
      ...rest,
      byRetentionMode: { RETAIN: { COMPLETED: 400, FAILED: 300 }, REMOVE: { RUNNING: 100 } },
    };
    const lines = quotaLines(quotaReport({ ...inputOf(), snapshot }), { colour: true, width: 80 }, NOW_MS);
    const [green, red, blue, end] = [32, 31, 34, 0].map((code) => `\u001b[${code}m`);
    const bar = `${green}${'█'.repeat(16)}${end}${red}${'█'.repeat(12)}${end}${blue}${'▒'.repeat(4)}${end}${'·'.repeat(8)}`;
    expect(lines[1]).toContain(bar);
    expect(lines[2]).toContain(`${green}COMPLETED${end} 400, ${red}FAILED${end} 300`);
  });

  it('says when the quota is full, between an earlier and a later day', () => {
    const text = linesOf().join(' ').replaceAll(/\s+/g, ' ');
    expect(text).toMatch(
      /RETAIN runs fill the quota in about 30 days \(earliest \d+ days, latest \d+ days\); the usual pace is \+10 RETAIN runs a day\./,
    );
    expect(text).toContain('A REMOVE run that ends now can be read for about 3.0 days');
    expect(linesOf({ days: [] }).join('\n')).toContain('No forecast yet');
    expect(linesOf({ snapshot: { ...snapshotOf(1_000, 0), removableRuns: 0 } })).toContain(
      'There is no place for another REMOVE run now.',
    );
  });

  it('plots the trend within the width of the screen', () => {
    const lines = linesOf();
    expect(lines).toContain('RETAIN runs over the last 7d00h');
    expect(Math.max(...lines.filter((line) => line.includes('┤')).map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it('says how to ask for more once RETAIN runs hold four fifths of it, and not before', () => {
    const command =
      '  aws service-quotas request-service-quota-increase --service-code omics --quota-code L-C9679DBC --desired-value ';
    const found = linesOf({ snapshot: snapshotOf(800, 0) }).find((line) => line.startsWith(command));
    expect(Number(found?.slice(command.length))).toBeGreaterThanOrEqual(1_500);
    expect(linesOf().join('\n')).not.toContain('service-quotas');
  });

  it('says who fills it and what more runs would do', () => {
    const text = linesOf({ whatIf: { count: 400, asked: [] } }).join('\n');
    expect(text).toContain('germline');
    expect(text).toContain('as RETAIN: 200 fit, 200 would wait until runs are deleted');
    const flat = text.replaceAll(/\s+/g, ' ');
    expect(flat).toContain('as REMOVE: 200 fit, 200 would take the places of ended REMOVE runs, 0 would wait');
    expect(flat).toContain('How long they take is not known: no run has ended yet.');
  });

  const queue = {
    takenAt: new Date(NOW_MS).toISOString(),
    lanes: [
      { storageType: 'DYNAMIC', workflowId: '1', activeSeconds: [60, 1_800], pending: 3, waiting: 2 },
      { storageType: 'STATIC', workflowId: '1', runGroupId: '9', activeSeconds: [], pending: 0, waiting: 1 },
    ],
    limits: { activeRunsDynamic: 2, activeRunsStatic: 5, startRunsPerSecond: 5, runGroups: [] },
    oldestPendingAt: new Date(NOW_MS - 3_600_000).toISOString(),
  };
  const durations = { '1': Array.from({ length: 10 }, (_, index) => [index, 3_600, 0] as const) };

  it('says what is ahead, how long it takes and what it waits for', () => {
    const lines = linesOf({ queue, durations });
    expect(lines).toContain('  the last one starts in about 2h30m (2h30m to 2h30m)');
    expect(lines.join('\n')).toContain("they wait for the account's active runs with DYNAMIC storage");
    expect(lines.join(' ').replaceAll(/\s+/g, ' ')).toContain(
      "2 hold a place, 3 PENDING (the oldest for 1h01m), 3 in Rundrop's line",
    );
    expect(lines.find((line) => /STATIC +9 /.test(line))).toMatch(/0 +0 +1 +1h00m/);
  });

  it('says how long more runs would take, like those that were asked for lately', () => {
    const asked = [{ workflowId: '1', storageType: 'STATIC', retentionMode: 'RETAIN' }];
    const report = quotaReport({ ...inputOf(), queue, durations, whatIf: { count: 60, asked, route: 'germline' } });
    expect(report.whatIf).toMatchObject({ like: 'like the newest request of route germline', queue: { added: 60 } });
    expect(report.whatIf?.queue?.allEnded.middle).toBeCloseTo(13 * 3_600, -1);
    const full = { ...inputOf(), snapshot: snapshotOf(1_000, 0), queue, durations, whatIf: { count: 10, asked } };
    expect(quotaReport(full).whatIf).toMatchObject({ RETAIN: { refused: 10 }, queue: { added: 0 } });
  });

  it('says for how many of them that is, and which limits are not in it', () => {
    const asked = [{ workflowId: '1', storageType: 'STATIC', retentionMode: 'RETAIN', runGroupId: '9' }];
    const limits = { ...queue.limits, runGroups: [{ runGroupId: '9', maxCpus: 64 }] };
    const whatIf = { count: 400, asked };
    const text = linesOf({ queue: { ...queue, limits }, durations, whatIf })
      .join(' ')
      .replaceAll(/\s+/g, ' ');
    expect(text).toContain('if they are like the newest request, 200 have a place; with what is there already:');
    expect(text).toContain(
      'not counted: maxCpus of run group 9; how much of that a run takes shows only while it runs',
    );
  });

  it.each([60, 80, 132])('fits into %i columns', (width) => {
    const whatIf = { count: 400, asked: [] };
    const report = quotaReport({ ...inputOf(), queue, durations, whatIf });
    for (const line of quotaLines(report, { colour: false, width }, NOW_MS))
      expect(line.length, line).toBeLessThanOrEqual(width);
  });
});

describe('a plot', () => {
  it('rises from the lowest value to the highest', () => {
    expect(plotLines([0, 1, 2, 3], { width: 4, height: 2 })).toEqual(['3 ┤  ▄▀', '0 ┤▄▀']);
  });

  it('shows the limit when the values come near it, and leaves gaps', () => {
    expect(plotLines([8, undefined, 9], { width: 3, height: 3, limit: 10 })[0]).toBe('10 ┤───');
    expect(plotLines([1, 2], { width: 2, height: 2, limit: 1_000 })[0]).toBe('2 ┤ ▀');
  });

  it('is nothing for no values, and flat for one', () => {
    expect(plotLines([], { width: 4, height: 2 })).toEqual([]);
    expect(plotLines([5], { width: 2, height: 2 })).toHaveLength(2);
  });
});

describe('a bar', () => {
  it('keeps its width, and shows what is little', () => {
    expect(barOf([{ mark: '█', value: 1 }], 1_000, 10)).toBe('█·········');
    expect(barOf([{ mark: '█', value: 2_000 }], 1_000, 10)).toBe('██████████');
    expect(barOf([], 0, 10)).toBe('··········');
  });

  it.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1,000'],
    [1_234_567, '1,234,567'],
  ])('counts %i as %s', (value, text) => {
    expect(formatCount(value)).toBe(text);
  });
});
