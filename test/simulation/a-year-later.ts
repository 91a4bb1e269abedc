/**
 * What fired expires after a year, and DynamoDB deletes it one by one, in any order, within days. Meanwhile drops are
 * delivered once more, as a backfill does, or members of sets change; not both, since what changed may start with what was
 * delivered again, the set being forgotten.
 */
import type { RandomSource } from './random-source.ts';
import type { World } from './world.ts';

const DAY_MS = 24 * 3_600_000;
const YEAR_MS = 365 * DAY_MS;
const DELETED_WITHIN_MS = 4 * DAY_MS;
const BUSY_MS = 6 * DAY_MS;

export async function liveAYear({ timeline, store, drops, objects }: World, random: RandomSource): Promise<void> {
  await timeline.runUntil(timeline.nowMs + YEAR_MS);
  for (const { pk, sk, expiresAt } of store.items.values()) {
    if (expiresAt === undefined) continue;
    timeline.after(random.int(0, DELETED_WITHIN_MS), () => store.expire({ pk: String(pk), sk: String(sk) }));
  }
  const comeAgain = random.chance(0.5);
  for (const { body } of drops.accepted)
    if (comeAgain && random.chance(0.5)) timeline.after(random.int(0, BUSY_MS), () => drops.send(body));
  const members = [...objects.stored.keys()].filter((key) => key.startsWith('pair/'));
  for (const key of members)
    if (!comeAgain && random.chance(0.5))
      timeline.after(random.int(0, BUSY_MS), () => objects.put(key, 'of another year'));
  await timeline.runUntil(timeline.nowMs + 2 * BUSY_MS);
}
