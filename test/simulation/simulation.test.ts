import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { FAULT_NAMES, sumOf } from './fault-tally.ts';
import { simulate } from './simulate.ts';

const SEEDS = 300;
const REPLAYED_SEEDS = [1, 4, 17];

describe('the simulation', () => {
  it(`keeps every invariant in ${SEEDS} seeds, in which every fault happens`, async () => {
    const broken = [];
    const faults = [];
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { violations, faults: injected } = await simulate(seed);
      faults.push(injected);
      if (violations.length > 0) broken.push({ seed, violations });
    }
    expect(broken).toEqual([]);
    // A fault that never happens proves nothing.
    expect(sumOf(faults).filter(({ times }) => times === 0)).toEqual([]);
  });

  it('replays a seed byte for byte', async () => {
    for (const seed of REPLAYED_SEEDS) {
      const first = await simulate(seed, { keepsJournal: true });
      const second = await simulate(seed, { keepsJournal: true });
      expect(first.lines.length).toBeGreaterThan(20);
      expect(second.lines).toEqual(first.lines);
      expect(second.hash).toBe(first.hash);
    }
  });

  it('takes another course with another seed', async () => {
    const hashes = await Promise.all([1, 2, 3, 4].map(async (seed) => (await simulate(seed)).hash));
    expect(new Set(hashes).size).toBe(4);
  });
});

describe('sim', () => {
  const tool = fileURLToPath(new URL('./sim.ts', import.meta.url));
  // Where the commands have theirs: each of these processes, and each of its workers, would compile all of lib/ anew.
  const NODE_COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/rundrop', import.meta.url));
  const env = { ...process.env, NODE_COMPILE_CACHE };
  const run = async (...args: string[]) => {
    try {
      return { code: 0, ...(await promisify(execFile)(process.execPath, [tool, ...args], { env })) };
    } catch (error) {
      return error as { code: number; stdout: string; stderr: string };
    }
  };

  it('says how many seeds it ran, and that it found nothing', async () => {
    const { code, stdout } = await run('--seeds', '30', '--from', '11');
    expect(stdout).toMatch(/^30 seeds from 11, .* history [0-9a-f]{16}\nno invariant was broken\n$/);
    expect(code).toBe(0);
  });

  it('says how often each fault happened', async () => {
    const { stdout } = await run('--seeds', '10', '--coverage');
    for (const name of FAULT_NAMES) expect(stdout).toMatch(new RegExp(`^${name} +\\d+ times in +\\d+ seeds$`, 'm'));
  });

  it('names the seed that finds a planted bug', async () => {
    const { code, stdout } = await run('--seeds', '100', '--plant', 'sensitive-tagged');
    expect(stdout).toMatch(/^seed \d+ /);
    expect(stdout).toContain("9: a sample name is in a run's tags");
    expect(code).toBe(1);
  });

  it('lists the plants', async () => {
    const { stdout } = await run('--list-plants');
    expect(stdout.trim().split('\n').length).toBeGreaterThanOrEqual(25);
  });

  it('says what is wrong with its arguments', async () => {
    expect(await run('--plant', 'nothing')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--list-plants'),
    });
    expect(await run('--seeds', 'many')).toMatchObject({ code: 2, stderr: expect.stringContaining('--seeds is many') });
    expect(await run('--sees', '1')).toMatchObject({ code: 2, stderr: expect.stringContaining('Usage') });
  });
});
