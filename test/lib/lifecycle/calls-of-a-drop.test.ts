/** How many calls of the ledger a drop takes on its way: a rise here is time for every drop. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { awaitStart } from '../../../lib/lifecycle/await-start.ts';
import { recordOutcome } from '../../../lib/lifecycle/record-outcome.ts';
import { startWaiting } from '../../../lib/lifecycle/start-waiting.ts';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import { watchRun } from '../../../lib/lifecycle/watch-run.ts';

import { createWorld, put, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

/** Counts the ledger's operations, by their names. */
function counted(): { readonly ports: World; readonly calls: string[] } {
  const calls: string[] = [];
  const watch = <T extends object>(name: string, part: T): T =>
    new Proxy(part, {
      get(target, key) {
        const member = Reflect.get(target, key) as unknown;
        if (typeof member !== 'function') return member;
        return (...given: unknown[]) => {
          calls.push(`${name}.${String(key)}`);
          return (member as (...all: unknown[]) => unknown)(...given);
        };
      },
    });
  const parts = Object.entries(world.ledger).map(([name, part]) => [name, watch(name, part as object)] as const);
  const ledger = Object.fromEntries(parts) as unknown as World['ledger'];
  return { ports: { ...world, ledger }, calls };
}

it('takes no more operations of the ledger from drop to outcome than these', async () => {
  const { ports, calls } = counted();
  const taken = () => calls.splice(0);
  await takeDrop(ports, put(world, 'cram/SYN-1.cram'));
  expect(taken()).toEqual(['drops.read', 'drops.record', 'requests.claim', 'drops.change']);
  const [record] = await world.ledger.requests.list(1);
  const request = record?.identity ?? '';
  const executionName = 'w1';
  await awaitStart(ports, { token: 't', executionArn: 'arn:w1', executionName, input: { request } });
  expect(taken()).toEqual(['requests.read', 'tokens.put', 'requests.change']);
  await startWaiting(ports, Number.MAX_SAFE_INTEGER, [request]);
  const once = ['gate.read', 'snapshots.list', 'requests.line', 'requests.line', 'gate.change'];
  const each = ['requests.read', 'requests.change', 'requests.change', 'tokens.list', 'tokens.remove'];
  expect(taken().sort()).toEqual([...once, ...each].sort());
  await watchRun(ports, { token: 'w', executionName, request, attempt: 1 });
  expect(taken().filter((call) => call !== 'requests.change')).toEqual(['tokens.put', 'requests.read']);
  world.runs.move(world.runs.all[0]?.runId ?? '', 'COMPLETED');
  await recordOutcome(ports, { request, attempt: 1 });
  expect(taken().length).toBeLessThanOrEqual(8);
});
