/** HealthOmics as the operator's commands use it: the very calls that the functions make, over this target's client. */
import type { OmicsClient } from '@aws-sdk/client-omics';
import { cancelRun, findRunIdsByName, getRun } from '../lib/aws/runs.ts';
import type { Log, Runs } from '../lib/lifecycle/ports.ts';

export type OperatorRuns = Pick<Runs, 'getRun' | 'cancelRun' | 'findRunIdsByName'>;

export function runsOver(omics: OmicsClient): OperatorRuns {
  return {
    getRun: (runId) => getRun(omics, runId),
    cancelRun: (runId) => cancelRun(omics, runId),
    findRunIdsByName: (name) => findRunIdsByName(omics, name),
  };
}

/** What a command did, it says itself. */
export const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };
