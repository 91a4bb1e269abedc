/** Whatever an operator does, and whenever the command dies: the invariants hold. */
import { expect, it } from 'vitest';
import { simulate } from './simulate.ts';

const SEEDS = 100;

it(`keeps every invariant while people cancel, send round again and name objects, in ${SEEDS} seeds`, async () => {
  const broken = [];
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { violations } = await simulate(seed, { byHand: true });
    if (violations.length > 0) broken.push({ seed, violations });
  }
  expect(broken).toEqual([]);
});

it('has them cancel runs and requests, and open requests again', async () => {
  const seen = { cancelled: 0, ended: 0, reopened: 0, objects: 0 };
  for (let seed = 1; seed <= 40; seed += 1) {
    const { lines } = await simulate(seed, { byHand: true, keepsJournal: true });
    const text = lines.join('\n');
    if (text.includes('run is to be cancelled')) seen.cancelled += 1;
    if (text.includes('"outcome":"CANCELLED"') && text.includes('before it started')) seen.ended += 1;
    if (/operator#\d+ states\.start/.test(text)) seen.reopened += 1;
    if (text.includes('object-')) seen.objects += 1;
  }
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
});
