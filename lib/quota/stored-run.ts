/** One run that HealthOmics stores, as the sweeper remembers it, and how 100,000 of them are written down in little room. */
import { createHash } from 'node:crypto';
import { RUN_STATUSES } from '../runs/run-status.ts';

/** Their places are written down in chunks: another one would have to come last. */
export const RETENTION_MODES = ['RETAIN', 'REMOVE', 'UNKNOWN'] as const;
export type RetentionMode = (typeof RETENTION_MODES)[number];

/** Who a stored run is for, as far as it is known. */
export interface RunOwner {
  /** The route that started it; absent for a foreign run. */
  readonly route?: string;
  readonly workflowId?: string;
  readonly runGroupId?: string;
  /** The principal that started a foreign run, as GetRun says. */
  readonly startedBy?: string;
}

export interface StoredRun {
  readonly runId: string;
  /** Tells two runs apart that had the same id; 0 when HealthOmics did not say. */
  readonly createdMs: number;
  /** In the API's spelling; `UNKNOWN` for one that this version does not know. */
  readonly status: string;
  readonly storageType: string;
  /** `UNKNOWN` when neither the ledger nor GetRun has told. */
  readonly retentionMode: RetentionMode;
  /** The uuid's first eight characters, once known, else empty. */
  readonly uuidPrefix: string;
  readonly owner: RunOwner;
  /** Absent from a complete scan, and not yet looked at a second time. Still counted. */
  readonly isDoubted: boolean;
}

const ACTIVE = new Set(['PENDING', 'STARTING', 'RUNNING', 'STOPPING']);

export function isActive({ status }: Pick<StoredRun, 'status'>): boolean {
  return ACTIVE.has(status);
}

export function parseRetentionMode(value: unknown): RetentionMode {
  return value === 'RETAIN' || value === 'REMOVE' ? value : 'UNKNOWN';
}

export function uuidPrefixOf(uuid: string): string {
  return uuid.replaceAll('-', '').slice(0, 8);
}

/** HealthOmics and its listing may round a time differently. */
const SAME_MOMENT_MS = 1000;

/** Whether two sightings of one id are of the same run, and not of two that had the id one after the other. */
export function isSameRun(
  a: Pick<StoredRun, 'createdMs' | 'uuidPrefix'>,
  b: Pick<StoredRun, 'createdMs' | 'uuidPrefix'>,
): boolean {
  if (a.uuidPrefix !== '' && b.uuidPrefix !== '') return a.uuidPrefix === b.uuidPrefix;
  return Math.abs(a.createdMs - b.createdMs) < SAME_MOMENT_MS;
}

/** Stored runs as text, small enough for one DynamoDB item. */
export interface Chunk {
  readonly text: string;
  /** Changes with the text. */
  readonly hash: string;
}

const STATUSES = [...RUN_STATUSES, 'UNKNOWN'];
const STORAGE_TYPES = ['DYNAMIC', 'STATIC', 'UNKNOWN'];

/** An item may have 400 KB: room is left for the owners, which are few, and for the item's own attributes. */
const MOST_CHUNK_CHARACTERS = 250_000;
/** About so many runs fill a chunk. */
const RUNS_PER_CHUNK = 4_096;

/**
 * Cut where the content says so, not by number, so that a run that goes or comes changes one chunk and leaves the others
 * as they were. Oldest runs first.
 */
export function* writeChunks(runs: Iterable<StoredRun>): Generator<Chunk, void> {
  const sorted = [...runs].sort((a, b) => a.createdMs - b.createdMs || compareText(a.runId, b.runId));
  let writer = createWriter();
  for (const run of sorted) {
    writer.add(run);
    if (writer.characters() < MOST_CHUNK_CHARACTERS && !endsChunk(run)) continue;
    yield writer.chunk();
    writer = createWriter();
  }
  if (writer.characters() > 0) yield writer.chunk();
}

function createWriter() {
  const owners = new Map<string, number>();
  const numbers = new Map<RunOwner, number>();
  const lines: string[] = [];
  let characters = 0;
  const numberOf = (owner: RunOwner): number => {
    const seen = numbers.get(owner);
    if (seen !== undefined) return seen;
    const text = JSON.stringify(owner);
    const number = owners.get(text) ?? owners.size;
    if (number === owners.size) characters += text.length;
    owners.set(text, number);
    numbers.set(owner, number);
    return number;
  };
  return {
    characters: () => characters,
    add(run: StoredRun) {
      const line = lineOf(run, numberOf(run.owner));
      characters += line.length + 1;
      lines.push(line);
    },
    chunk(): Chunk {
      const text = `{"version":1,"owners":[${[...owners.keys()].join(',')}],"runs":${JSON.stringify(lines.join(';'))}}`;
      return { text, hash: createHash('sha256').update(text).digest('hex').slice(0, 16) };
    },
  };
}

function lineOf(run: StoredRun, owner: number): string {
  const { status, retentionMode, storageType, isDoubted } = run;
  const known = `${indexOr(STATUSES, status)}${indexOr(RETENTION_MODES, retentionMode)}${indexOr(STORAGE_TYPES, storageType)}`;
  const codes = `${known}${isDoubted ? 1 : 0}`;
  return `${run.runId} ${run.createdMs.toString(36)} ${codes}${run.uuidPrefix} ${owner.toString(36)}`;
}

/** The last of each list is what is not known. */
function indexOr(list: readonly string[], value: string): number {
  const index = list.indexOf(value);
  return index === -1 ? list.length - 1 : index;
}

const CODE_CHARACTERS = 4;

/** A chunk cannot be read: it was written by another version or is damaged. */
export class ChunkUnreadableError extends Error {
  override readonly name = 'ChunkUnreadableError';
}

/** Owners that are equal become one object through `owners`, across chunks. @throws ChunkUnreadableError */
export function readChunk(text: string, owners: Map<string, RunOwner>): StoredRun[] {
  const { version, owners: listed, runs } = JSON.parse(text) as { version: number; owners: RunOwner[]; runs: string };
  if (version !== 1) throw new ChunkUnreadableError(`A chunk of stored runs has version ${version}, not 1.`);
  const table = listed.map((owner) => internOwner(owner, owners));
  return runs === '' ? [] : runs.split(';').map((line) => runOf(line, table));
}

export function internOwner(owner: RunOwner, owners: Map<string, RunOwner>): RunOwner {
  const { route = '', workflowId = '', runGroupId = '', startedBy = '' } = owner;
  const name = `${route}\n${workflowId}\n${runGroupId}\n${startedBy}`;
  const known = owners.get(name);
  if (known !== undefined) return known;
  owners.set(name, owner);
  return owner;
}

function runOf(line: string, owners: readonly RunOwner[]): StoredRun {
  const [runId, created, codes, owner] = line.split(' ');
  const known = owners[Number.parseInt(owner ?? '', 36)];
  if (runId === undefined || created === undefined || codes === undefined || known === undefined)
    throw new ChunkUnreadableError(`A chunk of stored runs has the line ${JSON.stringify(line)}.`);
  return {
    runId,
    createdMs: Number.parseInt(created, 36),
    status: STATUSES[Number(codes[0])] ?? 'UNKNOWN',
    retentionMode: RETENTION_MODES[Number(codes[1])] ?? 'UNKNOWN',
    storageType: STORAGE_TYPES[Number(codes[2])] ?? 'UNKNOWN',
    isDoubted: codes[3] === '1',
    uuidPrefix: codes.slice(CODE_CHARACTERS),
    owner: known,
  };
}

/** FNV-1a over the id: the same run ends a chunk whatever stands around it. */
function endsChunk({ runId, createdMs }: StoredRun): boolean {
  let hash = 0x811c9dc5 ^ (createdMs % 0x7fffffff);
  for (let index = 0; index < runId.length; index += 1)
    hash = Math.imul(hash ^ runId.charCodeAt(index), 0x01000193) >>> 0;
  return ((hash ^ (hash >>> 15)) >>> 0) % RUNS_PER_CHUNK === 0;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
