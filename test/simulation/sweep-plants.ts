/** Planted bugs of the sweeper. */
import type { SweepPorts } from '../../lib/lifecycle/sweep-ports.ts';
import { type Plant, plant } from './plant.ts';

type Prune = NonNullable<SweepPorts['prune']>;

function inSweeps(name: string, what: string, change: (ports: SweepPorts) => Partial<SweepPorts>): Plant {
  return plant(name, what, (ports) => ({
    ...ports,
    sweep: () => {
      const given = ports.sweep();
      return { ...given, ...change(given) };
    },
  }));
}

/** Only where the sweep prunes at all. */
function pruning({ prune }: SweepPorts, change: (prune: Prune) => Partial<Prune>): Partial<SweepPorts> {
  return prune === undefined ? {} : { prune: { ...prune, ...change(prune) } };
}

export const sweepPlants: readonly Plant[] = [
  inSweeps('pruned-unkept', 'a run is deleted before its evidence is written', (ports) =>
    pruning(ports, () => ({
      evidence: {
        put: async (key) => ({ uri: `s3://evidence/${key}`, etag: 'none', sha256: '0'.repeat(64) }),
        read: async () => undefined,
      },
    })),
  ),
  inSweeps('pruned-while-followed', 'whose a run is does not keep it from being deleted', (ports) => ({
    ...pruning(ports, ({ rules }) => ({ rules: { ...rules, runs: 'all' } })),
    requests: { ...ports.requests, findByRunId: async () => [] },
  })),
  inSweeps('pruned-at-any-age', 'a run goes as soon as it has ended', (ports) =>
    pruning(ports, ({ rules }) => ({ rules: { ...rules, olderThanMs: 0 } })),
  ),
  inSweeps('deletion-unwritten', 'what was deleted is not in the ledger', (ports) =>
    pruning(ports, ({ deletions }) => ({
      deletions: { ...deletions, intend: async () => true, settle: async () => true },
    })),
  ),
  inSweeps('looked-at-is-gone', 'a run that a sweep asks for is taken to be gone', ({ storedRuns }) => ({
    storedRuns: { page: (options) => storedRuns.page(options), look: async () => undefined },
  })),
];
