/** The query protocol's forms and errors, as far as SNS's clients use them. */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { AwsError } from '../aws-error.ts';

/** What a client published, as it came. */
export interface Published {
  readonly topicArn: string;
  readonly subject?: string;
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
}

type Form = Readonly<Record<string, string>>;

/** The messages in a Publish or PublishBatch form; none in another. */
export function publishedIn(form: Form): Published[] {
  const { Action: action, TopicArn: topicArn } = form;
  if (topicArn === undefined) return [];
  if (action === 'Publish') return messageAt(form, topicArn, '');
  if (action !== 'PublishBatch') return [];
  return indexesUnder(form, 'PublishBatchRequestEntries.member.').flatMap((index) =>
    messageAt(form, topicArn, `PublishBatchRequestEntries.member.${index}.`),
  );
}

function messageAt(form: Form, topicArn: string, prefix: string): Published[] {
  const message = form[`${prefix}Message`];
  const subject = form[`${prefix}Subject`];
  if (message === undefined) return [];
  const at = `${prefix}MessageAttributes.entry.`;
  const attributes = indexesUnder(form, at).map((index) => [
    form[`${at}${index}.Name`] ?? '',
    form[`${at}${index}.Value.StringValue`] ?? '',
  ]);
  return [
    {
      topicArn,
      message,
      ...(subject === undefined ? {} : { subject }),
      attributes: Object.fromEntries(attributes) as Record<string, string>,
    },
  ];
}

/** Lists are numbered in a form: `prefix1.Name`, `prefix2.Name`. */
function indexesUnder(form: Form, prefix: string): readonly string[] {
  const found = Object.keys(form).flatMap((name) =>
    name.startsWith(prefix) ? (/^\d+/.exec(name.slice(prefix.length))?.[0] ?? []) : [],
  );
  return [...new Set(found)];
}

export function answerQueryError(response: ServerResponse, error: AwsError): void {
  const type = error.statusCode < 500 ? 'Sender' : 'Receiver';
  const text = error.message.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const body =
    '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">' +
    `<Error><Type>${type}</Type><Code>${error.code}</Code><Message>${text}</Message></Error>` +
    `<RequestId>${randomUUID()}</RequestId></ErrorResponse>`;
  response.writeHead(error.statusCode, { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
