/** ASL state RecordOutcome: how the attempt ended, and whether another follows. */
import { config } from '../lib/aws/config.ts';
import { createDropsAgain } from '../lib/aws/drops-again.ts';
import { clock, edge, log } from '../lib/aws/edge.ts';
import { ledger } from '../lib/aws/ledger.ts';
import { createObjects } from '../lib/aws/objects.ts';
import { createRuns } from '../lib/aws/runs.ts';
import { createStarter } from '../lib/aws/starter.ts';
import { createTelling } from '../lib/aws/telling.ts';
import type { OutcomeAnswer } from '../lib/lifecycle/outcome-answer.ts';
import { recordOutcome } from '../lib/lifecycle/record-outcome.ts';

export const handler = edge<{ request: string; attempt: number }, OutcomeAnswer>((event) =>
  recordOutcome(
    {
      ledger: ledger(),
      runs: createRuns(),
      objects: createObjects(),
      ...createTelling(),
      dropsAgain: createDropsAgain(),
      starter: createStarter(),
      clock,
      random: Math.random,
      settings: config(),
      log,
    },
    event,
  ),
);
