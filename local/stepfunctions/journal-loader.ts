/** Reads the journal back, and drops from it what no one can ask for any more. */
import { History } from './history.ts';
import type { HistoryArchive } from './history-archive.ts';
import { readLines, rewriteLines } from './journal.ts';
import type { Execution, JournalLine, Kept, Start } from './records.ts';

export interface LoadOptions {
  readonly archive: HistoryArchive;
  readonly nowMs: number;
  readonly mostClosed: number;
  /** What a running execution's history tells of new events. */
  readonly onRecord: (executionNumber: number) => ConstructorParameters<typeof History>[0];
}

/** As AWS keeps closed executions. */
const RETENTION_MS = 90 * 24 * 60 * 60 * 1000;

interface Loading extends Kept {
  readonly options: LoadOptions;
  readonly byNumber: Map<number, Execution>;
  /** The lines that are still needed, of each machine, revision and execution. */
  readonly lines: Map<string, string[]>;
  lineCount: number;
}

/** @throws Error when a whole line is not a journal line: the file was changed by something else. */
export function loadJournal(path: string, options: LoadOptions): Kept {
  const empty = { machines: new Map(), revisions: new Map(), executions: new Map() };
  const loading: Loading = { ...empty, options, byNumber: new Map(), lines: new Map(), lineCount: 0 };
  readLines(path, (text) => {
    loading.lineCount += 1;
    let line: JournalLine;
    try {
      line = JSON.parse(text) as JournalLine;
    } catch (error) {
      throw new Error(`Line ${loading.lineCount} of ${path} is not JSON; move the file away to start without it.`, {
        cause: error,
      });
    }
    apply(loading, line, text);
  });
  dropOld(loading);
  const lines = [...loading.lines.values()].flat();
  if (lines.length < loading.lineCount) rewriteLines(path, lines);
  const { machines, revisions, executions } = loading;
  return { machines, revisions, executions };
}

function apply(loading: Loading, line: JournalLine, text: string): void {
  switch (line.t) {
    case 'machine':
      loading.machines.set(line.machine.arn, line.machine);
      loading.lines.set(line.machine.arn, [text]);
      return;
    case 'machine-deleted':
      loading.machines.delete(line.arn);
      loading.lines.delete(line.arn);
      for (const execution of loading.executions.values())
        if (execution.machineArn === line.arn) forget(loading, execution);
      return;
    case 'revision':
      loading.revisions.set(line.revision.id, line.revision);
      loading.lines.set(line.revision.id, [text]);
      return;
    case 'start':
      loading.lines.set(line.start.arn, [text]);
      begin(loading, line.start);
      return;
    case 'event':
    case 'closed':
    case 'redriven': {
      const execution = loading.byNumber.get(line.n);
      if (execution !== undefined) change(loading, execution, line, text);
      return;
    }
    default:
      line satisfies never;
  }
}

function begin(loading: Loading, start: Start): void {
  const history = new History(loading.options.onRecord(start.number));
  const fresh = { closing: undefined, redriveCount: 0, redriveMs: undefined, archived: undefined };
  const execution: Execution = { ...start, ...fresh, history };
  loading.executions.set(start.arn, execution);
  loading.byNumber.set(start.number, execution);
}

function change(
  loading: Loading,
  execution: Execution,
  line: Extract<JournalLine, { n: number; t: 'event' | 'closed' | 'redriven' }>,
  text: string,
): void {
  const lines = loading.lines.get(execution.arn) ?? [];
  lines.push(text);
  if (line.t === 'event') execution.history?.restore(line.event, line.nested ?? false);
  else if (line.t === 'closed') {
    Object.assign(execution, { closing: line.closing, archived: line.archived, history: undefined });
    loading.lines.set(
      execution.arn,
      lines.filter((kept) => !kept.startsWith('{"t":"event"')),
    );
  } else {
    const past = execution.archived === undefined ? undefined : loading.options.archive.get(execution.archived);
    const history = new History(loading.options.onRecord(execution.number), past);
    Object.assign(execution, { closing: undefined, archived: undefined, history, redriveMs: line.redriveMs });
    execution.redriveCount += 1;
  }
}

function dropOld(loading: Loading): void {
  const closed = [...loading.executions.values()].filter((execution) => execution.closing !== undefined);
  const tooMany = closed.length - loading.options.mostClosed;
  const isOld = (execution: Execution) => loading.options.nowMs - (execution.closing?.stopMs ?? 0) > RETENTION_MS;
  for (const [index, execution] of closed.entries())
    if (index < tooMany || isOld(execution)) forget(loading, execution);
  const used = new Set([...loading.executions.values(), ...loading.machines.values()].map((user) => user.revisionId));
  for (const id of [...loading.revisions.keys()].filter((revision) => !used.has(revision))) {
    loading.revisions.delete(id);
    loading.lines.delete(id);
  }
}

function forget(loading: Loading, execution: Execution): void {
  loading.executions.delete(execution.arn);
  loading.byNumber.delete(execution.number);
  loading.lines.delete(execution.arn);
}
