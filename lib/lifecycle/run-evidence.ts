/** What HealthOmics knows of one run, kept before its retention takes it. */
import { createHash } from 'node:crypto';
import type { AttemptRecord, EvidenceMark } from '../runs/request-record.ts';
import type { EvidenceStore, RunArchive } from './evidence-ports.ts';
import type { Clock, Settings } from './ports.ts';

export interface EvidencePorts {
  readonly archive: RunArchive;
  readonly evidence: EvidenceStore;
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'rundropVersion' | 'stage'>;
}

type Answer = Readonly<Record<string, unknown>>;

/** docs/evidence.md and docs/evidence.schema.json say what each member is. */
export interface RunEvidence {
  readonly capturedAt: string;
  /** GetRun's answer; `null` when HealthOmics does not have the run. */
  readonly run: Answer | null;
  /** The workflow's files, kept by their content; absent when they were not to be had. */
  readonly definition?: EvidenceMark;
  readonly runMissing?: 'never started' | 'gone';
  readonly tasks: TaskEvidence | null;
}

export interface TaskEvidence {
  /** As ListRunTasks tells them; those that did not complete also as GetRunTask does. */
  readonly items: readonly Answer[];
  /** Whether these are all tasks of the run. */
  readonly complete: boolean;
  /** How many of them GetRunTask was asked for. */
  readonly described: number;
}

/** 10,000 tasks. What a run has beyond them is not listed, and the evidence says so. */
const MOST_TASK_PAGES = 100;
/** Of tasks that did not complete, so many are described: their reasons and log streams are in GetRunTask alone. */
const MOST_DESCRIBED = 25;

/** Asks HealthOmics for everything about a run. A run that has its id but not its uuid is another one. */
export async function collectRun(
  ports: Pick<EvidencePorts, 'archive' | 'clock' | 'evidence'>,
  { runId, uuid }: Pick<AttemptRecord, 'runId' | 'uuid'>,
): Promise<RunEvidence> {
  const { archive, clock } = ports;
  const capturedAt = new Date(clock.nowMs()).toISOString();
  if (runId === undefined) return { capturedAt, run: null, runMissing: 'never started', tasks: null };
  const answer = await archive.run(runId);
  if (answer === undefined || answer.uuid !== uuid) return { capturedAt, run: null, runMissing: 'gone', tasks: null };
  const told = { capturedAt, ...(await withDefinition(ports, answer)) };
  const listed = await listTasks(archive, runId);
  if (listed === undefined) return { ...told, tasks: null };
  const { items, described } = await describeTasks(archive, runId, listed.items);
  return { ...told, tasks: { items, complete: listed.complete, described } };
}

/** GetRun gives a link that lets everybody in and soon expires: what is behind it is kept, and of the link only where it led. */
async function withDefinition({ archive, evidence }: Pick<EvidencePorts, 'archive' | 'evidence'>, answer: Answer) {
  const { definition: location, ...run } = answer;
  if (typeof location !== 'string') return { run: answer };
  const bytes = await archive.definition(location).catch(() => undefined);
  const kept =
    bytes && (await evidence.put(`definitions/${createHash('sha256').update(bytes).digest('hex')}.zip`, bytes));
  return { run: { ...run, definition: location.split('?')[0] }, ...(kept === undefined ? {} : { definition: kept }) };
}

/** `undefined` when the run is gone. */
async function listTasks(archive: RunArchive, runId: string) {
  const items: Answer[] = [];
  let token: string | undefined;
  for (let page = 0; page < MOST_TASK_PAGES; page += 1) {
    const answer = await archive.tasks(runId, token);
    if (answer === undefined) return undefined;
    items.push(...answer.items);
    token = answer.token;
    if (token === undefined) return { items, complete: true };
  }
  return { items, complete: false };
}

async function describeTasks(archive: RunArchive, runId: string, listed: readonly Answer[]) {
  const items: Answer[] = [];
  let described = 0;
  for (const item of listed) {
    const wanted = item.status !== 'COMPLETED' && typeof item.taskId === 'string' && described < MOST_DESCRIBED;
    const task = wanted ? await archive.task(runId, String(item.taskId)) : undefined;
    if (task !== undefined) described += 1;
    items.push({ ...item, ...task });
  }
  return { items, described };
}

/** HealthOmics does not have the run any more, so nothing can be kept of it. Permanent. */
export class RunGone extends Error {
  override readonly name = 'RunGone';
}

export interface KeptRun {
  readonly mark: EvidenceMark;
  /** Whether all of it is kept; what the evidence lacks of the run's tasks is lost with the run. */
  readonly isWhole: boolean;
}

/**
 * Keeps one run as it is now, under its uuid: before another attempt follows it, or before it is deleted. Safe to repeat:
 * what was kept first stays.
 * @throws RunGone; whatever HealthOmics and S3 throw
 */
export async function keepRunEvidence(
  ports: EvidencePorts,
  run: { readonly runId: string; readonly uuid: string },
): Promise<KeptRun> {
  const collected = await collectRun(ports, run);
  if (collected.run === null) throw new RunGone(`HealthOmics has no run ${run.runId} with uuid ${run.uuid}.`);
  const { rundropVersion, stage } = ports.settings;
  const capturedBy = { rundropVersion, stage };
  const text = JSON.stringify({ version: '1', kind: 'rundrop/run-evidence', capturedBy, ...run, ...collected });
  const mark = await ports.evidence.put(`runs/${run.uuid}.json`, text);
  return { mark, isWhole: collected.tasks?.complete === true };
}
