/** Takes an event on a bus, wraps it in AWS's envelope and sends it to the targets of each rule that it matches. */
import { type EventEnvelope, envelopeOf } from '../event-envelope.ts';
import type { BusEvent, Surroundings, TargetPort } from '../ports.ts';
import { transformInput } from './input-transform.ts';
import { DEFAULT_BUS, type Rule, type RuleStore, type Target } from './rule-store.ts';
import { sendToTarget } from './target-sender.ts';

export type { EventEnvelope };

export interface ObservedEvent {
  readonly busName: string;
  readonly event: EventEnvelope;
}

export type EventListener = (observed: ObservedEvent) => void;

/** An event that another bus passed on is not passed on again, as on AWS; so no circle of buses turns for ever. */
const MOST_BUS_HOPS = 1;

export class EventRouter {
  readonly #surroundings: Surroundings;
  readonly #store: RuleStore;
  readonly #targets: TargetPort;
  readonly #listeners = new Set<EventListener>();

  constructor(surroundings: Surroundings, store: RuleStore, targets: TargetPort) {
    this.#surroundings = surroundings;
    this.#store = store;
    this.#targets = targets;
  }

  observe(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The envelope that `event` gets, with a fresh id. */
  envelope(event: BusEvent): EventEnvelope {
    return envelopeOf(event, this.#surroundings);
  }

  /** Resolves once each matching target, or its dead-letter queue, has the event. */
  async route(busName: string, event: EventEnvelope, hops = 0): Promise<void> {
    this.#tellListeners({ busName, event });
    const fields = { ...event } as Record<string, unknown>;
    const rules = this.#store
      .rules(busName)
      .filter(({ definition, test }) => definition.State === 'ENABLED' && test(fields));
    const sendings = rules.flatMap((rule) => [...rule.targets.values()].map((target) => ({ rule, target })));
    await Promise.all(sendings.map(({ rule, target }) => this.#send(rule, target, event, hops)));
  }

  async #send(rule: Rule, target: Target, event: EventEnvelope, hops: number): Promise<void> {
    const otherBus = /:event-bus\/(.+)$/.exec(target.Arn)?.[1];
    if (otherBus !== undefined && this.#store.hasBus(otherBus)) {
      if (hops < MOST_BUS_HOPS) await this.route(otherBus, event, hops + 1);
      return;
    }
    const context = {
      ruleArn: ruleArn(this.#surroundings, rule.definition.EventBusName, rule.definition.Name),
      ruleName: rule.definition.Name,
      ingestionTime: new Date(this.#surroundings.clock.nowMs()).toISOString(),
    };
    const shape = {
      ...(target.Input === undefined ? {} : { input: target.Input }),
      ...(target.InputPath === undefined ? {} : { inputPath: target.InputPath }),
      ...(target.InputTransformer === undefined ? {} : { inputTransformer: target.InputTransformer }),
    };
    const input = transformInput(shape, { ...event }, context);
    await sendToTarget(this.#surroundings, this.#targets, { rule, target, input });
  }

  #tellListeners(observed: ObservedEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(observed);
      } catch (error) {
        this.#surroundings.report(`EventBridge: an observer failed on an event: ${String(error)}`);
      }
    }
  }
}

export function busArn(surroundings: Surroundings, busName: string): string {
  return `arn:aws:events:${surroundings.region}:${surroundings.accountId}:event-bus/${busName}`;
}

export function ruleArn(surroundings: Surroundings, busName: string, ruleName: string): string {
  const scope = busName === DEFAULT_BUS ? '' : `${busName}/`;
  return `arn:aws:events:${surroundings.region}:${surroundings.accountId}:rule/${scope}${ruleName}`;
}
