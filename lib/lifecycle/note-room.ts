/** The end of a run of ours may have made room in a full quota: then the next probe need not wait for its minute. */
import type { Ledger } from '../ledger/ledger.ts';
import { currentAttempt, type RequestRecord } from '../runs/request-record.ts';
import { lifted, RETENTION_MODES, type RetentionMode } from '../runs/start-gate.ts';
import type { Clock, Starter } from './ports.ts';

export interface NoteRoomPorts {
  readonly ledger: Pick<Ledger, 'gate'>;
  readonly starter: Starter;
  readonly clock: Clock;
}

/** Safe to repeat, and nothing but a read while no quota is full. */
export async function noteRoom(ports: NoteRoomPorts, record: RequestRecord): Promise<void> {
  const modes = modesWithRoom(record);
  if (modes.length === 0) return;
  const at = new Date(ports.clock.nowMs()).toISOString();
  const gate = await ports.ledger.gate.read();
  if (lifted(gate, modes, at) === gate) return;
  await ports.ledger.gate.change((latest) => lifted(latest, modes, at));
  await ports.starter.nudge(`room-${record.identity}`);
}

/** A REMOVE run that has ended gives its place to another; a run that is gone gave it up. A RETAIN run stays. */
function modesWithRoom(record: RequestRecord): readonly RetentionMode[] {
  const { uuid, retentionMode } = currentAttempt(record);
  if (record.state !== 'ENDED' || uuid === undefined) return [];
  if (record.outcome === 'REMOVED') return RETENTION_MODES;
  return retentionMode === 'REMOVE' ? ['REMOVE'] : [];
}
