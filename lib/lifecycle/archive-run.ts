/** The full record of a run that is about to be deleted: what HealthOmics and the ledger know of it, in one JSON object. */
import type { RequestRecord } from '../runs/request-record.ts';

export interface ArchivedRun {
  /** GetRun's answer, whole. */
  readonly run: unknown;
  /** ListRunTasks' items, all of them. */
  readonly tasks: readonly unknown[];
  /** Of our own runs: the request with its members, attempts and outcome. */
  readonly request: RequestRecord | undefined;
  readonly archivedMs: number;
}

/** Under the id, because that is what people look for, with the uuid, because ids are given again. */
export function archiveAddress(prefix: string, runId: string, uuid: string): string {
  return `${prefix}${runId}-${uuid}.json`;
}

export function archiveText({ run, tasks, request, archivedMs }: ArchivedRun): string {
  const record = { version: 1, archivedAt: new Date(archivedMs).toISOString(), run, tasks };
  return JSON.stringify(request === undefined ? record : { ...record, request }, null, 2);
}
