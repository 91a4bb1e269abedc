/** The tests that judge the mutants of the pure steps: those of the same folder, and no others, since each mutant pays for them. */
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['test/lib/runs/**/*.test.ts'] } });
