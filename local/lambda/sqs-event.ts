/** A batch of messages as Lambda hands it to a function. Source: Lambda Developer Guide, "Using Lambda with Amazon SQS". */
import type { QueueMessage } from '../ports.ts';

export interface SqsRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: Readonly<Record<string, SqsRecordAttribute>>;
  readonly md5OfBody: string;
  readonly eventSource: 'aws:sqs';
  readonly eventSourceARN: string;
  readonly awsRegion: string;
}

export interface SqsRecordAttribute {
  readonly dataType: string;
  readonly stringValue?: string;
  readonly binaryValue?: string;
  readonly stringListValues: readonly string[];
  readonly binaryListValues: readonly string[];
}

export function sqsEvent(
  messages: readonly QueueMessage[],
  queueArn: string,
): { readonly Records: readonly SqsRecord[] } {
  return {
    Records: messages.map((message) => ({
      messageId: message.messageId,
      receiptHandle: message.receiptHandle,
      body: message.body,
      attributes: message.attributes,
      messageAttributes: Object.fromEntries(
        Object.entries(message.messageAttributes).map(([name, value]) => [name, recordAttribute(value)]),
      ),
      md5OfBody: message.md5OfBody,
      eventSource: 'aws:sqs',
      eventSourceARN: queueArn,
      awsRegion: queueArn.split(':')[3] ?? '',
    })),
  };
}

/** SQS spells the members with a capital, Lambda without. */
function recordAttribute(value: unknown): SqsRecordAttribute {
  const members = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  return {
    dataType: String(members.DataType ?? 'String'),
    ...(typeof members.StringValue === 'string' ? { stringValue: members.StringValue } : {}),
    ...(members.BinaryValue === undefined ? {} : { binaryValue: base64(members.BinaryValue) }),
    stringListValues: [],
    binaryListValues: [],
  };
}

function base64(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : String(value);
}
