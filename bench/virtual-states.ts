/** States entered for runs of six hours and of seven days, beside a machine that waits a minute and asks again. */
import { START_MS } from '../test/simulation/world.ts';
import { CheckFailed, type Figure, type Row } from './figure.ts';
import { VirtualLaptop } from './virtual/laptop.ts';
import { endedRequests } from './virtual/records.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LENGTHS = [
  ['6 h', 6 * HOUR_MS],
  ['7 days', 7 * DAY_MS],
] as const;
const MOST_AN_ATTEMPT = 8;
const MOST_WITHOUT_EVENTS = 40;
/** After the longest run, its outcome is on record by then. */
const REST_MS = HOUR_MS;

export const virtualStates: Figure = {
  name: 'virtual-states',
  async measure(say): Promise<Row[]> {
    const rows: Row[] = [];
    for (const [length, lifeMs] of LENGTHS) {
      const polled = await polledStates(lifeMs);
      for (const events of [true, false]) {
        const { states, seconds } = await statesOf(lifeMs, events);
        const figure = `states of a run of ${length}${events ? '' : ', every event lost'}`;
        say(`${figure}: ${states}; ${seconds.toFixed(0)} s from its start to its outcome`);
        const bound = events ? MOST_AN_ATTEMPT : MOST_WITHOUT_EVENTS;
        rows.push({ figure, value: states, unit: 'states', bound, from: `${polled} when polled every 60 s` });
      }
    }
    return rows;
  },
};

/** One run, started by one drop. */
async function statesOf(lifeMs: number, events: boolean): Promise<{ states: number; seconds: number }> {
  const laptop = new VirtualLaptop({ seed: 1, events, lifeMs: () => lifeMs });
  laptop.objects.put('single/SYN-1.cram', 'reads');
  await laptop.runFor(lifeMs + REST_MS);
  const [record] = endedRequests(laptop, 1);
  const states = (record?.executions ?? []).map((arn) => laptop.stepFunctions.entered(arn).states);
  const outcomeMs = Date.parse(record?.outcomeAt ?? '');
  return { states: states.reduce((sum, one) => sum + one, 0), seconds: (outcomeMs - START_MS) / 1000 };
}

const POLLING = {
  StartAt: 'Wait',
  States: {
    Wait: { Type: 'Wait', Seconds: 60, Next: 'GetRun' },
    GetRun: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: 'get-run', Payload: {} },
      OutputPath: '$.Payload',
      Next: 'Status',
    },
    Status: {
      Type: 'Choice',
      Choices: [{ Variable: '$.status', StringEquals: 'COMPLETED', Next: 'Completed' }],
      Default: 'Wait',
    },
    Completed: { Type: 'Succeed' },
  },
};

/** What the same interpreter counts of a machine that only polls: until the run's end, or its own. */
async function polledStates(lifeMs: number): Promise<string> {
  const laptop = new VirtualLaptop({ seed: 1, events: false, lifeMs: () => lifeMs });
  const run = laptop.omics.create({ name: 'polled', tags: {}, inputText: '' });
  laptop.answers.set('get-run', () => ({ status: run.status }));
  const machine = laptop.stepFunctions.machine('polling', POLLING);
  const arn = laptop.stepFunctions.start(machine, 'polled', {});
  await laptop.runFor(lifeMs + REST_MS);
  const { states } = laptop.stepFunctions.entered(arn);
  const status = laptop.stepFunctions.status(arn);
  if (status === 'SUCCEEDED') return `${states}`;
  if (status === 'FAILED') return `${states} and dead of its history`;
  throw new CheckFailed(`The polling machine is ${status} after ${states} states.`);
}
