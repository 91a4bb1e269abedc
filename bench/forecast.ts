/** The forecast beside a straight line through the last week, on the same made-up histories. */
import { type Figure, median } from './figure.ts';
import { expectedRetained, straightLine, syntheticHistory } from './synthetic-histories.ts';

const HISTORIES = 2_000;
const TODAY = 20_000;
const AHEAD_DAYS = 7;
const MOST_SHARE = 0.5;

export const forecast: Figure = {
  name: 'forecast',
  async measure() {
    const ours: number[] = [];
    const straight: number[] = [];
    for (let seed = 1; seed <= HISTORIES; seed += 1) {
      const { days, counts, future } = syntheticHistory(seed, TODAY);
      const later = future[AHEAD_DAYS - 1] ?? 0;
      const retained = counts.at(-1) ?? 0;
      const expected = expectedRetained({ days, retained, today: TODAY }, AHEAD_DAYS);
      ours.push(Math.abs(expected - later));
      straight.push(Math.abs(straightLine(counts.slice(-8), AHEAD_DAYS) - later));
    }
    return [
      {
        figure: 'forecast, median error at seven days',
        value: median(ours) / median(straight),
        unit: '×',
        bound: MOST_SHARE,
        from: `${median(ours).toFixed(0)} runs beside ${median(straight).toFixed(0)} of a straight line through the last week, ${HISTORIES} histories`,
      },
    ];
  },
};
