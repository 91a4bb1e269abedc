import { onTestFinished } from 'vitest';
import { type Laptop, type LaptopOptions, startLaptop } from './harness.ts';

/** For one test: it is stopped when the test has finished. Apart from the harness, which the simulation uses without Vitest. */
export async function laptopForTest(options?: LaptopOptions): Promise<Laptop> {
  const started = await startLaptop(options);
  onTestFinished(() => started.stop());
  return started;
}
