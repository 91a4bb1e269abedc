/** Calls per second of GetRun and StartRun, against a bare JSON server that answers as much, with the same client. */
import { type Figure, median, REPETITIONS, type Row } from './figure.ts';
import { type Call, type OmicsChild, perSecond, startOmicsChild, startRunCall } from './omics-client.ts';

const CALLS = 4_000;
const MOST_TIMES_BARE = 3;
const SPEED = 300;

export const omicsCalls: Figure = {
  name: 'omics-calls',
  async measure(say): Promise<Row[]> {
    const omics = await startOmicsChild({ settings: { speed: SPEED } });
    try {
      const started = await omics.call(startRunCall(0));
      const getRun: Call = { method: 'GET', path: `/run/${(JSON.parse(started) as { id: string }).id}` };
      const run = await omics.call(getRun);
      return [
        await row(say, { figure: 'GetRun', omics, answer: run, callOf: () => getRun }),
        await row(say, { figure: 'StartRun', omics, answer: started, callOf: startRunCall }),
      ];
    } finally {
      await omics.stop();
    }
  },
};

interface Comparison {
  readonly figure: string;
  readonly omics: OmicsChild;
  /** What the bare server answers, too. */
  readonly answer: string;
  readonly callOf: (number: number) => Call;
}

async function row(say: (line: string) => void, comparison: Comparison): Promise<Row> {
  const { figure, omics, answer, callOf } = comparison;
  const bare = await startOmicsChild({ bareAnswer: JSON.parse(answer) as unknown });
  try {
    const ratios: { bare: number; own: number }[] = [];
    await Promise.all([bare.rate(CALLS, callOf), omics.rate(CALLS, callOf)]);
    for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
      ratios.push({ bare: await bare.rate(CALLS, callOf), own: await omics.rate(CALLS, callOf) });
      const last = ratios.at(-1);
      say(`${figure} ${repetition + 1}: ${perSecond(last?.own ?? 0)}, bare ${perSecond(last?.bare ?? 0)}`);
    }
    return {
      figure: `a bare JSON server against ${figure}`,
      value: median(ratios.map((one) => one.bare / one.own)),
      unit: '×',
      bound: MOST_TIMES_BARE,
      from: `${perSecond(median(ratios.map(({ bare: rate }) => rate)))} bare, ${perSecond(median(ratios.map(({ own }) => own)))} ${figure}`,
    };
  } finally {
    await bare.stop();
  }
}
