/** All stored runs, with an index for each way in which they are looked up. Changes are on disk before they are seen. */
import type { Journal, JournalEntry, Journaled } from '../journal.ts';
import type { RememberedRequest, RequestMemory } from '../request-memory.ts';
import { SequenceIndex } from '../sequence-index.ts';
import { isTerminal, type Run, type RunState, type RunStatus } from './run.ts';

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

/** Most names belong to one run only, so a single number stands for an index of one. */
type Indexes = Map<string, SequenceIndex | number>;

const MOST_SHARED_TEXTS = 1000;

export class RunStore implements Journaled {
  readonly kinds = ['run', 'runChange', 'runGone', 'runSeq'];
  readonly #journal: Journal;
  readonly #memory: RequestMemory;
  readonly #runs = new Map<number, Run>();
  readonly #byId = new Map<string, number>();
  readonly #all = new SequenceIndex();
  readonly #byStatus: Indexes = new Map();
  readonly #byGroup: Indexes = new Map();
  readonly #byBatch: Indexes = new Map();
  readonly #byName: Indexes = new Map();
  /** REMOVE runs at their end: by creation, and by when they reached it. */
  readonly #removable = new SequenceIndex();
  readonly #removableByEnd = new Set<number>();
  readonly #texts = new Map<string, string>();
  #lastSeq = 0;

  constructor(journal: Journal, memory: RequestMemory) {
    this.#journal = journal;
    this.#memory = memory;
  }

  get count(): number {
    return this.#runs.size;
  }

  /** One text for all runs that say the same. */
  shared(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size < MOST_SHARED_TEXTS) this.#texts.set(text, text);
    return text;
  }

  nextSeq(): number {
    return this.#lastSeq + 1;
  }

  hasId(id: string): boolean {
    return this.#byId.has(id);
  }

  byId(id: string): Run | undefined {
    const seq = this.#byId.get(id);
    return seq === undefined ? undefined : this.#runs.get(seq);
  }

  bySeq(seq: number): Run | undefined {
    return this.#runs.get(seq);
  }

  countInStatus(status: RunStatus): number {
    return sizeOf(this.#byStatus.get(status));
  }

  /** The run and the request that made it go to disk as one line: neither is ever there without the other. */
  add(run: Run, request?: RememberedRequest): void {
    this.#journal.append({ k: 'run', run, request } as RunEntry);
    this.#insert(run);
    if (request !== undefined) this.#memory.hold(request);
  }

  /** Changes the stored run itself and returns it: a copy at each change would double the memory of many runs. */
  change(run: Run, change: Partial<RunState>): Run {
    this.#journal.append({ k: 'runChange', seq: run.seq, change } as ChangeEntry);
    return this.#applyChange(run, change);
  }

  changeTags(run: Run, tagsJson: string | undefined): void {
    this.#journal.append({ k: 'runChange', seq: run.seq, change: { tagsJson: tagsJson ?? null } } as ChangeEntry);
    this.#runs.set(run.seq, withTags(run, tagsJson));
  }

  remove(run: Run): void {
    this.#journal.append({ k: 'runGone', seq: run.seq } as JournalEntry);
    this.#delete(run);
  }

  /** Runs that fit the filter, from `after` on in the order asked for; walks the shortest index. */
  *list(filter: RunFilter, order: 'NEWEST_FIRST' | 'OLDEST_FIRST', after?: number): Generator<Run> {
    const index = this.#shortestIndex(filter);
    for (const seq of order === 'NEWEST_FIRST' ? index.descending(after) : index.ascending(after)) {
      const run = this.#runs.get(seq);
      if (run !== undefined && fits(run, filter)) yield run;
    }
  }

  /** How many REMOVE runs could go. */
  countRemovable(activeToo: boolean): number {
    const active = activeToo ? this.unfinished().filter((run) => run.retentionMode === 'REMOVE').length : 0;
    return this.#removable.size + active;
  }

  /** The REMOVE run that goes first, if any can. */
  oldestRemovable(by: 'CREATION' | 'COMPLETION'): Run | undefined {
    const seq = by === 'CREATION' ? this.#removable.first : this.#removableByEnd.keys().next().value;
    return seq === undefined ? undefined : this.#runs.get(seq);
  }

  /** The oldest REMOVE run that is not at its end yet. */
  oldestActiveRemove(): Run | undefined {
    for (const run of this.unfinished()) if (run.retentionMode === 'REMOVE') return run;
    return undefined;
  }

  /** All runs that are not at their end, oldest first. */
  unfinished(): Run[] {
    const statuses: RunStatus[] = ['PENDING', 'STARTING', 'RUNNING', 'STOPPING'];
    const runs = statuses.flatMap((status) => [...this.list({ status }, 'OLDEST_FIRST')]);
    return runs.sort((a, b) => a.seq - b.seq);
  }

  apply(entry: JournalEntry): void {
    if (entry.k === 'run') {
      const { run, request } = entry as RunEntry;
      this.#insert({ ...run, requestJson: this.shared(run.requestJson) });
      if (request !== undefined) this.#memory.hold(request);
      return;
    }
    const { seq, change } = entry as ChangeEntry;
    this.#lastSeq = Math.max(this.#lastSeq, seq);
    const run = this.#runs.get(seq);
    if (run === undefined) return;
    if (entry.k === 'runGone') this.#delete(run);
    else if (entry.k === 'runSeq') return;
    else if (change.tagsJson !== undefined) this.#runs.set(seq, withTags(run, change.tagsJson ?? undefined));
    else this.#applyChange(run, change as Partial<RunState>);
  }

  *snapshot(): Iterable<JournalEntry> {
    this.#orderRemovableByEnd();
    for (const seq of this.#all.ascending()) yield { k: 'run', run: this.#runs.get(seq) } as JournalEntry;
    // Numbers are never given twice, even when the last runs are gone.
    yield { k: 'runSeq', seq: this.#lastSeq } as JournalEntry;
  }

  #shortestIndex(filter: RunFilter): SequenceIndex {
    const candidates = [
      filter.name === undefined ? this.#all : (this.#byName.get(filter.name) ?? NO_RUNS),
      filter.runGroupId === undefined ? this.#all : (this.#byGroup.get(filter.runGroupId) ?? NO_RUNS),
      filter.batchId === undefined ? this.#all : (this.#byBatch.get(filter.batchId) ?? NO_RUNS),
      filter.status === undefined ? this.#all : (this.#byStatus.get(filter.status) ?? NO_RUNS),
    ];
    return asIndex(candidates.reduce((shortest, each) => (sizeOf(each) < sizeOf(shortest) ? each : shortest)));
  }

  /** Runs are replayed in order of creation; runs that end from now on are added behind in order. */
  #orderRemovableByEnd(): void {
    const ends = [...this.#removableByEnd].map((seq) => ({ seq, stopMs: this.#runs.get(seq)?.stopMs ?? 0 }));
    ends.sort((a, b) => a.stopMs - b.stopMs || a.seq - b.seq);
    this.#removableByEnd.clear();
    for (const { seq } of ends) this.#removableByEnd.add(seq);
  }

  #insert(run: Run): void {
    this.#lastSeq = Math.max(this.#lastSeq, run.seq);
    this.#runs.set(run.seq, run);
    this.#byId.set(run.id, run.seq);
    this.#all.add(run.seq);
    indexAdd(this.#byStatus, run.status, run.seq);
    indexAdd(this.#byGroup, run.runGroupId, run.seq);
    indexAdd(this.#byBatch, run.batchId, run.seq);
    indexAdd(this.#byName, run.name, run.seq);
    this.#noteRemovable(run);
  }

  #applyChange(run: Run, change: Partial<RunState>): Run {
    const before = run.status;
    Object.assign(run, change);
    if (before !== run.status) {
      indexDelete(this.#byStatus, before, run.seq);
      indexAdd(this.#byStatus, run.status, run.seq);
      this.#noteRemovable(run);
    }
    return run;
  }

  #noteRemovable(run: Run): void {
    if (run.retentionMode !== 'REMOVE' || !isTerminal(run.status)) return;
    this.#removable.add(run.seq);
    this.#removableByEnd.add(run.seq);
  }

  #delete(run: Run): void {
    this.#runs.delete(run.seq);
    if (this.#byId.get(run.id) === run.seq) this.#byId.delete(run.id);
    this.#all.delete(run.seq);
    indexDelete(this.#byStatus, run.status, run.seq);
    indexDelete(this.#byGroup, run.runGroupId, run.seq);
    indexDelete(this.#byBatch, run.batchId, run.seq);
    indexDelete(this.#byName, run.name, run.seq);
    this.#removable.delete(run.seq);
    this.#removableByEnd.delete(run.seq);
  }
}

function fits(run: Run, filter: RunFilter): boolean {
  return (
    (filter.status === undefined || run.status === filter.status) &&
    (filter.name === undefined || run.name === filter.name) &&
    (filter.runGroupId === undefined || run.runGroupId === filter.runGroupId) &&
    (filter.batchId === undefined || run.batchId === filter.batchId)
  );
}

function withTags(run: Run, tagsJson: string | undefined): Run {
  const { tagsJson: _, ...rest } = run;
  return tagsJson === undefined ? rest : { ...rest, tagsJson };
}

const NO_RUNS = new SequenceIndex();

function sizeOf(index: SequenceIndex | number | undefined): number {
  return typeof index === 'number' ? 1 : (index?.size ?? 0);
}

function asIndex(index: SequenceIndex | number): SequenceIndex {
  if (typeof index !== 'number') return index;
  const single = new SequenceIndex();
  single.add(index);
  return single;
}

function indexAdd(indexes: Indexes, key: string | undefined, seq: number): void {
  if (key === undefined) return;
  const index = indexes.get(key);
  if (index === undefined) {
    indexes.set(key, seq);
    return;
  }
  const grown = asIndex(index);
  grown.add(seq);
  indexes.set(key, grown);
}

function indexDelete(indexes: Indexes, key: string | undefined, seq: number): void {
  const index = key === undefined ? undefined : indexes.get(key);
  if (key === undefined || index === undefined) return;
  if (typeof index !== 'number') index.delete(seq);
  if (index === seq || (typeof index !== 'number' && index.size === 0)) indexes.delete(key);
}
