/** The tests that judge the mutants of claiming and starting, since each mutant pays for them. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'changed-members',
      'check-before-start',
      'claim-logic',
      'find-run',
      'start-and-watch',
      'start-one',
      'starting-side-by-side',
    ].map((name) => `test/lib/lifecycle/${name}.test.ts`),
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
