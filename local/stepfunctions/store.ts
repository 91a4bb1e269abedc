/** The state machines and executions of the account, in memory and, with a data folder, in a journal. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { History } from './history.ts';
import { FileArchive, type HistoryArchive, MemoryArchive } from './history-archive.ts';
import { FileJournal, type Journal, noJournal } from './journal.ts';
import { loadJournal } from './journal-loader.ts';
import type { Closing, Execution, JournalLine, Kept, Machine, Revision, Start } from './records.ts';
import { TOKEN_KEY_BYTES } from './task-tokens.ts';

/** The oldest closed executions beyond this many are forgotten. */
const MOST_CLOSED = 50_000;

export class Store {
  readonly machines: ReadonlyMap<string, Machine>;
  readonly revisions: ReadonlyMap<string, Revision>;
  readonly executions: ReadonlyMap<string, Execution>;
  /** Signs task tokens; with a data folder the same after a restart. */
  readonly tokenKey: Buffer;
  readonly #kept: Kept;
  readonly #journal: Journal;
  readonly #archive: HistoryArchive;
  #nextNumber: number;
  #closedCount: number;

  constructor(options: { dataDir: string | undefined; nowMs: number }) {
    const { dataDir } = options;
    this.#archive = dataDir === undefined ? new MemoryArchive() : new FileArchive(join(dataDir, 'histories.jsonl'));
    this.#kept = { machines: new Map(), revisions: new Map(), executions: new Map() };
    this.#journal = noJournal;
    this.tokenKey = dataDir === undefined ? randomBytes(TOKEN_KEY_BYTES) : keptKey(join(dataDir, 'token-key'));
    if (dataDir !== undefined) {
      const path = join(dataDir, 'journal.jsonl');
      const onRecord = (n: number) => this.#recorder(n);
      this.#kept = loadJournal(path, {
        archive: this.#archive,
        nowMs: options.nowMs,
        mostClosed: MOST_CLOSED,
        onRecord,
      });
      this.#journal = new FileJournal(path);
    }
    const { machines, revisions, executions } = this.#kept;
    [this.machines, this.revisions, this.executions] = [machines, revisions, executions];
    const all = [...executions.values()];
    this.#nextNumber = (all.at(-1)?.number ?? 0) + 1;
    this.#closedCount = all.filter((execution) => execution.closing !== undefined).length;
  }

  putMachine(machine: Machine): void {
    this.#kept.machines.set(machine.arn, machine);
    this.#write({ t: 'machine', machine });
  }

  putRevision(revision: Revision): void {
    this.#kept.revisions.set(revision.id, revision);
    this.#write({ t: 'revision', revision });
  }

  /** Forgets the machine and its executions. */
  deleteMachine(arn: string): void {
    this.#kept.machines.delete(arn);
    for (const execution of this.executions.values()) if (execution.machineArn === arn) this.#forget(execution);
    this.#write({ t: 'machine-deleted', arn });
  }

  addExecution(start: Omit<Start, 'number'>): Execution {
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    const whole = { ...start, number };
    this.#write({ t: 'start', n: number, start: whole });
    const history = new History(this.#recorder(number));
    const fresh = { closing: undefined, redriveCount: 0, redriveMs: undefined, archived: undefined };
    const execution: Execution = { ...whole, ...fresh, history };
    this.#kept.executions.set(execution.arn, execution);
    return execution;
  }

  closeExecution(execution: Execution, closing: Closing): void {
    const { events = [], point } = execution.history ?? {};
    const archived = this.#archive.put({ events, point });
    execution.closing = closing;
    execution.archived = archived;
    execution.history = undefined;
    this.#write({ t: 'closed', n: execution.number, closing, archived });
    this.#closedCount += 1;
    if (this.#closedCount > MOST_CLOSED) this.#forgetOldest();
  }

  /** Opens a closed execution again. Returns its history, or nothing when that is no longer kept. */
  reopenExecution(execution: Execution, redriveMs: number): History | undefined {
    const past = execution.archived === undefined ? undefined : this.#archive.get(execution.archived);
    if (past === undefined) return undefined;
    this.#write({ t: 'redriven', n: execution.number, redriveMs });
    const history = new History(this.#recorder(execution.number), past);
    Object.assign(execution, { history, closing: undefined, archived: undefined, redriveMs });
    execution.redriveCount += 1;
    this.#closedCount -= 1;
    return history;
  }

  /** Absent when the history is no longer kept. */
  eventsOf(execution: Execution): History['events'] | undefined {
    if (execution.history !== undefined) return execution.history.events;
    return execution.archived === undefined ? undefined : this.#archive.get(execution.archived)?.events;
  }

  flush(): void {
    this.#journal.flush();
  }

  close(): void {
    this.#journal.close();
    this.#archive.close();
  }

  #recorder(n: number): ConstructorParameters<typeof History>[0] {
    return (event, nested) => this.#write({ t: 'event', n, event, ...(nested ? { nested } : {}) });
  }

  #forgetOldest(): void {
    for (const execution of this.executions.values()) {
      if (execution.closing === undefined) continue;
      this.#forget(execution);
      return;
    }
  }

  #forget(execution: Execution): void {
    this.#kept.executions.delete(execution.arn);
    if (execution.closing !== undefined) this.#closedCount -= 1;
  }

  #write(line: JournalLine): void {
    this.#journal.append(line);
  }
}

function keptKey(path: string): Buffer {
  if (!existsSync(path)) writeFileSync(path, randomBytes(TOKEN_KEY_BYTES), { mode: 0o600 });
  const key = readFileSync(path);
  if (key.length === TOKEN_KEY_BYTES) return key;
  const fresh = randomBytes(TOKEN_KEY_BYTES); // torn by a kill at the very first start, before any token was signed
  writeFileSync(path, fresh, { mode: 0o600 });
  return fresh;
}
