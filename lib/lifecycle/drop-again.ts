/**
 * An object became another one while a request of it was on its way: what lies there now is a drop of its own, also where
 * its event was lost. Its identity is derived anew, so that a drop whose event did come starts nothing twice.
 */
import type { Drop } from '../routing/drop.ts';
import type { MemberRecord } from '../runs/request-record.ts';
import type { ChangedMember } from './changed-members.ts';
import type { DropsAgain } from './ports.ts';
import { type Taken, takeDrop } from './take-drop.ts';
import type { TakeSheetPorts } from './take-sheet.ts';

/** Sends for every object that was overwritten; for one that was deleted there is nothing to take. */
export async function dropAgain(dropsAgain: DropsAgain, changed: readonly ChangedMember[]): Promise<void> {
  const overwritten = changed
    .filter(({ now }) => now !== undefined)
    .map(({ member }: { member: MemberRecord }) => member);
  if (overwritten.length > 0) await dropsAgain.send(overwritten.map(({ dropId }) => dropId));
}

/** Takes what lies now where an earlier drop lay. Safe to repeat. */
export async function takeDropAgain(ports: TakeSheetPorts, dropId: string): Promise<Taken> {
  const known = await ports.ledger.drops.read(dropId);
  if (known === undefined) {
    ports.log.warn('an unknown drop is to be taken again', { dropId });
    return 'unmatched';
  }
  const { bucket, key } = known;
  const head = await ports.objects.head({ bucket, key });
  if (head === undefined) return 'unmatched';
  const { etag, sizeBytes, checksum, versionId, lastModifiedMs = ports.clock.nowMs() } = head;
  if (versionId === undefined && (await isByUpload(ports, bucket, key))) {
    // Only S3's own event tells its uploads apart; without versions this one would look like another.
    ports.log.info('left to the event of its upload', { dropId });
    return 'unmatched';
  }
  const drop: Drop = {
    ...{ bucket, key, etag, sizeBytes, timeMs: lastModifiedMs },
    ...(checksum === undefined ? {} : { checksum }),
    ...(versionId === undefined ? {} : { versionId }),
  };
  return takeDrop(ports, drop);
}

async function isByUpload(ports: TakeSheetPorts, bucket: string, key: string): Promise<boolean> {
  const { routes } = await ports.routes.read();
  return routes.some(
    (route) => route.bucket === bucket && route.identity === 'version' && route.pattern.match(key) !== undefined,
  );
}
