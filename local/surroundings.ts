/** The account that every stack of the laptop AWS plays, and what each of its services knows of it. */
import type { DataDir } from './data-dir.ts';
import { seededRandom } from './omics/seeded-random.ts';
import type { Surroundings } from './ports.ts';
import { systemClock } from './system-clock.ts';

export const ACCOUNT_ID = '000000000000';
export const REGION = 'us-east-1';

export type SurroundingsFor = (service: string) => Surroundings;

export interface SurroundingsOptions {
  /** Decides every chance; absent: another one each time. */
  readonly seed?: number;
  readonly report: (line: string) => void;
}

export function surroundingsFor({ seed, report }: SurroundingsOptions, dataDir: DataDir | undefined): SurroundingsFor {
  return (service) => ({
    accountId: ACCOUNT_ID,
    region: REGION,
    clock: systemClock,
    random: seed === undefined ? Math.random : seededRandom(seed, service),
    report,
    ...(dataDir === undefined ? {} : { dataDir: dataDir.of(service) }),
  });
}
