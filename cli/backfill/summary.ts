/** What a backfill comes to, route by route. Pure. */
import type { Screen } from '../text.ts';
import { type Column, formatTable, printable } from '../text.ts';
import { type Looked, type PlannedDrop, SENT, type Standing } from './plan.ts';

export interface RouteSummary {
  readonly route: string;
  /** Objects by where they stand. */
  readonly objects: Readonly<Record<Standing, number>>;
  /** Runs that start, not counting those of sheets. */
  readonly runs: number;
  /** Sets that are not complete. */
  readonly halfSets: number;
  /** Why some start nothing, with how often. */
  readonly reasons: readonly { readonly reason: string; readonly count: number; readonly example: string }[];
}

export interface Summary {
  readonly dryRun: boolean;
  /** Objects that were looked at. */
  readonly objects: number;
  /** Drops that went, or would go, to the queue. */
  readonly sent: number;
  readonly routes: readonly RouteSummary[];
  /** By the nearest route. */
  readonly notTaken: readonly {
    readonly nearest?: string;
    readonly count: number;
    readonly example: string;
    readonly reason: string;
  }[];
  /** Listed, and not there any more. */
  readonly gone: number;
  /** There were more than `--limit`. */
  readonly isCut: boolean;
}

const STANDINGS: readonly Standing[] = ['starts', 'waits', 'sheet', 'known', 'refused', 'impossible'];

export function summarize(
  looked: readonly Looked[],
  planned: readonly PlannedDrop[],
  { dryRun, isCut }: { readonly dryRun: boolean; readonly isCut: boolean },
): Summary {
  const byRoute = Map.groupBy(planned, ({ route }) => route);
  return {
    dryRun,
    objects: looked.length,
    sent: planned.filter(({ standing }) => SENT.has(standing)).length,
    routes: [...byRoute].map(([route, drops]) => summarizeRoute(route, drops)),
    notTaken: summarizeNotTaken(looked),
    gone: looked.filter(({ kind }) => kind === 'gone').length,
    isCut,
  };
}

function summarizeRoute(route: string, drops: readonly PlannedDrop[]): RouteSummary {
  const units = (standing: Standing) =>
    new Set(drops.filter((drop) => drop.standing === standing).map(({ unit }) => unit)).size;
  const count = (standing: Standing) => drops.filter((drop) => drop.standing === standing).length;
  const told = drops.filter(({ reason, standing }) => reason !== undefined && standing !== 'waits');
  return {
    route,
    objects: Object.fromEntries(STANDINGS.map((standing) => [standing, count(standing)])) as Record<Standing, number>,
    runs: units('starts'),
    halfSets: units('waits'),
    reasons: [...Map.groupBy(told, ({ reason = '' }) => reason)].map(([reason, same]) => ({
      reason,
      count: same.length,
      example: uriOf(same[0]?.drop),
    })),
  };
}

function summarizeNotTaken(looked: readonly Looked[]): Summary['notTaken'] {
  const missed = looked.filter((one) => one.kind === 'not-taken');
  return [...Map.groupBy(missed, ({ nearest }) => nearest)].flatMap(([nearest, same]) => {
    const [first] = same;
    if (first === undefined) return [];
    return [
      {
        ...(nearest === undefined ? {} : { nearest }),
        count: same.length,
        example: first.object,
        reason: first.reason,
      },
    ];
  });
}

function uriOf(object: { readonly bucket: string; readonly key: string } | undefined): string {
  return object === undefined ? '' : `s3://${object.bucket}/${object.key}`;
}

const COLUMNS: readonly Column[] = [
  { header: 'ROUTE' },
  { header: 'RUNS', align: 'right' },
  { header: 'OBJECTS', align: 'right' },
  { header: 'HALF SETS', align: 'right' },
  { header: 'SHEETS', align: 'right' },
  { header: 'RAN BEFORE', align: 'right' },
  { header: 'REFUSED', align: 'right' },
  { header: 'LEFT OUT', align: 'right' },
];

/** Lines for people. */
export function describeSummary(summary: Summary, screen: Screen): string[] {
  const rows = summary.routes.map(({ route, runs, objects, halfSets }) => [
    route,
    ...[runs, objects.starts, halfSets, objects.sheet, objects.known, objects.refused, objects.impossible].map(String),
  ]);
  const verb = summary.dryRun ? 'would be sent' : 'sent';
  return [
    ...(rows.length === 0 ? [] : formatTable(COLUMNS, rows, screen)),
    ...summary.routes.flatMap(({ route, reasons }) =>
      reasons.map(
        ({ reason, count, example }) => `${route}: ${count} of such as ${printable(example)}: ${printable(reason)}`,
      ),
    ),
    ...summary.notTaken.map(
      ({ nearest = 'none', count, example, reason }) =>
        `not taken: ${count} such as ${printable(example)}; nearest route ${nearest}: ${printable(reason)}`,
    ),
    ...(summary.gone > 0 ? [`gone: ${summary.gone} that were listed are not there any more`] : []),
    ...(summary.isCut ? [`only the first ${summary.objects} were looked at: --limit N`] : []),
    `${summary.objects} objects looked at, ${summary.sent} drops ${verb}`,
  ];
}
