/** What keeping evidence needs of the world. */
import type { EvidenceMark } from '../runs/request-record.ts';

type Answer = Readonly<Record<string, unknown>>;

/** Runs, whole: whatever HealthOmics answers, in the API's own spelling. */
export interface RunArchive {
  /** GetRun with the definition; `undefined` when there is no such run (any more). */
  run(runId: string): Promise<Answer | undefined>;
  /** One ListRunTasks call; `token` names the next page. `undefined` when there is no such run (any more). */
  tasks(
    runId: string,
    token?: string,
  ): Promise<{ readonly items: readonly Answer[]; readonly token?: string } | undefined>;
  /** The workflow's files, from where GetRun says that they are; `undefined` when they are not to be had there. */
  definition(location: string): Promise<Uint8Array | undefined>;
  /** GetRunTask; `undefined` when there is no such task (any more). */
  task(runId: string, taskId: string): Promise<Answer | undefined>;
}

/** A place where what is written stays as it is. */
export interface EvidenceStore {
  /** Writes an object once: what is there already stays, and its mark is returned. */
  put(key: string, content: string | Uint8Array): Promise<EvidenceMark>;
  /** The text behind a mark; `undefined` when it is not there. */
  read(mark: EvidenceMark): Promise<string | undefined>;
}
