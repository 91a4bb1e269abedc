/** SNS: the topics of fauxqs, in memory, with the query protocol that every client speaks; delivers to queues. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../aws-error.ts';
import { type FauxqsApp, type FauxqsSns, type FauxqsSqs, isFauxqsError, type SnsAction } from '../fauxqs-app.ts';
import { readBody } from '../http-body.ts';
import type { LocalService, Surroundings } from '../ports.ts';
import { answerQueryError, type Published, publishedIn } from './query.ts';

export type { Published };

export interface Sns extends LocalService {
  /** Is there before the first request is answered; fauxqs is not loaded for it. */
  createTopic(name: string): void;
  /** Tells of each message that a topic took; returns how to stop. */
  observe(listener: (published: Published) => void): () => void;
}

/** A message of 256 KiB, as a form, and its fields. */
const BODY_LIMIT_BYTES = 1024 * 1024;
const OPERATIONS = [
  'CreateTopic',
  'DeleteTopic',
  'GetSubscriptionAttributes',
  'GetTopicAttributes',
  'ListSubscriptions',
  'ListSubscriptionsByTopic',
  'ListTopics',
  'Publish',
  'PublishBatch',
  'SetSubscriptionAttributes',
  'Subscribe',
  'Unsubscribe',
] as const;
type Operation = (typeof OPERATIONS)[number];

interface Opened {
  readonly sns: FauxqsSns;
  readonly sqs: FauxqsSqs;
}

/** Topics are made anew by every start; subscriptions are gone with the process. */
export function createSns(surroundings: Surroundings, { app }: { readonly app: FauxqsApp }): Sns {
  const declared: string[] = [];
  const listeners = new Set<(published: Published) => void>();
  let opened: Promise<Opened> | undefined;
  const open = () => {
    opened ??= openFauxqs(surroundings, app, declared);
    return opened;
  };
  return {
    signingNames: ['sns'],
    async handle(request, response) {
      try {
        const form = Object.fromEntries(new URLSearchParams((await readBody(request, BODY_LIMIT_BYTES)).toString()));
        const body = run(await open(), form, request);
        for (const published of publishedIn(form)) for (const listener of listeners) listener(published);
        sendXml(response, body);
      } catch (error) {
        answerQueryError(response, knownError(error, surroundings));
      }
    },
    createTopic: (name) => void declared.push(name),
    observe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: async () => undefined,
  };
}

async function openFauxqs(surroundings: Surroundings, app: FauxqsApp, topics: readonly string[]): Promise<Opened> {
  const [sns, sqs] = await Promise.all([app.sns(), app.sqs()]);
  for (const name of topics) sns.store.createTopic(name, undefined, undefined, surroundings.region);
  return { sns, sqs };
}

function run({ sns, sqs }: Opened, form: Readonly<Record<string, string>>, request: IncomingMessage): string {
  const { Action: action = '(none)', Protocol: protocol } = form;
  if (!isOperation(action)) {
    throw new AwsError('InvalidAction', `The action ${action.slice(0, 100)} is not offered by SNS on this laptop AWS.`);
  }
  if (action === 'Subscribe' && protocol !== undefined && protocol !== 'sqs') {
    const message = `Invalid parameter: Protocol. This laptop AWS delivers to sqs only, not to ${protocol.slice(0, 20)}.`;
    throw new AwsError('InvalidParameter', message);
  }
  checkSubject(form);
  const name = `${action.charAt(0).toLowerCase()}${action.slice(1)}` as Uncapitalize<Operation>;
  const perform: SnsAction = sns.actions[name];
  return perform(form, sns.store, sqs.store, { headers: request.headers });
}

function isOperation(action: string): action is Operation {
  return (OPERATIONS as readonly string[]).includes(action);
}

/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: ASCII, no line breaks, shorter than 100 characters, begins visibly. */
function checkSubject(form: Readonly<Record<string, string>>): void {
  const subjects = Object.entries(form).filter(([name]) => /(?:^|\.)Subject$/.test(name));
  if (subjects.some(([, subject]) => !/^[!-~][ -~]{0,98}$/.test(subject)))
    throw new AwsError('InvalidParameter', 'Invalid parameter: Subject');
}

function knownError(error: unknown, { report }: Surroundings): AwsError {
  if (error instanceof AwsError) return error;
  if (isFauxqsError(error))
    return new AwsError(error.code, error.message, { statusCode: error.statusCode, cause: error });
  report(`SNS: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return new AwsError('InternalError', 'SNS on this laptop AWS failed; its output says why.', { statusCode: 500 });
}

function sendXml(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
