/** One attempt of a task: scheduled, started, and ended by whichever comes first. */
import type { JsonObject } from '../aws-json.ts';
import type { Cancel } from '../ports.ts';
import { Cancelled, StateFailure } from './failures.ts';
import { type Frame, payloadMembers, payloadText, type Visit } from './frame.ts';
import type { Integration } from './resources.ts';
import type { TokenHolder } from './task-tokens.ts';

export interface TaskRequest {
  readonly integration: Integration;
  readonly parameters: unknown;
  /** Of a callback task. */
  readonly token: string | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly heartbeatSeconds: number | undefined;
}

/**
 * Runs one attempt to its end: the answer of what it calls, a SendTask* call with its token, or its time.
 * Its outcome is in the history before the promise settles, so that a SendTask* call is answered after that.
 * @throws StateFailure | Cancelled | HistoryFull
 */
export function attemptTask(frame: Frame, visit: Visit, request: TaskRequest): Promise<unknown> {
  const attempt = new TaskAttempt(frame, visit, request);
  return new Promise((resolve, reject) => attempt.run(resolve, reject));
}

class TaskAttempt implements TokenHolder {
  readonly #frame: Frame;
  readonly #visit: Visit;
  readonly #request: TaskRequest;
  readonly #direct: boolean;
  readonly #cleanUp: Cancel[] = [];
  #stopHeartbeat: Cancel | undefined;
  #resolve: (result: unknown) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #settled = false;

  constructor(frame: Frame, visit: Visit, request: TaskRequest) {
    this.#frame = frame;
    this.#visit = visit;
    this.#request = request;
    this.#direct = request.integration.kind === 'lambda-arn';
  }

  run(resolve: (result: unknown) => void, reject: (error: unknown) => void): void {
    this.#resolve = resolve;
    this.#reject = reject;
    try {
      this.#recordStart();
      this.#arm();
    } catch (error) {
      this.#settle(() => reject(error));
      return;
    }
    const { run } = this.#frame;
    const caller = {
      executionArn: run.executionArn,
      stateMachineArn: run.stateMachineArn,
      region: run.services.region,
    };
    run.services.invoke(this.#request.integration, this.#request.parameters, caller).then(
      (result) => this.#answered(result),
      (failure: StateFailure) => this.fail(failure),
    );
  }

  succeed(output: unknown): void {
    this.#settle(() => {
      try {
        const text = payloadText(output, this.#visit.state.name);
        this.#record('Succeeded', payloadMembers('output', text));
        this.#resolve(output);
      } catch (error) {
        if (error instanceof StateFailure) this.#record('Failed', error.members());
        throw error;
      }
    });
  }

  fail(failure: StateFailure): void {
    this.#settle(() => {
      this.#record('Failed', failure.members());
      this.#reject(failure);
    });
  }

  heartbeat(): void {
    const { heartbeatSeconds } = this.#request;
    this.#stopHeartbeat?.();
    if (heartbeatSeconds === undefined || this.#settled) return;
    const late = () => this.#timeOut(new StateFailure('States.HeartbeatTimeout'));
    this.#stopHeartbeat = this.#frame.services.clock.after(heartbeatSeconds * 1000, late);
  }

  #recordStart(): void {
    const { integration, parameters, timeoutSeconds, heartbeatSeconds } = this.#request;
    const text = payloadText(parameters, this.#visit.state.name);
    const timeout = timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds };
    if (this.#direct) {
      this.#frame.record('LambdaFunctionScheduled', {
        resource: integration.arn,
        ...payloadMembers('input', text),
        ...timeout,
      });
      this.#frame.record('LambdaFunctionStarted');
      return;
    }
    const heartbeat = heartbeatSeconds === undefined ? {} : { heartbeatInSeconds: heartbeatSeconds };
    const { region } = this.#frame.services;
    this.#frame.record('TaskScheduled', { ...this.#names(), region, parameters: text, ...timeout, ...heartbeat });
    this.#frame.record('TaskStarted', this.#names());
  }

  #arm(): void {
    const { scope, services } = this.#frame;
    const { token, timeoutSeconds } = this.#request;
    this.#cleanUp.push(
      scope.onCancel(() => this.#settle(() => this.#reject(new Cancelled('The execution was stopped.')))),
    );
    if (timeoutSeconds !== undefined) {
      const late = () => this.#timeOut(new StateFailure('States.Timeout'));
      this.#cleanUp.push(services.clock.after(timeoutSeconds * 1000, late));
    }
    if (token === undefined) return;
    services.tokens.hold(token, this);
    this.#cleanUp.push(
      () => services.tokens.spend(token),
      () => this.#stopHeartbeat?.(),
    );
    this.heartbeat();
  }

  #answered(result: unknown): void {
    if (this.#request.token === undefined) {
      this.succeed(result);
      return;
    }
    if (this.#settled) return;
    try {
      const text = payloadText(result, this.#visit.state.name);
      this.#frame.record('TaskSubmitted', { ...this.#names(), ...payloadMembers('output', text) });
    } catch (error) {
      this.#settle(() => this.#reject(error));
    }
  }

  #timeOut(failure: StateFailure): void {
    this.#settle(() => {
      this.#record('TimedOut', failure.members());
      this.#reject(failure);
    });
  }

  #record(step: 'Succeeded' | 'Failed' | 'TimedOut', details: JsonObject): void {
    if (this.#direct) this.#frame.record(`LambdaFunction${step}`, details);
    else this.#frame.record(`Task${step}`, { ...this.#names(), ...details });
  }

  #names(): JsonObject {
    return { resourceType: this.#request.integration.resourceType, resource: this.#request.integration.resource };
  }

  /** The first to come ends the attempt; whatever comes after it is for nobody. */
  #settle(end: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    for (const undo of this.#cleanUp) undo();
    try {
      end();
    } catch (error) {
      this.#reject(error);
    }
  }
}
