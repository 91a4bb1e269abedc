import { expect, it } from 'vitest';
import { giveBackMemory } from '../../local/spare-memory.ts';

it('collects what nothing refers to any more, and leaves no collector behind', async () => {
  const garbage = new WeakRef({ left: 'from start-up' });
  // A weak reference holds for the rest of the turn that made it.
  await new Promise((resolve) => setImmediate(resolve));
  giveBackMemory();
  expect(garbage.deref()).toBeUndefined();
  expect('gc' in globalThis).toBe(false);
});
