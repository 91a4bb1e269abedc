/** `rundrop check`: what is wrong with a route file, and what is probably not meant. Speaks to no network. */
import { compileDropRules } from '../../lib/routing/drop-rules.ts';
import { describeProblem, type Problem, RouteFileError } from '../../lib/routing/problems.ts';
import type { RouteFile } from '../../lib/routing/route-file.ts';
import { CommandError } from '../errors.ts';
import type { LiveFinding } from '../live-check.ts';
import { readRouteFile } from '../routing.ts';
import { describeTarget, type Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';
import { paint } from '../text.ts';

export interface CheckOptions {
  readonly routes: string;
  readonly strict?: boolean;
  readonly json?: boolean;
  readonly schema?: boolean;
  /** The account to look at, too. */
  readonly target?: Target;
}

/** What `--json` prints. */
interface Checked {
  readonly file: string;
  readonly ok: boolean;
  readonly routes: number;
  readonly schedules: number;
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** What is right, and worth knowing before objects arrive. */
  readonly notes: readonly string[];
  /** What was found in the account, with `--live`. */
  readonly live?: readonly LiveFinding[];
}

/** Exit status 0 without errors; 1 with errors and, with `--strict`, with warnings. */
export async function check(terminal: Terminal, options: CheckOptions): Promise<number> {
  if (options.schema) {
    const { routeFileSchemaText } = await import('../../lib/routing/route-file-schema.ts');
    terminal.out(routeFileSchemaText().trimEnd());
    return 0;
  }
  const checked = await checkFile(terminal, options);
  if (options.json) terminal.out(JSON.stringify(checked, null, 2));
  else for (const line of describeChecked(checked, terminal)) terminal.out(line);
  return checked.ok ? 0 : 1;
}

async function checkFile(terminal: Terminal, { routes: file, strict, target }: CheckOptions): Promise<Checked> {
  const loaded = await load(file);
  if ('errors' in loaded) {
    return { file, ok: false, routes: 0, schedules: 0, errors: loaded.errors, warnings: [], notes: [] };
  }
  const { routes, outcomeRoutes, schedules, warnings } = loaded;
  const live = target === undefined ? undefined : await lookAround(terminal, loaded, target);
  return {
    file,
    ok: (warnings.length === 0 || strict !== true) && live?.some(({ level }) => level === 'error') !== true,
    routes: routes.length + outcomeRoutes.length,
    schedules: schedules.length,
    errors: [],
    warnings,
    notes: [...identityNotes(loaded), ...pruneNotes(loaded), ...compileDropRules(routes, 'keys').notes],
    ...(live === undefined ? {} : { live }),
  };
}

async function lookAround(terminal: Terminal, file: RouteFile, target: Target): Promise<readonly LiveFinding[]> {
  const [{ openLiveAccount }, { liveFindings }] = await Promise.all([
    import('../live-account.ts'),
    import('../live-check.ts'),
  ]);
  const live = await openLiveAccount(target);
  terminal.note(describeTarget(target, live));
  return liveFindings(file, live);
}

async function load(file: string): Promise<RouteFile | { readonly errors: readonly Problem[] }> {
  try {
    return await readRouteFile(file);
  } catch (error) {
    if (error instanceof CommandError && error.cause instanceof RouteFileError) {
      return { errors: error.cause.problems };
    }
    throw error;
  }
}

/** Such files are seldom small enough to go up in one part. */
const LARGE_FILE =
  /\.(?:f(?:ast)?q(?:\.(?:gz|ora|bz2))?|[bs]am|cram|g?vcf\.gz|pod5|fast5|bcl|cbcl|zarr|tar(?:\.gz)?)$/i;

/** What makes two uploads the same, told only where it can surprise: large files, and versions. */
function identityNotes({ routes }: RouteFile): string[] {
  const named = (list: typeof routes) => list.map(({ name }) => name).join(', ');
  const byContent = routes.filter(({ identity, pattern }) => identity === 'content' && LARGE_FILE.test(pattern.suffix));
  const byVersion = routes.filter(({ identity }) => identity === 'version');
  const notes: string[] = [];
  if (byContent.length > 0) {
    notes.push(
      `${named(byContent)}: the same file uploaded again starts nothing, as long as S3 keeps a full-object checksum of it (current AWS clients send one). Without one its ETag decides, and for a multipart upload the ETag depends on the part size, for an object encrypted with KMS on the upload.`,
    );
  }
  if (byVersion.length > 0) {
    notes.push(
      `${named(byVersion)}: every upload is a new version and starts again, the same bytes too. In a bucket without versioning only its event tells uploads apart, so backfill leaves such objects out.`,
    );
  }
  return notes;
}

const DAY_MS = 24 * 3_600_000;

/** Deleting is worth a line whenever the file is looked at. */
function pruneNotes({ prune }: RouteFile): string[] {
  if (prune === undefined) return [];
  const days = Math.round(prune.olderThanMs / DAY_MS);
  const whose = prune.runs === 'all' ? 'whoever started them' : 'that Rundrop started';
  const what = `RETAIN runs ${whose}, ${plural(days, 'day')} after they ended ${prune.statuses.join(' or ')}`;
  return [
    prune.dryRun
      ? `prune is a dry run: it would delete ${what}. \`rundrop prune\` shows which.`
      : `prune deletes ${what}, at most ${prune.mostPerSweep} a sweep, each after its evidence is kept.`,
  ];
}

function describeChecked(checked: Checked, terminal: Terminal): string[] {
  const { file, errors, warnings, notes, routes, schedules } = checked;
  const { screen } = terminal;
  const mark = checked.ok ? paint('✓', 'green', screen) : paint('✗', 'red', screen);
  const found = [plural(errors.length, 'error'), plural(warnings.length, 'warning')].join(', ');
  const wrong = (checked.live ?? []).filter(({ level }) => level === 'error').length;
  const around = checked.live === undefined ? '' : `; in the account: ${plural(wrong, 'error')}`;
  const size = errors.length > 0 ? '' : `${plural(routes, 'route')}, ${plural(schedules, 'schedule')}: `;
  return [
    ...errors.map((problem) => `${paint('error:', 'red', screen)} ${describeProblem(file, problem)}`),
    ...warnings.map((problem) => `${paint('warning:', 'yellow', screen)} ${describeProblem(file, problem)}`),
    ...notes.map((note) => `${paint('note:', 'blue', screen)} ${note}`),
    ...(checked.live ?? []).flatMap((finding) => describeLive(finding, terminal)),
    `${mark} ${file}: ${size}${found}${around}`,
  ];
}

const LIVE_MARKS = { ok: ['✓', 'green'], note: ['note:', 'blue'], error: ['✗', 'red'] } as const;

function describeLive({ level, what, message, command }: LiveFinding, { screen }: Terminal): string[] {
  const [mark, color] = LIVE_MARKS[level];
  return [`${paint(mark, color, screen)} ${what}: ${message}`, ...(command === undefined ? [] : [`    ${command}`])];
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
