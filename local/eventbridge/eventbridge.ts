/**
 * EventBridge on a laptop: buses, rules with event patterns, and delivery to targets in this process.
 * Not as on AWS: an event for which a put resolved is with its targets already; retries last seconds, not a day; archives,
 * replays, API destinations, schemas and scheduled rules are not offered.
 */
import path from 'node:path';
import { AwsError } from '../aws-error.ts';
import { answerAwsJson, type JsonObject, type JsonOperations } from '../aws-json.ts';
import { forgetfulJournal, openKeyedJournal } from '../keyed-journal.ts';
import type { EventPort, LocalService, Surroundings, TargetPort } from '../ports.ts';
import { busArn, type EventListener, EventRouter } from './event-router.ts';
import type { InputTransformer } from './input-transform.ts';
import { EntryRefusal, readEntries, readEntry } from './put-events.ts';
import { busNameOf, readTarget, requireString } from './rule-input.ts';
import { ruleOperations } from './rule-operations.ts';
import { compileOrRefuse, DEFAULT_BUS, RuleStore } from './rule-store.ts';

export type { EventEnvelope, ObservedEvent } from './event-router.ts';

export interface DeclaredRule {
  readonly name: string;
  readonly busName?: string;
  /** The event pattern as an object or as its JSON text. */
  readonly pattern: string | Readonly<Record<string, unknown>>;
}

export interface DeclaredTarget {
  readonly ruleName: string;
  readonly busName?: string;
  readonly id: string;
  readonly arn: string;
  readonly input?: string;
  readonly inputPath?: string;
  readonly inputTransformer?: InputTransformer;
  readonly messageGroupId?: string;
  readonly deadLetterArn?: string;
}

export interface EventBridge extends LocalService, EventPort {
  /** Declares a bus; one that exists stays as it is. */
  createEventBus(name: string): void;
  /** Declares a rule, replacing one of that name. @throws AwsError InvalidEventPatternException. */
  putRule(rule: DeclaredRule): void;
  /** Declares a target of a rule. @throws AwsError ResourceNotFoundException, ValidationException. */
  putTarget(target: DeclaredTarget): void;
  /** Tells `listener` of every event on every bus, before its targets; returns how to stop. */
  observe(listener: EventListener): () => void;
}

export function createEventBridge(surroundings: Surroundings, { targets }: { targets: TargetPort }): EventBridge {
  const { dataDir } = surroundings;
  const journal = dataDir === undefined ? forgetfulJournal : openKeyedJournal(path.join(dataDir, 'rules.jsonl'));
  const store = new RuleStore(journal);
  const router = new EventRouter(surroundings, store, targets);
  const operations: JsonOperations = {
    PutEvents: (input) => putEvents(input, store, router),
    TestEventPattern: testEventPattern,
    ...busOperations(surroundings, store),
    ...ruleOperations(surroundings, store),
  };
  return {
    signingNames: ['events'],
    handle: (request, response) =>
      answerAwsJson(request, response, {
        serviceName: 'EventBridge',
        version: '1.1',
        operations,
        report: surroundings.report,
      }),
    put: (event) => router.route(event.busName ?? DEFAULT_BUS, router.envelope(event)),
    createEventBus: (name) => {
      if (!store.hasBus(name)) store.createBus(name);
    },
    putRule: (rule) => store.putRule(declaredRule(rule)),
    putTarget: (target) => store.putTargets(target.busName ?? DEFAULT_BUS, target.ruleName, [declaredTarget(target)]),
    observe: (listener) => router.observe(listener),
    close: async () => store.close(),
  };
}

function declaredRule({ name, busName, pattern }: DeclaredRule) {
  return {
    Name: name,
    EventBusName: busName ?? DEFAULT_BUS,
    EventPattern: typeof pattern === 'string' ? pattern : JSON.stringify(pattern),
    State: 'ENABLED' as const,
  };
}

function declaredTarget(target: DeclaredTarget) {
  const { id, arn, input, inputPath, inputTransformer, messageGroupId, deadLetterArn } = target;
  return readTarget({
    Id: id,
    Arn: arn,
    ...(input === undefined ? {} : { Input: input }),
    ...(inputPath === undefined ? {} : { InputPath: inputPath }),
    ...(inputTransformer === undefined ? {} : { InputTransformer: inputTransformer }),
    ...(messageGroupId === undefined ? {} : { SqsParameters: { MessageGroupId: messageGroupId } }),
    ...(deadLetterArn === undefined ? {} : { DeadLetterConfig: { Arn: deadLetterArn } }),
  });
}

async function putEvents(input: JsonObject, store: RuleStore, router: EventRouter): Promise<JsonObject> {
  const entries = await Promise.all(readEntries(input).map((entry) => putEntry(entry, store, router)));
  return { FailedEntryCount: entries.filter((entry) => 'ErrorCode' in entry).length, Entries: entries };
}

async function putEntry(entry: unknown, store: RuleStore, router: EventRouter): Promise<JsonObject> {
  try {
    const event = readEntry(entry);
    if (!store.hasBus(event.busName)) {
      throw new EntryRefusal(
        'InvalidArgument',
        `Parameter EventBusName is not valid. Reason: Event bus ${event.busName} does not exist.`,
      );
    }
    const envelope = router.envelope(event);
    await router.route(event.busName, envelope);
    return { EventId: envelope.id };
  } catch (error) {
    if (error instanceof EntryRefusal) return { ErrorCode: error.code, ErrorMessage: error.message };
    if (error instanceof AwsError) return { ErrorCode: 'InvalidArgument', ErrorMessage: error.message };
    throw error;
  }
}

/** The members that AWS wants in the event of a TestEventPattern request. */
const TEST_EVENT_MEMBERS = ['id', 'account', 'source', 'time', 'region', 'resources', 'detail-type'] as const;

function testEventPattern(input: JsonObject): JsonObject {
  const test = compileOrRefuse(requireString(input, 'EventPattern'));
  const event = parseEvent(requireString(input, 'Event'));
  return { Result: test(event) };
}

function parseEvent(text: string): JsonObject {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch (error) {
    throw new AwsError('ValidationException', 'Parameter Event is not valid. Reason: it is not JSON.', {
      cause: error,
    });
  }
  const members = typeof event === 'object' && event !== null ? (event as JsonObject) : {};
  const missing = TEST_EVENT_MEMBERS.find((member) => !Object.hasOwn(members, member));
  if (missing === undefined) return members;
  throw new AwsError(
    'ValidationException',
    `Parameter Event is not valid. Reason: ${missing} is a required member of an event.`,
  );
}

function busOperations(surroundings: Surroundings, store: RuleStore): JsonOperations {
  const describe = (name: string) => ({ Name: name, Arn: busArn(surroundings, name) });
  return {
    CreateEventBus: (input) => {
      const name = busNameOf(requireString(input, 'Name'));
      store.createBus(name);
      return { EventBusArn: busArn(surroundings, name) };
    },
    DeleteEventBus: (input) => {
      store.deleteBus(busNameOf(requireString(input, 'Name')));
      return {};
    },
    DescribeEventBus: (input) => {
      const name = busNameOf(input.Name);
      store.rules(name);
      return describe(name);
    },
    ListEventBuses: ({ NamePrefix: prefix }) => ({
      EventBuses: store
        .busNames()
        .filter((name) => typeof prefix !== 'string' || name.startsWith(prefix))
        .map(describe),
    }),
  };
}
