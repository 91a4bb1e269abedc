/** Lambda before its functions are known: what is asked of it waits until they are. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LambdaOutcome, LambdaPort, LocalService } from './ports.ts';

export class LateLambda implements LocalService, LambdaPort {
  readonly signingNames = ['lambda'];
  /** Gives the host that answers from now on. */
  readonly provide: (host: LocalService & LambdaPort) => void;
  private readonly provided: Promise<LocalService & LambdaPort>;
  private host: LocalService | undefined;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<LocalService & LambdaPort>();
    this.provided = promise;
    this.provide = (host) => {
      this.host = host;
      resolve(host);
    };
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    return (await this.provided).handle(request, response);
  }

  async invoke(functionName: string, payload: unknown): Promise<LambdaOutcome> {
    return (await this.provided).invoke(functionName, payload);
  }

  async close(): Promise<void> {
    await this.host?.close();
  }
}
