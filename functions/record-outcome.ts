/** ASL state RecordOutcome: how the attempt ended, and whether another follows. */
import { config } from '../lib/aws/config.ts';
import { deferred } from '../lib/aws/deferred.ts';
import { clock, edge, log } from '../lib/aws/edge.ts';
import { ledger } from '../lib/aws/ledger.ts';
import { createRuns } from '../lib/aws/runs.ts';
import { createTelling } from '../lib/aws/telling.ts';
import type { OutcomeAnswer } from '../lib/lifecycle/outcome-answer.ts';
import { recordOutcome } from '../lib/lifecycle/record-outcome.ts';

export const handler = edge<{ request: string; attempt: number }, OutcomeAnswer>((event) =>
  recordOutcome(
    {
      ledger: ledger(),
      runs: createRuns(),
      objects: deferred(async () => (await import('../lib/aws/objects.ts')).createObjects()),
      ...createTelling(),
      dropsAgain: deferred(async () => (await import('../lib/aws/drops-again.ts')).createDropsAgain()),
      starter: deferred(async () => (await import('../lib/aws/starter.ts')).createStarter()),
      clock,
      random: Math.random,
      settings: config(),
      log,
    },
    event,
  ),
);
