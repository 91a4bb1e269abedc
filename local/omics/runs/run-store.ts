/** All stored runs, with an index for each way in which they are looked up. Changes are on disk before they are seen. */
import type { Journal, JournalEntry, Journaled } from '../journal.ts';
import type { RememberedRequest, RequestMemory } from '../request-memory.ts';
import { SequenceIndex } from '../sequence-index.ts';
import { isTerminal, type Run, type RunState, type RunStatus } from './run.ts';
import { RunIndexes } from './run-indexes.ts';
import { RunRecords } from './run-records.ts';

export interface RunFilter {
  readonly name?: string | undefined;
  readonly runGroupId?: string | undefined;
  readonly batchId?: string | undefined;
  readonly status?: RunStatus | undefined;
}

interface RunEntry extends JournalEntry {
  readonly run: Run;
  readonly request?: RememberedRequest;
}

interface ChangeEntry extends JournalEntry {
  readonly seq: number;
  readonly change: Partial<RunState> & { readonly tagsJson?: string | null };
}

export class RunStore implements Journaled {
  readonly kinds = ['run', 'runChange', 'runGone', 'runSeq'];
  readonly #journal: Journal;
  readonly #memory: RequestMemory;
  readonly #records = new RunRecords();
  /** Where each run is among the records, by its sequence number. */
  readonly #slots = new Map<number, number>();
  readonly #byId = new Map<number, number>();
  readonly #all = new SequenceIndex();
  readonly #byStatus = new RunIndexes<RunStatus>();
  readonly #byGroup = new RunIndexes<string>();
  readonly #byBatch = new RunIndexes<string>();
  /** By a hash: two names may share one, so the name itself is looked at, too. */
  readonly #byName = new RunIndexes<number>();
  /** REMOVE runs at their end: by creation, and by when they reached it. */
  readonly #removable = new SequenceIndex();
  readonly #removableByEnd = new Set<number>();
  #lastSeq = 0;

  constructor(journal: Journal, memory: RequestMemory) {
    this.#journal = journal;
    this.#memory = memory;
  }

  get count(): number {
    return this.#slots.size;
  }

  nextSeq(): number {
    return this.#lastSeq + 1;
  }

  hasId(id: string): boolean {
    return this.#byId.has(Number(id));
  }

  byId(id: string): Run | undefined {
    const seq = this.#byId.get(Number(id));
    const run = seq === undefined ? undefined : this.bySeq(seq);
    // `0123` is no id, though the number 123 may be one.
    return run?.id === id ? run : undefined;
  }

  bySeq(seq: number): Run | undefined {
    const slot = this.#slots.get(seq);
    return slot === undefined ? undefined : this.#records.read(slot);
  }

  statusOf(seq: number): RunStatus | undefined {
    const slot = this.#slots.get(seq);
    return slot === undefined ? undefined : this.#records.statusOf(slot);
  }

  /** How many runs of a batch are in each status. */
  countByStatus(batchId: string): Map<RunStatus, number> {
    const counts = new Map<RunStatus, number>();
    for (const seq of this.#byBatch.get(batchId).ascending()) {
      const status = this.statusOf(seq);
      if (status !== undefined) counts.set(status, (counts.get(status) ?? 0) + 1);
    }
    return counts;
  }

  /** The run and the request that made it go to disk as one line: neither is ever there without the other. */
  add(run: Run, request?: RememberedRequest): void {
    this.#journal.append({ k: 'run', run, request } as RunEntry);
    this.#insert(run);
    if (request !== undefined) this.#memory.hold(request);
  }

  /** Changes the stored run, and `run` with it; returns `run`. */
  change(run: Run, change: Partial<RunState>): Run {
    this.#journal.append({ k: 'runChange', seq: run.seq, change } as ChangeEntry);
    return this.#applyChange(run, change);
  }

  changeTags(run: Run, tagsJson: string | undefined): void {
    this.#journal.append({ k: 'runChange', seq: run.seq, change: { tagsJson: tagsJson ?? null } } as ChangeEntry);
    this.#applyTags(run.seq, tagsJson);
  }

  remove(run: Run): void {
    this.#journal.append({ k: 'runGone', seq: run.seq } as JournalEntry);
    this.#delete(run);
  }

  /** Runs that fit the filter, from `after` on in the order asked for; walks the shortest index. */
  *list(filter: RunFilter, order: 'NEWEST_FIRST' | 'OLDEST_FIRST', after?: number): Generator<Run> {
    const [shortest, ...others] = this.#indexesOf(filter).sort((a, b) => a.size - b.size);
    const index = shortest ?? this.#all;
    for (const seq of order === 'NEWEST_FIRST' ? index.descending(after) : index.ascending(after)) {
      if (!others.every((other) => other.has(seq))) continue;
      const run = this.bySeq(seq);
      if (run !== undefined && (filter.name === undefined || run.name === filter.name)) yield run;
    }
  }

  /** How many REMOVE runs could go. */
  countRemovable(activeToo: boolean): number {
    let active = 0;
    if (activeToo) for (const run of this.unfinished()) if (run.retentionMode === 'REMOVE') active += 1;
    return this.#removable.size + active;
  }

  /** The REMOVE run that goes first, if any can. */
  oldestRemovable(by: 'CREATION' | 'COMPLETION'): Run | undefined {
    const seq = by === 'CREATION' ? this.#removable.first : this.#removableByEnd.keys().next().value;
    return seq === undefined ? undefined : this.bySeq(seq);
  }

  /** The oldest REMOVE run that is not at its end yet. */
  oldestActiveRemove(): Run | undefined {
    for (const run of this.unfinished()) if (run.retentionMode === 'REMOVE') return run;
    return undefined;
  }

  /** All runs that were not at their end when asked, oldest first, each as it is when its turn comes. */
  *unfinished(): Generator<Run> {
    const statuses: RunStatus[] = ['PENDING', 'STARTING', 'RUNNING', 'STOPPING'];
    const seqs = statuses.flatMap((status) => [...this.#byStatus.get(status).ascending()]).sort((a, b) => a - b);
    for (const seq of seqs) {
      const run = this.bySeq(seq);
      if (run !== undefined) yield run;
    }
  }

  apply(entry: JournalEntry): void {
    if (entry.k === 'run') {
      const { run, request } = entry as RunEntry;
      this.#insert(run);
      if (request !== undefined) this.#memory.hold(request);
      return;
    }
    const { seq, change } = entry as ChangeEntry;
    this.#lastSeq = Math.max(this.#lastSeq, seq);
    const run = this.bySeq(seq);
    if (run === undefined) return;
    if (entry.k === 'runGone') this.#delete(run);
    else if (entry.k === 'runSeq') return;
    else if (change.tagsJson !== undefined) this.#applyTags(seq, change.tagsJson ?? undefined);
    else this.#applyChange(run, change as Partial<RunState>);
  }

  *snapshot(): Iterable<JournalEntry> {
    this.#orderRemovableByEnd();
    for (const seq of this.#all.ascending()) yield { k: 'run', run: this.bySeq(seq) } as JournalEntry;
    // Numbers are never given twice, even when the last runs are gone.
    yield { k: 'runSeq', seq: this.#lastSeq } as JournalEntry;
  }

  #indexesOf({ name, runGroupId, batchId, status }: RunFilter): SequenceIndex[] {
    return [
      ...(name === undefined ? [] : [this.#byName.get(hashOf(name))]),
      ...(runGroupId === undefined ? [] : [this.#byGroup.get(runGroupId)]),
      ...(batchId === undefined ? [] : [this.#byBatch.get(batchId)]),
      ...(status === undefined ? [] : [this.#byStatus.get(status)]),
    ];
  }

  /** Runs are replayed in order of creation; runs that end from now on are added behind in order. */
  #orderRemovableByEnd(): void {
    const ends = [...this.#removableByEnd].map((seq) => ({ seq, stopMs: this.bySeq(seq)?.stopMs ?? 0 }));
    ends.sort((a, b) => a.stopMs - b.stopMs || a.seq - b.seq);
    this.#removableByEnd.clear();
    for (const { seq } of ends) this.#removableByEnd.add(seq);
  }

  #insert(run: Run): void {
    this.#lastSeq = Math.max(this.#lastSeq, run.seq);
    this.#slots.set(run.seq, this.#records.add(run));
    this.#byId.set(Number(run.id), run.seq);
    this.#all.add(run.seq);
    this.#byStatus.add(run.status, run.seq);
    this.#byGroup.add(run.runGroupId, run.seq);
    this.#byBatch.add(run.batchId, run.seq);
    this.#byName.add(run.name === undefined ? undefined : hashOf(run.name), run.seq);
    this.#noteRemovable(run);
  }

  #applyChange(run: Run, change: Partial<RunState>): Run {
    const before = run.status;
    Object.assign(run, change);
    const slot = this.#slots.get(run.seq);
    if (slot !== undefined) this.#records.writeState(slot, run);
    if (before !== run.status) {
      this.#byStatus.delete(before, run.seq);
      this.#byStatus.add(run.status, run.seq);
      this.#noteRemovable(run);
    }
    return run;
  }

  #applyTags(seq: number, tagsJson: string | undefined): void {
    const slot = this.#slots.get(seq);
    if (slot !== undefined) this.#records.writeTags(slot, tagsJson);
  }

  #noteRemovable(run: Run): void {
    if (run.retentionMode !== 'REMOVE' || !isTerminal(run.status)) return;
    this.#removable.add(run.seq);
    this.#removableByEnd.add(run.seq);
  }

  #delete(run: Run): void {
    const slot = this.#slots.get(run.seq);
    if (slot !== undefined) this.#records.remove(slot);
    this.#slots.delete(run.seq);
    if (this.#byId.get(Number(run.id)) === run.seq) this.#byId.delete(Number(run.id));
    this.#all.delete(run.seq);
    this.#byStatus.delete(run.status, run.seq);
    this.#byGroup.delete(run.runGroupId, run.seq);
    this.#byBatch.delete(run.batchId, run.seq);
    this.#byName.delete(run.name === undefined ? undefined : hashOf(run.name), run.seq);
    this.#removable.delete(run.seq);
    this.#removableByEnd.delete(run.seq);
  }
}

/** FNV-1a. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i += 1) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash;
}
