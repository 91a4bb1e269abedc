/** What each file of functions/ does between its event and its ports. */
import { awaitStart } from '../../lib/lifecycle/await-start.ts';
import { followHint } from '../../lib/lifecycle/follow-run.ts';
import { readNudges } from '../../lib/lifecycle/nudge.ts';
import { reconcile } from '../../lib/lifecycle/reconcile.ts';
import { recordOutcome } from '../../lib/lifecycle/record-outcome.ts';
import { startWaiting } from '../../lib/lifecycle/start-waiting.ts';
import { parseStatusEvent } from '../../lib/lifecycle/status-event.ts';
import { sweepRuns } from '../../lib/lifecycle/sweep-runs.ts';
import { takeDrops } from '../../lib/lifecycle/take-drops.ts';
import { parseTick, takeTick } from '../../lib/lifecycle/take-schedule.ts';
import { watchRun } from '../../lib/lifecycle/watch-run.ts';
import type { Ports } from './ports.ts';
import type { SweepEvent } from './simulated-sweeps.ts';
// What lib/ loads on demand is loaded here before: virtual time does not wait for a file.
import '../../lib/lifecycle/console-drop.ts';
import '../../lib/lifecycle/refuse-drop.ts';
import '../../lib/lifecycle/take-drop-again.ts';
import '../../lib/lifecycle/take-sheet.ts';

type Take = (ports: Ports, event: unknown) => Promise<unknown>;

const FUNCTIONS = {
  'on-drop': (ports, event) => takeDrops(ports, (event as { Records: { messageId: string; body: string }[] }).Records),
  'on-schedule': async (ports, event) => ({ request: (await takeTick(ports, parseTick(event))).identity }),
  'await-start': (ports, event) => awaitStart(ports, event as Parameters<typeof awaitStart>[1]),
  'start-runs': (ports, event) =>
    startWaiting(ports, ports.deadlineMs, readNudges((event as { bodies: readonly string[] }).bodies)),
  'watch-run': (ports, event) => watchRun(ports, event as Parameters<typeof watchRun>[1]),
  'record-outcome': (ports, event) => recordOutcome(ports, event as Parameters<typeof recordOutcome>[1]),
  'on-run-status-change': async (ports, event) => {
    const hint = parseStatusEvent(event);
    const owner = await followHint(ports, hint);
    ports.log.info('run status', { runId: hint.runId, uuid: hint.uuid, status: hint.status, owner });
  },
  'reconcile-runs': (ports) => reconcile(ports),
  'sweep-runs': (ports, event) => sweepRuns(ports.sweep(), event as SweepEvent),
} satisfies Readonly<Record<string, Take>>;

export type FunctionName = keyof typeof FUNCTIONS;

export function functionOf(name: FunctionName): Take {
  return FUNCTIONS[name];
}

/** As serverless.yml has them. */
export const TIMEOUTS_MS: Readonly<Record<FunctionName, number>> = {
  'on-drop': 30_000,
  'on-schedule': 30_000,
  'await-start': 30_000,
  'start-runs': 30_000,
  'watch-run': 15_000,
  'record-outcome': 15_000,
  'on-run-status-change': 15_000,
  'reconcile-runs': 55_000,
  'sweep-runs': 900_000,
};

/** What some leave over at their end. */
export const RESERVES_MS: Readonly<Partial<Record<FunctionName, number>>> = {
  'start-runs': 15_000,
  'on-drop': 10_000,
  'sweep-runs': 45_000,
};
