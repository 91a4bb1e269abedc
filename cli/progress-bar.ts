/** A bar that fills up, on a terminal; nothing elsewhere. */
import { formatDuration } from './text.ts';

const WIDTH = 24;
const REDRAW_MS = 100;

export interface ProgressBar {
  /** So many are done by now. */
  done(count: number): void;
  /** Takes the bar off the screen. */
  end(): void;
}

export interface BarStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export function startBar(
  what: string,
  total: number,
  { stream, nowMs }: { readonly stream: BarStream; readonly nowMs: () => number },
): ProgressBar {
  if (stream.isTTY !== true || total === 0) return { done: () => {}, end: () => {} };
  const startedMs = nowMs();
  let drawnMs = Number.NEGATIVE_INFINITY;
  return {
    done(count) {
      const atMs = nowMs();
      if (atMs - drawnMs < REDRAW_MS && count < total) return;
      drawnMs = atMs;
      stream.write(`\r\u001b[K${barLine(what, { count, total, elapsedMs: atMs - startedMs })}`);
    },
    end: () => void stream.write('\r\u001b[K'),
  };
}

/** `looking  ######··················   250 of 1000  25%  3.0s left`. */
export function barLine(
  what: string,
  { count, total, elapsedMs }: { readonly count: number; readonly total: number; readonly elapsedMs: number },
): string {
  const share = Math.min(1, count / total);
  const filled = Math.round(share * WIDTH);
  const bar = '#'.repeat(filled) + '·'.repeat(WIDTH - filled);
  const left = count === 0 || count >= total ? '' : `  ${formatDuration((elapsedMs / count) * (total - count))} left`;
  return `${what}  ${bar}  ${count} of ${total}  ${Math.floor(share * 100)}%${left}`;
}
