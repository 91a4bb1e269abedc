/** `rundrop quota` for people. Pure. */
import { raiseQuotaCommand } from '../../lib/lifecycle/announce-quota.ts';
import type { QuotaValue, Share } from '../../lib/quota/quota-snapshot.ts';
import { colourOfStatus, formatDuration, formatTable, paint, type Screen, wrapLine } from '../text.ts';
import { type BarPart, barOf, formatCount, plotLines } from './plot.ts';
import { queueLines, whatIfLines } from './queue-views.ts';
import type { ForecastRow, QuotaReport } from './report.ts';

const WIDEST_BAR = 40;
const NARROWEST_BAR = 10;
/** What stands beside a bar, such as "100,000 of 100,000, 100%  DYNAMIC". */
const BESIDE_BAR = 36;
const PLOT_HEIGHT = 8;
const WIDEST_PLOT = 72;
/** So many holders of each kind are shown; `--json` has more. */
const SHOWN_HOLDERS = 5;
/** AWS takes days to raise a quota: from this share on, the command stands there. */
const WORTH_ASKING = 0.8;
const HOUR_MS = 3_600_000;
const MODES = ['RETAIN', 'REMOVE', 'UNKNOWN'] as const;
const MARKS = { RETAIN: '█', REMOVE: '▒', UNKNOWN: '?' } as const;

export function quotaLines(report: QuotaReport, screen: Screen, nowMs: number): string[] {
  const wrapped = (lines: readonly string[]) => lines.flatMap((line) => wrapLine(line, screen.width));
  return [
    ...storedLines(report, screen),
    '',
    ...activeLines(report, screen),
    '',
    ...withGap(queueLines(report.queue, screen, nowMs)),
    ...wrapped(pictureLines(report, nowMs)),
    '',
    ...wrapped(forecastLines(report)),
    ...raiseLines(report),
    ...trendLines(report, screen),
    ...holderLines(report, screen),
    ...wrapped(whatIfLines(report.whatIf)),
  ];
}

function withGap(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [...lines, ''];
}

function storedLines(report: QuotaReport, screen: Screen): string[] {
  const { storedRuns, storedRunsQuota, byRetentionMode } = report;
  const counts = MODES.map((mode) => ({ mode, value: sum(byRetentionMode[mode]) }));
  // The mark says the retention mode, the colour the status.
  const bar = barOf(
    counts.flatMap(({ mode }) => statusParts(byRetentionMode[mode], MARKS[mode], screen)),
    storedRunsQuota,
    barWidth(screen),
  );
  const title = paint('Stored runs', 'bold', screen);
  const rows = counts.flatMap(({ mode, value }) => {
    const split = bySize(byRetentionMode[mode])
      .map(([status, count]) => `${status} ${formatCount(count)}`)
      .join(', ');
    if (value === 0 && mode === 'UNKNOWN') return [];
    const row = `  ${MARKS[mode]} ${mode.padEnd(8)}${formatCount(value).padStart(9)}${split === '' ? '' : `  ${split}`}`;
    return wrapLine(row, screen.width).map((line) => paintStatuses(line, screen));
  });
  const whole = `  ${quotaBar(bar, storedRuns, storedRunsQuota)}${sourceOf(report.quotas.storedRuns)}`;
  return [title, ...wrapLine(whole, screen.width), ...rows];
}

/** The most first. */
function bySize(counts: Readonly<Record<string, number>> | undefined): [string, number][] {
  return Object.entries(counts ?? {}).sort(([, a], [, b]) => b - a);
}

function statusParts(counts: Readonly<Record<string, number>> | undefined, mark: string, screen: Screen): BarPart[] {
  return bySize(counts).map(([status, value]) => ({
    mark,
    value,
    paint: (cells) => paint(cells, colourOfStatus(status), screen),
  }));
}

function paintStatuses(line: string, screen: Screen): string {
  return line.replaceAll(/\b[A-Z]{6,}\b/g, (word) => paint(word, colourOfStatus(word), screen));
}

function activeLines({ activeByStorageType, quotas }: QuotaReport, screen: Screen): string[] {
  const line = (storageType: string, quota: QuotaValue) => {
    const active = activeByStorageType[storageType] ?? 0;
    const bar = barOf([{ mark: '█', value: active }], quota.value, barWidth(screen));
    return wrapLine(`  ${quotaBar(bar, active, quota.value)}  ${storageType}${sourceOf(quota)}`, screen.width);
  };
  return [
    paint('Active runs', 'bold', screen),
    ...line('DYNAMIC', quotas.activeRunsDynamic),
    ...line('STATIC', quotas.activeRunsStatic),
  ];
}

function barWidth({ width }: Screen): number {
  return width === undefined ? WIDEST_BAR : Math.min(WIDEST_BAR, Math.max(NARROWEST_BAR, width - BESIDE_BAR));
}

function quotaBar(bar: string, used: number, quota: number): string {
  const percent = quota > 0 ? `${Math.floor((100 * used) / quota)}%` : 'full';
  return `${bar}  ${formatCount(used)} of ${formatCount(quota)}, ${percent}`;
}

function sourceOf({ source }: QuotaValue): string {
  switch (source) {
    case 'applied':
      return '';
    case 'default':
      return " (AWS's default: the account's own value could not be read)";
    case 'documented':
      return ' (the documented default: Service Quotas could not be read)';
    default:
      return source satisfies never;
  }
}

function pictureLines(report: QuotaReport, nowMs: number): string[] {
  const { takenAt, scannedAt, basis, unknownRetention, doubted } = report;
  const age = formatDuration(nowMs - Date.parse(takenAt));
  const since =
    basis === 'scan' ? '' : `; all runs were last listed ${formatDuration(nowMs - Date.parse(scannedAt))} ago`;
  const lines = [`Taken ${age} ago${since}.`];
  if (unknownRetention > 0)
    lines.push(`The retention mode of ${formatCount(unknownRetention)} runs is not known yet; sweeps go on asking.`);
  if (doubted > 0)
    lines.push(`${formatCount(doubted)} runs were not listed and are counted until GetRun says that they are gone.`);
  return lines;
}

function forecastLines(report: QuotaReport): string[] {
  const lines = [fillsLine(report.forecast)];
  const survival = report.removeSurvivalDays;
  if (survival === 0) lines.push('There is no place for another REMOVE run now.');
  else if (survival !== null)
    lines.push(
      `A REMOVE run that ends now can be read for about ${formatDays(survival)} at the last day's rate of starts.`,
    );
  return lines;
}

/** The command stays on one line, so that it can be copied. */
function raiseLines({ retainedShareOfQuota, storedRunsQuota }: QuotaReport): string[] {
  if (retainedShareOfQuota < WORTH_ASKING) return [];
  return ['To ask AWS for a higher quota:', `  ${raiseQuotaCommand(storedRunsQuota)}`];
}

function fillsLine(forecast: ForecastRow | null): string {
  if (forecast === null) return 'No forecast yet: it needs three complete days of history.';
  const { days, earliestDays, latestDays, perDay, exceptionalDays } = forecast;
  const pace = `${perDay < 0 ? '−' : '+'}${formatPace(Math.abs(perDay))} RETAIN runs a day`;
  const left =
    exceptionalDays > 0 ? `, ${exceptionalDays} exceptional ${exceptionalDays === 1 ? 'day' : 'days'} left out` : '';
  const usual = `the usual pace is ${pace}${left}`;
  if (days === 0) return `RETAIN runs fill the quota now; ${usual}.`;
  if (days === null && earliestDays === null) return `RETAIN runs do not fill the quota within ten years; ${usual}.`;
  const latest = latestDays === null ? 'perhaps never' : formatDays(latestDays);
  const earliest = earliestDays === null ? 'in more than ten years' : formatDays(earliestDays);
  const about = days === null ? 'not at the usual pace' : `in about ${formatDays(days)}`;
  return `RETAIN runs fill the quota ${about} (earliest ${earliest}, latest ${latest}); ${usual}.`;
}

function trendLines({ trend }: QuotaReport, screen: Screen): string[] {
  const [first] = trend;
  const last = trend.at(-1);
  if (first === undefined || last === undefined || trend.length < 2) return [];
  const width = Math.min(WIDEST_PLOT, Math.max(20, (screen.width ?? WIDEST_PLOT) - 14));
  const plot = plotLines(
    evenlySpaced(
      trend.map(({ takenAt, RETAIN }) => ({ atMs: Date.parse(takenAt), value: RETAIN })),
      width,
    ),
    { width, height: PLOT_HEIGHT, limit: last.storedRunsQuota },
  );
  const span = formatDuration(Date.parse(last.takenAt) - Date.parse(first.takenAt));
  return ['', paint(`RETAIN runs over the last ${span}`, 'bold', screen), ...plot];
}

/** The last value known at each of `steps` equal steps of time. */
function evenlySpaced(points: readonly { readonly atMs: number; readonly value: number }[], steps: number) {
  const fromMs = points[0]?.atMs ?? 0;
  const stepMs = ((points.at(-1)?.atMs ?? fromMs) - fromMs) / Math.max(1, steps - 1);
  let next = 0;
  let value: number | undefined;
  return Array.from({ length: steps }, (_, step) => {
    // Half a millisecond for what the division lost.
    for (
      let point = points[next];
      point !== undefined && point.atMs <= fromMs + step * stepMs + 0.5;
      point = points[next]
    ) {
      value = point.value;
      next += 1;
    }
    return value;
  });
}

function holderLines({ holders }: QuotaReport, screen: Screen): string[] {
  if (holders === null) return [];
  const tables = [
    ['ROUTE', holders.route],
    ['WORKFLOW', holders.workflow],
    ['RUN GROUP', holders.runGroup],
    ['STARTED BY', holders.startedBy],
  ] as const;
  return tables.flatMap(([header, shares]) => (shares.length === 0 ? [] : ['', ...shareTable(header, shares, screen)]));
}

function shareTable(header: string, shares: readonly Share[], screen: Screen): string[] {
  const right = (name: string) => ({ header: name, align: 'right' as const });
  const columns = [right('RETAIN'), right('REMOVE'), right('UNKNOWN'), { header, shrinks: true }];
  const rows = shares
    .slice(0, SHOWN_HOLDERS)
    .map((share) => [formatCount(share.RETAIN), formatCount(share.REMOVE), formatCount(share.UNKNOWN), share.name]);
  return formatTable(columns, rows, screen);
}

function sum(counts: Readonly<Record<string, number>> | undefined): number {
  return Object.values(counts ?? {}).reduce((whole, count) => whole + count, 0);
}

function formatDays(days: number): string {
  if (days < 2) return formatDuration(days * 24 * HOUR_MS);
  return `${days < 10 ? days.toFixed(1) : formatCount(days)} days`;
}

function formatPace(perDay: number): string {
  return perDay < 10 ? perDay.toFixed(1) : formatCount(perDay);
}
