/** Reads progress while something moves, and rests when nothing does. */
import type { Progress, ReadProgress } from './progress.ts';

export interface Watcher {
  /** Something happened: look again, now and until all is quiet. */
  wake(): void;
  stop(): void;
}

export interface WatcherOptions {
  readonly read: ReadProgress;
  readonly onProgress: (progress: Progress) => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly pollMs: number;
  /** Rounds without anything unfinished before it rests: a drop takes a moment to become a request. */
  readonly quietRounds: number;
}

export function createWatcher(options: WatcherOptions): Watcher {
  let quiet = 0;
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let stopped = false;
  const round = async () => {
    running = true;
    try {
      const progress = await options.read();
      if (stopped) return;
      await options.onProgress(progress);
      quiet = progress.unfinished ? 0 : quiet + 1;
    } catch (error) {
      quiet += 1;
      if (!stopped) options.onError(error);
    } finally {
      running = false;
      if (!stopped && quiet < options.quietRounds) timer = setTimeout(round, options.pollMs);
      else timer = undefined;
    }
  };
  return {
    wake() {
      quiet = 0;
      if (!stopped && !running && timer === undefined) void round();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
