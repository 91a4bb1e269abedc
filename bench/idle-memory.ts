/** Resident memory of an idle `rundrop up`: as a person finds it, and once the functions have been loaded by a schedule. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Figure, median, REPETITIONS, type Row } from './figure.ts';
import { type RundropProcess, residentMb, startRundrop } from './rundrop-process.ts';

const MOST_MB = 150;
const IDLE_MS = 10_000;
/** The schedule comes once a minute; its first time is a minute after the start. */
const SCHEDULE_LIMIT_MS = 90_000;

export const idleMemory: Figure = {
  name: 'idle-memory',
  async measure(say): Promise<Row[]> {
    const bare = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
    const started: RundropProcess[] = [];
    try {
      for (let count = 0; count < REPETITIONS; count += 1) started.push(await startRundrop({ args: ['--verbose'] }));
      // They idle side by side: memory, unlike time, does not depend on what the others do.
      const reconciled = Promise.all(started.map((rundrop) => rundrop.line(/"reconciled"/, SCHEDULE_LIMIT_MS)));
      reconciled.catch(() => undefined);
      await sleep(IDLE_MS);
      const bareMb = residentMb(bare.pid ?? 0);
      const row = (figure: string): Row => {
        const all = started.map(({ pid }) => residentMb(pid));
        say(`${figure}: ${all.map((mb) => mb.toFixed(0)).join(', ')} MB`);
        const mb = median(all);
        const from = `${(mb / bareMb).toFixed(1)} times the ${bareMb.toFixed(0)} MB of a bare Node`;
        return { figure, value: mb, unit: 'MB', bound: MOST_MB, from };
      };
      const idle = row('idle memory');
      await reconciled;
      await sleep(IDLE_MS);
      return [idle, row('idle memory, functions loaded')];
    } finally {
      bare.kill();
      await Promise.all(started.map((rundrop) => rundrop.stop()));
    }
  },
};
