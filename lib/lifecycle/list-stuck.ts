/** Everything in the ledger that came to nothing and may be sent round again, or that a person has to decide. */
import { type DropRecord, REPLACED_IN_SET } from '../ledger/drops.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { currentAttempt, type RequestRecord } from '../runs/request-record.ts';
import { isStuckSheet, readingSince } from './announce-stuck-sheets.ts';

export const STUCK_KINDS = [
  'uncertain',
  'refused',
  'superseded',
  'rejected drop',
  'superseded drop',
  'unfinished sheet',
] as const;
export type StuckKind = (typeof STUCK_KINDS)[number];

export type Stuck = {
  readonly kind: StuckKind;
  /** A request's identity, or a drop's id. */
  readonly id: string;
  readonly route: string;
  /** ISO. */
  readonly since: string;
  readonly why: string;
} & ({ readonly request: RequestRecord } | { readonly drop: DropRecord });

export interface StuckList {
  readonly items: readonly Stuck[];
  /** There was more to look at than was looked at. */
  readonly isCut: boolean;
}

/** A replayed drop whose delivery has not come for so long is lost once more. */
const LOST_AFTER_MS = 15 * 60_000;

/** Of what was dropped or asked for since then; at most so many records of each are looked at. Oldest first. */
export async function listStuck(
  ledger: Pick<Ledger, 'drops' | 'requests'>,
  { sinceMs, nowMs, limit }: { readonly sinceMs: number; readonly nowMs: number; readonly limit: number },
): Promise<StuckList> {
  const [requests, drops, uncertain] = await Promise.all([
    ledger.requests.list(limit),
    ledger.drops.list(limit),
    ledger.requests.open('UNCERTAIN', limit),
  ]);
  const undecided = await Promise.all(uncertain.map((identity) => ledger.requests.read(identity)));
  const items = [
    // However old: somebody has to decide.
    ...undecided.flatMap((record) => (record?.state === 'UNCERTAIN' ? stuckRequest(record) : [])),
    ...requests.filter(({ createdAt }) => Date.parse(createdAt) >= sinceMs).flatMap(endedWithoutRun),
    ...drops.filter(({ receivedAt }) => Date.parse(receivedAt) >= sinceMs).flatMap((drop) => stuckDrop(drop, nowMs)),
  ];
  items.sort((a, b) => a.since.localeCompare(b.since));
  return { items, isCut: requests.length === limit || drops.length === limit };
}

function endedWithoutRun(record: RequestRecord): Stuck[] {
  const { outcome, acts = [] } = record;
  if (currentAttempt(record).uuid !== undefined) return [];
  if (outcome !== 'REFUSED' && outcome !== 'SUPERSEDED') return [];
  // What it was superseded by has been sent round, or it was run again with changes: a request of its own.
  const isSeenTo = acts.some(
    ({ what, at }) => (what === 'replay' || what === 'rerun') && at >= (record.outcomeAt ?? ''),
  );
  return isSeenTo ? [] : stuckRequest(record);
}

function stuckRequest(record: RequestRecord): Stuck[] {
  const { identity: id, route, since, reason = '', outcome } = record;
  const kind = outcome === 'REFUSED' ? 'refused' : outcome === 'SUPERSEDED' ? 'superseded' : 'uncertain';
  return [{ kind, id, route, since, why: reason, request: record }];
}

function stuckDrop(drop: DropRecord, nowMs: number): Stuck[] {
  const { dropId: id, route, receivedAt, reason, acts = [] } = drop;
  const stuck = (kind: StuckKind, why: string, since = receivedAt): Stuck[] => [{ kind, id, route, since, why, drop }];
  switch (drop.state) {
    case 'REJECTED':
      return stuck('rejected drop', reason ?? '');
    case 'SUPERSEDED':
      if (drop.reasonCode === REPLACED_IN_SET) return [];
      return acts.some(({ what }) => what === 'replay') ? [] : stuck('superseded drop', reason ?? '');
    case 'READING':
      return isStuckSheet(drop, nowMs) ? stuck('unfinished sheet', sayProgress(drop), readingSince(drop)) : [];
    case 'REPLAYED': {
      const at = acts.at(-1)?.at ?? receivedAt;
      const isLost = nowMs - Date.parse(at) >= LOST_AFTER_MS;
      return isLost ? stuck('rejected drop', 'It was sent round again, and its delivery has not come.', at) : [];
    }
    case 'TAKEN':
    case 'GATHERING':
      return [];
    default:
      return drop.state satisfies never;
  }
}

function sayProgress({ sheet, reason }: DropRecord): string {
  if (sheet === undefined) return 'None of its rows is claimed: its delivery failed, or is in the dead-letter queue.';
  const left = Array.from({ length: sheet.parts }, (_, part) => part + 1).filter(
    (part) => !sheet.done.includes(part - 1),
  );
  const shown = left.slice(0, 5).join(', ');
  return `${reason ?? ''} Parts left: ${shown}${left.length > 5 ? ` and ${left.length - 5} more` : ''}.`.trim();
}
