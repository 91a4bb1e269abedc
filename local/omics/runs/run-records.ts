/**
 * Runs as bytes: a record of fixed size for what changes and what is short, and one text for the rest. A run in this form
 * takes about half a kilobyte outside the JavaScript heap; as an object it would take two on it.
 */
import type { Run, RunOutcome, RunProfile, RunState, RunStatus } from './run.ts';
import { SharedValues } from './shared-values.ts';
import { TextArena } from './text-arena.ts';

const STATUSES: readonly RunStatus[] = [
  'PENDING',
  'STARTING',
  'RUNNING',
  'STOPPING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'DELETED',
];
const OUTCOMES: readonly (RunOutcome | undefined)[] = [undefined, 'COMPLETED', 'FAILED', 'CANCELLED'];

/** Where each member is in a record. Times are milliseconds as doubles, NaN when absent. */
const AT = {
  seq: 0,
  createdMs: 8,
  statusMs: 16,
  startMs: 24,
  stoppingMs: 32,
  stopMs: 40,
  id: 48,
  profile: 52,
  text: 56,
  nameBytes: 60,
  tagsBytes: 64,
  parametersBytes: 68,
  profileBytes: 72,
  status: 76,
  outcome: 77,
  active: 78,
  hasName: 79,
  uuid: 80,
} as const;
const RECORD_BYTES = 96;
const UUID_BYTES = 16;
const RECORDS_PER_CHUNK = 4096;
/** The profile is in the run's own text. */
const OWN_PROFILE = 0xffff_ffff;

export class RunRecords {
  readonly #chunks: Buffer[] = [];
  readonly #free: number[] = [];
  readonly #texts = new TextArena();
  readonly #profiles = new SharedValues<RunProfile>();
  /** By slot; few runs have one, and those that do mostly share it. */
  readonly #reasons = new Map<number, string>();
  #count = 0;

  /** Keeps a run; returns its slot. */
  add(run: Run): number {
    const slot = this.#free.pop() ?? this.#newSlot();
    const { record, offset } = this.#at(slot);
    record.writeDoubleLE(run.seq, offset + AT.seq);
    record.writeDoubleLE(run.createdMs, offset + AT.createdMs);
    record.writeUInt32LE(Number(run.id), offset + AT.id);
    record.write(run.uuid.replaceAll('-', ''), offset + AT.uuid, UUID_BYTES, 'hex');
    this.writeState(slot, run);
    this.#writeTexts(slot, run);
    return slot;
  }

  remove(slot: number): void {
    this.#releaseTexts(slot);
    this.#reasons.delete(slot);
    this.#free.push(slot);
  }

  /** Replaces what changes in a run's life. */
  writeState(slot: number, state: RunState): void {
    const { record, offset } = this.#at(slot);
    record.writeDoubleLE(state.statusMs, offset + AT.statusMs);
    record.writeDoubleLE(state.startMs ?? Number.NaN, offset + AT.startMs);
    record.writeDoubleLE(state.stoppingMs ?? Number.NaN, offset + AT.stoppingMs);
    record.writeDoubleLE(state.stopMs ?? Number.NaN, offset + AT.stopMs);
    record.writeUInt8(STATUSES.indexOf(state.status), offset + AT.status);
    record.writeUInt8(OUTCOMES.indexOf(state.outcome), offset + AT.outcome);
    record.writeUInt8(state.active ? 1 : 0, offset + AT.active);
    if (state.failureReason === undefined) this.#reasons.delete(slot);
    else this.#reasons.set(slot, state.failureReason);
  }

  writeTags(slot: number, tagsJson: string | undefined): void {
    const run = this.read(slot);
    this.#releaseTexts(slot);
    this.#writeTexts(slot, { ...run, tagsJson });
  }

  statusOf(slot: number): RunStatus {
    const { record, offset } = this.#at(slot);
    return STATUSES[record.readUInt8(offset + AT.status)] ?? 'PENDING';
  }

  read(slot: number): Run {
    const { record, offset } = this.#at(slot);
    const place = record.readUInt32LE(offset + AT.text);
    const tagsAt = record.readUInt32LE(offset + AT.nameBytes);
    const parametersAt = tagsAt + record.readUInt32LE(offset + AT.tagsBytes);
    const end = parametersAt + record.readUInt32LE(offset + AT.parametersBytes);
    const part = (from: number, to: number) => (from === to ? undefined : this.#texts.read(place, from, to));
    return {
      ...this.#profileOf(record, offset, end),
      seq: record.readDoubleLE(offset + AT.seq),
      id: String(record.readUInt32LE(offset + AT.id)),
      uuid: uuidText(record.toString('hex', offset + AT.uuid, offset + AT.uuid + UUID_BYTES)),
      createdMs: record.readDoubleLE(offset + AT.createdMs),
      name: record.readUInt8(offset + AT.hasName) === 1 ? (part(0, tagsAt) ?? '') : undefined,
      tagsJson: part(tagsAt, parametersAt),
      parametersJson: part(parametersAt, end),
      status: STATUSES[record.readUInt8(offset + AT.status)] ?? 'PENDING',
      statusMs: record.readDoubleLE(offset + AT.statusMs),
      startMs: timeAt(record, offset + AT.startMs),
      stoppingMs: timeAt(record, offset + AT.stoppingMs),
      stopMs: timeAt(record, offset + AT.stopMs),
      outcome: OUTCOMES[record.readUInt8(offset + AT.outcome)],
      failureReason: this.#reasons.get(slot),
      active: record.readUInt8(offset + AT.active) === 1,
    };
  }

  #profileOf(record: Buffer, offset: number, textEnd: number): RunProfile {
    const index = record.readUInt32LE(offset + AT.profile);
    if (index !== OWN_PROFILE) return this.#profiles.get(index);
    const place = record.readUInt32LE(offset + AT.text);
    const length = record.readUInt32LE(offset + AT.profileBytes);
    return JSON.parse(this.#texts.read(place, textEnd, textEnd + length)) as RunProfile;
  }

  #writeTexts(slot: number, run: Run): void {
    const { record, offset } = this.#at(slot);
    const { name = '', tagsJson = '', parametersJson = '' } = run;
    const key = JSON.stringify(profileOf(run));
    const shared = this.#profiles.take(key, () => profileOf(run));
    const own = shared === undefined ? key : '';
    const lengths = [name, tagsJson, parametersJson, own].map((text) => Buffer.byteLength(text));
    const [nameBytes = 0, tagsBytes = 0, parametersBytes = 0, profileBytes = 0] = lengths;
    const total = nameBytes + tagsBytes + parametersBytes + profileBytes;
    record.writeUInt32LE(this.#texts.write(name + tagsJson + parametersJson + own, total), offset + AT.text);
    record.writeUInt32LE(nameBytes, offset + AT.nameBytes);
    record.writeUInt32LE(tagsBytes, offset + AT.tagsBytes);
    record.writeUInt32LE(parametersBytes, offset + AT.parametersBytes);
    record.writeUInt32LE(profileBytes, offset + AT.profileBytes);
    record.writeUInt32LE(shared ?? OWN_PROFILE, offset + AT.profile);
    record.writeUInt8(run.name === undefined ? 0 : 1, offset + AT.hasName);
  }

  #releaseTexts(slot: number): void {
    const { record, offset } = this.#at(slot);
    const lengths = [AT.nameBytes, AT.tagsBytes, AT.parametersBytes, AT.profileBytes];
    const total = lengths.reduce((sum, at) => sum + record.readUInt32LE(offset + at), 0);
    this.#texts.release(record.readUInt32LE(offset + AT.text), total);
    const profile = record.readUInt32LE(offset + AT.profile);
    if (profile !== OWN_PROFILE) this.#profiles.release(profile);
  }

  #newSlot(): number {
    if (this.#count === this.#chunks.length * RECORDS_PER_CHUNK) {
      this.#chunks.push(Buffer.alloc(RECORDS_PER_CHUNK * RECORD_BYTES));
    }
    this.#count += 1;
    return this.#count - 1;
  }

  #at(slot: number): { readonly record: Buffer; readonly offset: number } {
    const record = this.#chunks[Math.floor(slot / RECORDS_PER_CHUNK)];
    if (record === undefined) throw new RangeError(`There is no run in slot ${slot}.`);
    return { record, offset: (slot % RECORDS_PER_CHUNK) * RECORD_BYTES };
  }
}

/** What runs of one workflow, started in one way, have in common. */
function profileOf(run: Run): RunProfile {
  const { workflowId, workflowType, workflowUuid, workflowName, workflowVersionName, runGroupId, batchId } = run;
  const { priority, storageType, storageCapacity, retentionMode, fate, request } = run;
  return {
    workflowId,
    workflowType,
    workflowUuid,
    workflowName,
    workflowVersionName,
    runGroupId,
    batchId,
    priority,
    storageType,
    storageCapacity,
    retentionMode,
    fate,
    request,
  };
}

function timeAt(record: Buffer, at: number): number | undefined {
  const timeMs = record.readDoubleLE(at);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

export function uuidText(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
