/** A person sends a drop round again that came to nothing, or a sheet of which not every row was claimed. */
import type { DropRecord } from '../ledger/drops.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Drop } from '../routing/drop.ts';
import type { Act } from '../runs/request-record.ts';
import type { Objects } from './ports.ts';
import { recordedDrop } from './recorded-drop.ts';

export interface ReplayDropPorts {
  readonly ledger: Pick<Ledger, 'drops'>;
  readonly objects: Pick<Objects, 'head'>;
}

export type ReplayedDrop =
  /** Its own event is to be sent once more. */
  | { readonly kind: 'route-again'; readonly drop: Drop }
  /** What lies there now is to be taken. */
  | { readonly kind: 'take-again'; readonly dropId: string }
  | { readonly kind: 'nothing'; readonly why: string };

/**
 * Rejected: the same drop, decided anew. A sheet that stays unfinished: the same, and rows that have their requests keep
 * them. Superseded: the object as it is now. In the ledger before anything is sent, so that a repeat sends it again.
 */
export async function replayDrop(ports: ReplayDropPorts, drop: DropRecord, act: Act): Promise<ReplayedDrop> {
  switch (drop.state) {
    case 'REJECTED':
      if (await ports.ledger.drops.reopen(drop, act)) return { kind: 'route-again', drop: recordedDrop(drop) };
      return { kind: 'nothing', why: 'It has moved on meanwhile.' };
    case 'READING':
      if (await ports.ledger.drops.readOn(drop, act)) return { kind: 'route-again', drop: recordedDrop(drop) };
      return { kind: 'nothing', why: 'It has moved on meanwhile.' };
    case 'REPLAYED':
      await ports.ledger.drops.note(drop, act);
      return { kind: 'route-again', drop: recordedDrop(drop) };
    case 'SUPERSEDED':
      return asItIs(ports, drop, act);
    case 'TAKEN':
      return { kind: 'nothing', why: 'Its request is in the ledger: rundrop drops shows where it stands.' };
    case 'GATHERING':
      return { kind: 'nothing', why: 'It waits for the rest of its set: rundrop waiting shows for what.' };
    default:
      return drop.state satisfies never;
  }
}

async function asItIs(ports: ReplayDropPorts, drop: DropRecord, act: Act): Promise<ReplayedDrop> {
  const { bucket, key } = drop;
  const head = await ports.objects.head({ bucket, key });
  if (head === undefined)
    return { kind: 'nothing', why: 'The object is gone. Upload it again: that is a drop of its own.' };
  await ports.ledger.drops.note(drop, act);
  return { kind: 'take-again', dropId: drop.dropId };
}
