/**
 * An object became another one while a request of it was on its way: what lies there now is a drop of its own, also where
 * its event was lost.
 */
import type { ChangedMember } from './changed-members.ts';
import type { DropsAgain } from './ports.ts';

/** Sends for every object that was overwritten; for one that was deleted there is nothing to take. */
export async function dropAgain(dropsAgain: DropsAgain, changed: readonly ChangedMember[]): Promise<void> {
  const overwritten = changed.filter(({ now }) => now !== undefined);
  if (overwritten.length > 0) await dropsAgain.send(overwritten.map(({ member }) => member.dropId));
}
