/** The topic for people. */
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Notice, Notifier } from '../lifecycle/ports.ts';
import { config } from './config.ts';
import { withPatience } from './patience.ts';
import { traced } from './tracing.ts';

/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: a subject is ASCII, without line breaks, shorter than 100. */
const LONGEST_SUBJECT = 99;
/** SNS takes 256 KiB with the attributes; no mail reader is glad of more than this. */
const LONGEST_TEXT = 30_000;

let client: SNSClient | undefined;

export function createNotifier(patienceMs?: number): Notifier {
  client ??= traced(new SNSClient({}));
  const sns = client;
  return {
    async notify(notice) {
      const { notificationsTopic, notify } = config();
      if (!notify.has(notice.kind)) return;
      const command = new PublishCommand({
        TopicArn: notificationsTopic,
        Subject: subjectOf(notice.subject),
        Message: notice.text.slice(0, LONGEST_TEXT),
        MessageAttributes: attributesOf(notice),
      });
      await sns.send(command, withPatience(patienceMs));
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
