/** How long a run may be in each status where its route does not say. */
import type { Settings } from '../lifecycle/ports.ts';
import { parseDuration } from '../routing/units.ts';
import { ACTIVE_RUN_STATUSES } from '../runs/run-status.ts';

const HOUR_SECONDS = 3600;
const DEFAULTS: Settings['inStatusSeconds'] = {
  PENDING: 24 * HOUR_SECONDS,
  STARTING: 2 * HOUR_SECONDS,
  RUNNING: 72 * HOUR_SECONDS,
  STOPPING: 12 * HOUR_SECONDS,
};

/** Reads `PENDING=24h,RUNNING=72h`; what is not named keeps its default. */
export function readStatusLimits(text: string | undefined, problems: string[]): Settings['inStatusSeconds'] {
  const limits = { ...DEFAULTS };
  for (const part of (text ?? '').split(',').filter((one) => one.trim() !== '')) {
    const [name = '', value = ''] = part.split('=').map((one) => one.trim());
    const status = ACTIVE_RUN_STATUSES.find((one) => one === name);
    const durationMs = parseDuration(value);
    if (status !== undefined && durationMs !== undefined) limits[status] = durationMs / 1000;
    else
      problems.push(
        `RUNDROP_STATUS_LIMITS has ${JSON.stringify(part)}, not one of ${ACTIVE_RUN_STATUSES.join(', ')} and a duration, as in PENDING=24h.`,
      );
  }
  return limits;
}
