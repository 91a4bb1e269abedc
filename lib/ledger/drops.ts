/** Drops in the ledger: every one that a route took, and why, if it was refused. */
import type { Act } from '../runs/request-record.ts';
import { isEverybodyTold, newlyTold, type Told, toldBy } from '../runs/told.ts';
import { createDropActs, type DropActs } from './drop-acts.ts';
import type { Item, Table } from './table.ts';

export type DropState =
  /** Its request is in the ledger. */
  | 'TAKEN'
  /** Waits for the rest of its set. */
  | 'GATHERING'
  /** A sheet whose rows are being claimed, part by part. */
  | 'READING'
  /** A person sent it round again: its next delivery decides anew. */
  | 'REPLAYED'
  /** Cannot start anything; `reason` says why. */
  | 'REJECTED'
  /** The object changed before it was read; the newer version has a drop of its own. */
  | 'SUPERSEDED';

/** What the rows of a sheet came to: grows until every part of them is done. */
export interface SheetProgress {
  /** Counts the writes; each write is conditional on the one before. */
  readonly revision: number;
  /** All rows, good and bad. */
  readonly rows: number;
  /** Into how many parts they are divided, and which of these (from 0) are done. */
  readonly parts: number;
  readonly done: readonly number[];
  /** Runs that this drop asked for first, and runs that an earlier one had asked for. */
  readonly started: number;
  readonly known: number;
  /** Rows that start nothing. */
  readonly refused: number;
  /** Rows that are the same as another one of the sheet. */
  readonly duplicates: number;
  /** Of both, by line; only so many are kept. */
  readonly problems: readonly LineReason[];
}

export interface LineReason {
  readonly line: number;
  readonly reason: string;
}

/** `reasonCode` of a SUPERSEDED drop whose set has another object in its place: there is nothing to send round again. */
export const REPLACED_IN_SET = 'REPLACED_IN_SET';

export interface DropRecord {
  readonly dropId: string;
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
  readonly sizeBytes: number;
  readonly versionId?: string;
  readonly sequencer?: string;
  /** When the object was written, ISO. */
  readonly time: string;
  /** When Rundrop first saw it, ISO. */
  readonly receivedAt: string;
  readonly route: string;
  readonly state: DropState;
  readonly reason?: string;
  /** Of the reason, what names nothing. */
  readonly reasonCode?: string;
  /** When programs, and when people, were told that it, or some of its rows, start nothing. ISO. */
  readonly announcedAt?: string;
  readonly notifiedAt?: string;
  /** How often a person sent it round again after it had come to nothing. */
  readonly reopened?: number;
  /** The request that it became part of. */
  readonly identity?: string;
  /** The gather that it is a member of. */
  readonly gatherId?: string;
  /** When its rows are what starts runs. */
  readonly sheet?: SheetProgress;
  /** What people did to it, oldest first. */
  readonly acts?: readonly Act[];
  /** When programs, and when people, were told that a sheet stays unfinished. ISO. */
  readonly stuckAnnouncedAt?: string;
  readonly stuckSince?: string;
}

/** A drop as it was before it was told of. */
type Opening = Pick<DropRecord, 'dropId' | 'reopened' | 'announcedAt' | 'notifiedAt'>;

/** Where a sheet stands from now on. */
export type SheetStep = Pick<DropRecord, 'state' | 'reason'> & { readonly sheet: Omit<SheetProgress, 'revision'> };

/** Writers of one drop that meet: each reads again and decides anew. More than these in a row is a fault. */
const MOST_CONFLICTS = 20;

/** A drop could not be written because others kept writing it, or it is not there. Retriable. */
export class DropConflictError extends Error {
  override readonly name = 'DropConflictError';
  readonly dropId: string;
  constructor(dropId: string) {
    super(`Drop ${dropId} was being written by others ${MOST_CONFLICTS} times in a row, or is gone. Try again.`);
    this.dropId = dropId;
  }
}

export interface Drops extends DropActs {
  read(dropId: string): Promise<DropRecord | undefined>;
  /** Writes the drop unless it is there already; returns what the ledger holds. */
  record(drop: DropRecord): Promise<DropRecord>;
  /** Moves a drop to another state, not to READING; one that belongs to a request stays with it. */
  change(
    dropId: string,
    to: Pick<DropRecord, 'state'> & Partial<Pick<DropRecord, 'reason' | 'reasonCode' | 'identity'>>,
  ): Promise<void>;
  /** It was told that a sheet stays unfinished, unless a person sent it round again meanwhile. */
  toldStuck(drop: Pick<DropRecord, 'dropId' | 'acts'>, at: string, told: Told): Promise<void>;
  /** What the index nominates of the sheets whose rows are being claimed and of which nobody was told that they stay so. */
  openSheets(limit: number): Promise<readonly DropRecord[]>;
  /**
   * Applies a pure step to the latest record of a sheet's drop and writes it if it changed anything. Returns the record
   * after the step.
   * @throws DropConflictError when others kept writing
   */
  changeSheet(dropId: string, step: (drop: DropRecord) => SheetStep | undefined): Promise<DropRecord>;
  /** Ids of drops whose rejection has not been told to everybody, as the index nominates them; in no order. */
  untold(limit: number): Promise<readonly string[]>;
  /** The rejection was told: that one, and not another after a person sent the drop round again meanwhile. */
  told(drop: Opening, at: string, told: Told): Promise<void>;
  /** Newest first. */
  list(limit: number): Promise<readonly DropRecord[]>;
}

export function createDrops(table: Table): Drops {
  const key = (dropId: string) => ({ pk: `DROP#${dropId}`, sk: 'DROP' });
  const read = async (dropId: string) => {
    const item = await table.get(key(dropId));
    return item === undefined ? undefined : recordOf(item);
  };
  return {
    read,
    async record(drop) {
      const listed = { listed: 'DROPS', listedAt: `${drop.receivedAt}#${drop.dropId}` };
      const item = { ...key(drop.dropId), ...drop, ...listed, ...openWork(drop) };
      if (await table.put(item, { expression: 'attribute_not_exists(pk)' })) return drop;
      return (await read(drop.dropId)) ?? drop;
    },
    async change(dropId, { state, reason, reasonCode, identity }) {
      const sets = ['#state = :state'];
      const removes: string[] = [];
      if (reason === undefined) removes.push('reason');
      else sets.push('reason = :reason');
      if (reasonCode === undefined) removes.push('reasonCode');
      else sets.push('reasonCode = :code');
      if (state === 'REJECTED') sets.push('#open = :open', 'openSince = :since');
      else removes.push('#open', 'openSince');
      if (identity !== undefined) sets.push('#identity = :identity');
      await table.update(key(dropId), {
        UpdateExpression: `SET ${sets.join(', ')}${removes.length === 0 ? '' : ` REMOVE ${removes.join(', ')}`}`,
        expression: 'attribute_exists(pk) AND attribute_not_exists(#identity)',
        names: { '#state': 'state', '#identity': 'identity', '#open': 'open' },
        values: {
          ':state': state,
          ...(reason === undefined ? {} : { ':reason': reason }),
          ...(reasonCode === undefined ? {} : { ':code': reasonCode }),
          ...(state === 'REJECTED' ? { ':open': UNTOLD, ':since': dropId } : {}),
          ...(identity === undefined ? {} : { ':identity': identity }),
        },
      });
    },
    async changeSheet(dropId, step) {
      for (let conflict = 0; conflict < MOST_CONFLICTS; conflict += 1) {
        const before = await read(dropId);
        if (before === undefined) break;
        const stepped = step(before);
        if (stepped === undefined) return before;
        const revision = before.sheet?.revision ?? 0;
        const { reason: _, ...rest } = before;
        const after = { ...rest, ...stepped, sheet: { ...stepped.sheet, revision: revision + 1 } };
        if (await table.update(key(dropId), sheetUpdate(after, revision))) return after;
      }
      throw new DropConflictError(dropId);
    },
    ...createDropActs(table),
    async toldStuck(drop, at, told) {
      await table.update(key(drop.dropId), toldStuckUpdate(drop, at, told));
    },
    async openSheets(limit) {
      return (await table.nominated('open', 'READING', { limit })).map(recordOf);
    },
    async untold(limit) {
      return (await table.nominated('open', UNTOLD, { limit })).map(({ dropId }) => String(dropId));
    },
    async told(drop, at, told) {
      const same = stillThat(drop);
      const news = newlyTold(told, toldBy(drop.announcedAt, drop.notifiedAt));
      const sets = news === undefined ? '' : setTold(news, 'announcedAt', 'notifiedAt');
      await table.update(key(drop.dropId), {
        UpdateExpression: `${sets}${leavesIfTold(told)}`.trim(),
        expression: `#open = :open AND ${same.expression}`,
        names: { '#open': 'open' },
        values: { ...(news === undefined ? {} : { ':at': at }), ':open': UNTOLD, ...same.values },
      });
    },
    async list(limit) {
      return (await table.nominated('listed', 'DROPS', { limit, newestFirst: true })).map(recordOf);
    },
  };
}

/**
 * Where a drop stands in the index of unfinished work: a sheet stays on the way for longer than one delivery, and what
 * was rejected stays until that is told, within a minute and so in no order.
 */
function openWork(drop: DropRecord): { readonly open: string; readonly openSince: string } | undefined {
  if (drop.state === 'READING') {
    const isTold = isEverybodyTold(toldBy(drop.stuckAnnouncedAt, drop.stuckSince));
    return isTold ? undefined : { open: 'READING', openSince: drop.receivedAt };
  }
  return isUntold(drop) ? { open: UNTOLD, openSince: drop.dropId } : undefined;
}

function sheetUpdate(drop: DropRecord, revision: number) {
  const { state, reason, sheet } = drop;
  const open = openWork(drop);
  const sets = ['#state = :state', 'sheet = :sheet', ...(reason === undefined ? [] : ['reason = :reason'])];
  if (open !== undefined) sets.push('#open = :open', 'openSince = :since');
  const removes = [...(reason === undefined ? ['reason'] : []), ...(open === undefined ? ['#open', 'openSince'] : [])];
  const unwritten = 'attribute_exists(pk) AND attribute_not_exists(#identity) AND attribute_not_exists(sheet)';
  return {
    UpdateExpression: `SET ${sets.join(', ')}${removes.length === 0 ? '' : ` REMOVE ${removes.join(', ')}`}`,
    expression: revision === 0 ? unwritten : 'sheet.revision = :revision',
    names: {
      '#state': 'state',
      '#open': 'open',
      ...(revision === 0 ? { '#identity': 'identity' } : {}),
    },
    values: {
      ':state': state,
      ...(open === undefined ? {} : { ':open': open.open, ':since': open.openSince }),
      ':sheet': sheet,
      ...(reason === undefined ? {} : { ':reason': reason }),
      ...(revision === 0 ? {} : { ':revision': revision }),
    },
  };
}

function toldStuckUpdate({ acts = [] }: Pick<DropRecord, 'acts'>, at: string, told: Told) {
  const lastAct = acts.at(-1);
  const sameActs = lastAct === undefined ? 'attribute_not_exists(acts)' : `acts[${acts.length - 1}].#at = :acted`;
  return {
    UpdateExpression: `${setTold(told, 'stuckAnnouncedAt', 'stuckSince')}${leavesIfTold(told)}`,
    expression: `#state = :reading AND ${sameActs}`,
    names: {
      '#state': 'state',
      ...(isEverybodyTold(told) ? { '#open': 'open' } : {}),
      ...(lastAct === undefined ? {} : { '#at': 'at' }),
    },
    values: {
      ':at': at,
      ':reading': 'READING',
      ...(lastAct === undefined ? {} : { ':acted': lastAct.at }),
    },
  };
}

/** In the index of unfinished work. */
const UNTOLD = 'REJECTED_DROP';

/** Rejected as a whole or in part, and not told to everybody yet. */
function isUntold({ state, sheet, announcedAt, notifiedAt }: DropRecord): boolean {
  const isRejected = state === 'REJECTED' || (state === 'TAKEN' && (sheet?.refused ?? 0) > 0);
  return isRejected && !isEverybodyTold(toldBy(announcedAt, notifiedAt));
}

/** Sets the one mark or the other, or both, to `:at`. */
function setTold({ programs, people }: Told, ofPrograms: string, ofPeople: string): string {
  const marks = [...(programs ? [ofPrograms] : []), ...(people ? [ofPeople] : [])];
  return `SET ${marks.map((mark) => `${mark} = :at`).join(', ')}`;
}

/** What everybody was told is no unfinished work. */
function leavesIfTold(told: Told): string {
  return isEverybodyTold(told) ? ' REMOVE #open, openSince' : '';
}

/** That nobody has sent it round again since. */
function stillThat({ reopened }: Opening): { readonly expression: string; readonly values?: Item } {
  if (reopened === undefined) return { expression: 'attribute_not_exists(reopened)' };
  return { expression: 'reopened = :reopened', values: { ':reopened': reopened } };
}

function recordOf(item: Item): DropRecord {
  const { pk: _pk, sk: _sk, listed: _listed, listedAt: _at, open: _open, openSince: _since, ...record } = item;
  return record as unknown as DropRecord;
}
