/** What the starter remembers from one invocation to the next: one item, each write conditional on the one before. */
import { OPEN_GATE, type StartGate } from '../runs/start-gate.ts';
import type { Table } from './table.ts';

/** Two starters at once are rare, and the sweep of ended runs writes seldom. More in a row is a fault. */
const MOST_CONFLICTS = 20;
const KEY = { pk: 'STARTER', sk: 'GATE' } as const;

/** The starter's memory could not be written because others kept writing it. Retriable. */
export class GateConflictError extends Error {
  override readonly name = 'GateConflictError';
  constructor() {
    super(`The starter's memory was being written by others ${MOST_CONFLICTS} times in a row. Try again.`);
  }
}

export interface Gate {
  /** A consistent read. */
  read(): Promise<StartGate>;
  /**
   * Applies a pure step to the latest state and writes it if it changed anything. Returns the state after the step.
   * `known`: a state that was read before, which saves a read; the write is conditional on its revision all the same.
   */
  change(step: (gate: StartGate) => StartGate, known?: StartGate): Promise<StartGate>;
}

export function createGate(table: Table): Gate {
  const read = async (): Promise<StartGate> => {
    const item = await table.get(KEY);
    if (item === undefined) return OPEN_GATE;
    const { pk: _pk, sk: _sk, ...gate } = item;
    return gate as unknown as StartGate;
  };
  return {
    read,
    async change(step, known) {
      for (let conflict = 0; conflict < MOST_CONFLICTS; conflict += 1) {
        const before = conflict === 0 && known !== undefined ? known : await read();
        const stepped = step(before);
        if (stepped === before) return before;
        const after = { ...stepped, revision: before.revision + 1 };
        const condition =
          before.revision === 0
            ? { expression: 'attribute_not_exists(pk)' }
            : { expression: 'revision = :revision', values: { ':revision': before.revision } };
        if (await table.put({ ...KEY, ...after }, condition)) return after;
      }
      throw new GateConflictError();
    },
  };
}
