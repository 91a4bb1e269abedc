import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../aws-error.ts';
import { readBody } from '../http-body.ts';
import type { LocalService, Surroundings } from '../ports.ts';
import { answerProtocolError } from './protocol-error.ts';

const BODY_LIMIT_BYTES = 64 * 1024;

/** Security Token Service, as far as tools need it to say whom they speak to: GetCallerIdentity and nothing else. */
export function createSts(surroundings: Surroundings): LocalService {
  return {
    signingNames: ['sts'],
    async handle(request, response) {
      const action = await actionOf(request);
      if (action === 'GetCallerIdentity') return sendCallerIdentity(response, surroundings.accountId);
      answerProtocolError(request, response, {
        signingName: 'sts',
        statusCode: 400,
        code: 'InvalidAction',
        message: `The action ${action} is not offered by STS on this laptop AWS.`,
      });
    },
    close: async () => {},
  };
}

async function actionOf(request: IncomingMessage): Promise<string> {
  const query = new URLSearchParams(request.url?.split('?', 2)[1] ?? '');
  const body = await readBody(request, BODY_LIMIT_BYTES).catch((error: unknown) => {
    if (error instanceof AwsError) return Buffer.alloc(0);
    throw error;
  });
  const form = new URLSearchParams(body.toString('utf8'));
  return (form.get('Action') ?? query.get('Action') ?? '(none)').slice(0, 100);
}

function sendCallerIdentity(response: ServerResponse, accountId: string): void {
  const result = `<Arn>arn:aws:iam::${accountId}:root</Arn><UserId>${accountId}</UserId><Account>${accountId}</Account>`;
  const requestId = randomUUID();
  response.writeHead(200, { 'content-type': 'text/xml', 'x-amzn-requestid': requestId });
  response.end(
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">' +
      `<GetCallerIdentityResult>${result}</GetCallerIdentityResult>` +
      `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
  );
}
