/** What the sweeper's picture gives reason to think of the next start. It may delay one, never forbid it. */
import type { FullByPicture, RetentionMode } from '../runs/start-gate.ts';
import { type QuotaSnapshot, whatIf } from './quota-snapshot.ts';

/** Two sweeps. An older picture says nothing of now and is not looked at. */
const PICTURE_FRESH_MS = 30 * 60_000;
const MODES = ['RETAIN', 'REMOVE'] as const;

/** For each retention mode of which the picture leaves no room. Nothing when there is no picture, or only a stale one. */
export function fullByPicture(
  snapshot: QuotaSnapshot | undefined,
  nowMs: number,
): Readonly<Partial<Record<RetentionMode, FullByPicture>>> {
  if (snapshot === undefined || nowMs - Date.parse(snapshot.takenAt) > PICTURE_FRESH_MS) return {};
  const { takenAt, storedRuns, storedRunsQuota } = snapshot;
  const reason = `A quota is full, by the sweep of ${takenAt}: ${storedRuns} of ${storedRunsQuota} stored runs. A probe goes first.`;
  const full = MODES.filter((mode) => whatIf(snapshot, 1, mode).refused > 0);
  return Object.fromEntries(full.map((mode) => [mode, { takenAt, reason }]));
}
