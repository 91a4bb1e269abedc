/** Has garbage collected after bursts of calls: V8 alone would keep more than a hundred megabytes of it for the next one. */
import type { Cancel, Clock, LocalService } from './ports.ts';
import { giveBackMemory } from './spare-memory.ts';

const CALLS_IN_A_BURST = 50_000;
/** Fewer calls than this leave nothing worth collecting. */
const CALLS_BEFORE_QUIET = 1_000;
const QUIET_MS = 1_000;

/** The service itself, with memory given back after every so many calls and when it has become quiet. */
export function keepingMemory<T extends LocalService>(service: T, clock: Clock): T {
  let calls = 0;
  let lastCallMs = 0;
  let waiting: Cancel | undefined;
  const collect = () => {
    calls = 0;
    giveBackMemory();
  };
  const lookForQuiet = () => {
    const quietMs = clock.nowMs() - lastCallMs;
    waiting = quietMs < QUIET_MS ? clock.after(QUIET_MS - quietMs, lookForQuiet) : undefined;
    if (waiting === undefined) collect();
  };
  return {
    ...service,
    async handle(request, response) {
      calls += 1;
      lastCallMs = clock.nowMs();
      if (calls >= CALLS_IN_A_BURST) collect();
      else if (calls >= CALLS_BEFORE_QUIET) waiting ??= clock.after(QUIET_MS, lookForQuiet);
      await service.handle(request, response);
    },
    async close() {
      waiting?.();
      await service.close();
    },
  };
}
