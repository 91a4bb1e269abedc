/** The end by a signal: orderly within two seconds, at once when asked twice. */

export interface Stopping {
  /** Resolves with the signal's number once one has come. */
  readonly asked: Promise<number>;
  /** Stops listening for signals. */
  forget(): void;
}

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
type Signal = keyof typeof SIGNAL_NUMBERS;

/** One Ctrl-C reaches the whole process group and is handed on by npm as well: signals this close together are one. */
const SAME_REQUEST_MS = 400;

/** Listens for SIGINT, SIGTERM and SIGHUP. `endNow` is called with an exit status when a person asks a second time. */
export function listenForSignals(endNow: (exitStatus: number) => void): Stopping {
  let firstMs: number | undefined;
  const { promise: asked, resolve } = Promise.withResolvers<number>();
  const listeners = (Object.keys(SIGNAL_NUMBERS) as Signal[]).map((signal) => {
    const listener = () => {
      const nowMs = performance.now();
      if (firstMs === undefined) {
        firstMs = nowMs;
        resolve(SIGNAL_NUMBERS[signal]);
      } else if (nowMs - firstMs > SAME_REQUEST_MS) {
        endNow(128 + SIGNAL_NUMBERS[signal]);
      }
    };
    process.on(signal, listener);
    return { signal, listener };
  });
  return {
    asked,
    forget() {
      for (const { signal, listener } of listeners) process.off(signal, listener);
    },
  };
}
