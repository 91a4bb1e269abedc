import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // One more than CI has cores: tests of a whole laptop wait for its timers and rates a good part of their time.
    maxWorkers: 3,
  },
});
