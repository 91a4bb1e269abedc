/** The topic for people. */
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Notice, Notifier } from '../lifecycle/ports.ts';
import { type Config, config } from './config.ts';
import { withPatience } from './patience.ts';
import { traced } from './tracing.ts';

/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: a subject is ASCII, without line breaks, shorter than 100. */
const LONGEST_SUBJECT = 99;
/** SNS takes 256 KiB with the attributes; no mail reader is glad of more than this. */
const LONGEST_TEXT = 30_000;

let client: SNSClient | undefined;

/** In a function over its own client and settings; a test gives others. */
export function createNotifier(given?: {
  readonly sns: SNSClient;
  readonly settings: Pick<Config, 'notificationsTopic' | 'notify'>;
  readonly patienceMs: number;
}): Notifier {
  if (given === undefined) client ??= traced(new SNSClient({}));
  const sns = given?.sns ?? client ?? new SNSClient({});
  return {
    async notify(notice) {
      const { notificationsTopic, notify } = given?.settings ?? config();
      if (!notify.has(notice.kind)) return;
      const command = new PublishCommand({
        TopicArn: notificationsTopic,
        Subject: subjectOf(notice.subject),
        Message: notice.text.slice(0, LONGEST_TEXT),
        MessageAttributes: attributesOf(notice),
      });
      await sns.send(command, withPatience(given?.patienceMs));
    },
  };
}

/** What is not ASCII becomes `?`: the text has the rest. */
export function subjectOf(subject: string): string {
  const ascii = subject
    .replace(/\s+/g, ' ')
    .replace(/[^ -~]/g, '?')
    .trim();
  return ascii.length <= LONGEST_SUBJECT ? ascii || 'Rundrop' : `${ascii.slice(0, LONGEST_SUBJECT - 3)}...`;
}

/** What a subscription's filter policy may ask for. */
function attributesOf({ eventId, about, kind, route }: Notice) {
  const known = Object.entries({ eventId, about, kind, route }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known.map(([name, value]) => [name, { DataType: 'String', StringValue: value }]));
}
