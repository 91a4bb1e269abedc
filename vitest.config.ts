import { defineConfig } from 'vitest/config';

/**
 * Files that share a process, one after the other: what they import is loaded and compiled once, not once a file. What
 * they test keeps no state in its modules. The others have a process each: they change the environment, load functions,
 * or have a laptop or child processes of their own.
 */
const TOGETHER = [
  'test/docs/**/*.test.ts',
  'test/lib/{ledger,lifecycle,quota,routing,runs}/**/*.test.ts',
  'test/local/{dynamodb,eventbridge,omics,s3,scheduler,servicequotas,sns,sqs,stepfunctions,wiring}/**/*.test.ts',
  'test/simulation/**/*.test.ts',
  'test/statemachines/**/*.test.ts',
];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // One more than CI has cores: tests of a whole laptop wait for its timers and rates a good part of their time.
    maxWorkers: 3,
    projects: [
      { extends: true, test: { name: 'alone', include: ['test/**/*.test.ts'], exclude: TOGETHER } },
      { extends: true, test: { name: 'together', include: TOGETHER, isolate: false } },
    ],
  },
});
