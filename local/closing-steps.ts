/** Steps that end a stack, the last added first. Each runs once, whatever the others do. */
export class ClosingSteps {
  private readonly steps: { readonly name: string; readonly close: () => Promise<void> }[] = [];
  private running: Promise<void> | undefined;

  add(name: string, close: () => Promise<void>): void {
    this.steps.push({ name, close });
  }

  run(): Promise<void> {
    this.running ??= this.runAll();
    return this.running;
  }

  private async runAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const { close } of this.steps.toReversed()) {
      await close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, 'The laptop AWS did not end cleanly.');
  }
}

/** Starts what closes by these steps. When that fails, what it had begun is ended first; of that, a failure is only reported. */
export async function startClosable<Started>(
  start: (closing: ClosingSteps) => Promise<Started>,
  report: (line: string) => void,
): Promise<Started> {
  const closing = new ClosingSteps();
  try {
    return await start(closing);
  } catch (error) {
    await closing.run().catch((failure: unknown) => report(String(failure)));
    throw error;
  }
}
