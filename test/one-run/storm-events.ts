/** The way that an event takes from EventBridge to on-drop, in the hands of a test: held back, copied and sent again. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeRuleCommand,
  DisableRuleCommand,
  EventBridgeClient,
  ListRuleNamesByTargetCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';

const DROPS_QUEUE = 'rundrop-local-drops';
const DEAD_LETTER_QUEUE = 'rundrop-local-drops-dlq';
const CAPTURE = 'storm-capture';
const LOOK_MS = 500;

export interface Counts {
  /** Messages of the drops queue that are not done, in flight or not. */
  readonly left: number;
  readonly dead: number;
}

export interface Bus {
  /** What matches a rule of the drops queue goes to a queue of our own from now on, and nowhere else. */
  capture(): Promise<void>;
  /** Bodies of that queue, each once. @throws when there are not `count` within `limitMs` */
  captured(count: number, limitMs: number): Promise<readonly string[]>;
  /** Up to ten messages for on-drop. */
  send(bodies: readonly string[]): Promise<void>;
  counts(): Promise<Counts>;
  close(): void;
}

export async function busOf(endpoint: string): Promise<Bus> {
  const settings = { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'storm', secretAccessKey: 'storm' } };
  const events = new EventBridgeClient(settings);
  const sqs = new SQSClient(settings);
  const urlOf = async (QueueName: string) =>
    (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? `no queue ${QueueName}`;
  const [drops, deadLetters] = [await urlOf(DROPS_QUEUE), await urlOf(DEAD_LETTER_QUEUE)];
  const { QueueUrl: own = '' } = await sqs.send(new CreateQueueCommand({ QueueName: CAPTURE }));
  return {
    async capture() {
      const [{ QueueArn: from }, { QueueArn: to }] = [await attributesOf(sqs, drops), await attributesOf(sqs, own)];
      const { RuleNames = [] } = await events.send(new ListRuleNamesByTargetCommand({ TargetArn: from }));
      for (const Name of RuleNames) {
        const { EventPattern } = await events.send(new DescribeRuleCommand({ Name }));
        const capture = `${CAPTURE}-${Name}`;
        await events.send(new PutRuleCommand({ Name: capture, EventPattern }));
        await events.send(new PutTargetsCommand({ Rule: capture, Targets: [{ Id: CAPTURE, Arn: to }] }));
        await events.send(new DisableRuleCommand({ Name }));
      }
    },
    async captured(count, limitMs) {
      const bodies = new Set<string>();
      for (const endMs = Date.now() + limitMs; bodies.size < count && Date.now() < endMs; ) {
        for (const body of await received(sqs, own)) bodies.add(body);
      }
      if (bodies.size !== count) throw new Error(`${bodies.size} events were captured of ${count} objects.`);
      return [...bodies];
    },
    async send(bodies) {
      const Entries = bodies.map((MessageBody) => ({ Id: randomUUID(), MessageBody }));
      const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: drops, Entries }));
      if (Failed.length > 0) throw new Error(`The drops queue refused ${Failed.length} messages of ${bodies.length}.`);
    },
    async counts() {
      const [queued, dead] = [await attributesOf(sqs, drops), await attributesOf(sqs, deadLetters)];
      return { left: messagesOf(queued), dead: messagesOf(dead) };
    },
    close() {
      for (const client of [events, sqs]) client.destroy();
    },
  };
}

type Attributes = Readonly<Record<string, string | undefined>>;

async function attributesOf(sqs: SQSClient, QueueUrl: string): Promise<Attributes> {
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  return Attributes;
}

function messagesOf({
  ApproximateNumberOfMessages: waiting,
  ApproximateNumberOfMessagesNotVisible: inFlight,
}: Attributes) {
  return Number(waiting) + Number(inFlight);
}

async function received(sqs: SQSClient, QueueUrl: string): Promise<string[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
  );
  const Entries = Messages.map(({ ReceiptHandle }, number) => ({ Id: String(number), ReceiptHandle }));
  if (Entries.length > 0) await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  return Messages.map(({ Body = '' }) => Body);
}

export interface Wait {
  readonly limitMs: number;
  /** Told how many are left, so often. */
  readonly everyMs: number;
  readonly tell: (left: number) => void;
}

/** Looks until the drops queue has given everything. @throws after `limitMs` */
export async function drained(bus: Bus, { limitMs, everyMs, tell }: Wait): Promise<void> {
  const startMs = Date.now();
  let toldMs = startMs;
  for (let left = -1; left !== 0; await sleep(LOOK_MS)) {
    ({ left } = await bus.counts());
    const nowMs = Date.now();
    if (nowMs > startMs + limitMs) throw new Error(`${left} messages are left in the drops queue.`);
    if (nowMs < toldMs + everyMs) continue;
    tell(left);
    toldMs = nowMs;
  }
}
