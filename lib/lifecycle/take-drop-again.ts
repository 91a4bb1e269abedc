/** What lies now where an earlier drop lay: a drop of its own, whose identity is derived anew. */
import type { Drop } from '../routing/drop.ts';
import { isLookedAt } from '../routing/match-drop.ts';
import { type Taken, takeDrop } from './take-drop.ts';
import type { TakeSheetPorts } from './take-sheet.ts';

/** Takes it, unless nothing lies there. Safe to repeat: a drop whose own event came as well starts nothing twice. */
export async function takeDropAgain(ports: TakeSheetPorts, dropId: string): Promise<Taken> {
  const known = await ports.ledger.drops.read(dropId);
  if (known === undefined) {
    ports.log.warn('an unknown drop is to be taken again', { dropId });
    return 'unmatched';
  }
  const { bucket, key } = known;
  if (!isLookedAt(await ports.routes.read(), known)) {
    ports.log.info('no route takes the drop any more', { dropId });
    return 'unmatched';
  }
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
