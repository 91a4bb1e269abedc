/** Planted bugs of the line: who starts before whom, and how often a full quota is asked. */
import type { LineEntry } from '../../lib/runs/line-entry.ts';
import { type Plant, plant, type Wrap, within } from './plant.ts';

/** What the starter reads of the line is not what is there. */
function misreadLine(misread: (entry: LineEntry) => LineEntry): Wrap {
  return within('start-runs', (ports) => {
    const { requests } = ports.ledger;
    const line = async (each: number) => (await requests.line(each)).map(misread);
    return { ...ports, ledger: { ...ports.ledger, requests: { ...requests, line } } };
  });
}

const LATEST_MS = Date.UTC(2100, 0, 1);

export const linePlants: readonly Plant[] = [
  plant(
    'turns-forgotten',
    'a burst of one route starts before the others',
    misreadLine((entry) => ({ ...entry, route: 'the-one' })),
  ),
  plant(
    'age-forgotten',
    'who came last starts first',
    misreadLine((entry) => ({ ...entry, since: new Date(LATEST_MS - Date.parse(entry.since)).toISOString() })),
  ),
  plant(
    'priority-forgotten',
    'nothing is more urgent than anything else',
    misreadLine((entry) => ({ ...entry, priority: 0 })),
  ),
  plant(
    'refusal-forgotten',
    'each starter asks a full quota anew',
    within('start-runs', (ports) => {
      const { gate } = ports.ledger;
      const read = async () => ({ ...(await gate.read()), full: {} });
      return { ...ports, ledger: { ...ports.ledger, gate: { ...gate, read } } };
    }),
  ),
  plant('probe-hurried', 'a full quota is asked every few seconds', (ports) => ({
    ...ports,
    settings: { ...ports.settings, quotaProbeSeconds: 5 },
  })),
];
