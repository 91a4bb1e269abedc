/** Tells that nobody knows whether a StartRun made a run, so that a person decides: once for each time that it is so. */
import { opaqueId } from '../runs/identity.ts';
import { currentAttempt, type RequestRecord } from '../runs/request-record.ts';
import { isEverybodyTold } from '../runs/told.ts';
import { toldOfUncertainty, uncertainTold } from '../runs/transitions.ts';
import type { AnnouncePorts } from './announce-outcome.ts';
import { noticeText } from './notice-text.ts';
import { tell, type Word } from './tell.ts';

const REQUEST_UNCERTAIN = 'Request Uncertain';

export async function announceUncertain(
  ports: Pick<AnnouncePorts, 'ledger' | 'announcer' | 'notifier' | 'log'>,
  record: RequestRecord,
): Promise<void> {
  const before = toldOfUncertainty(record);
  if (record.state !== 'UNCERTAIN' || isEverybodyTold(before)) return;
  const { identity, since } = record;
  await tell(ports, wordOf(record), before, (told) =>
    ports.ledger.requests.change(identity, (latest) => uncertainTold(latest, since, told), record),
  );
}

function wordOf(record: RequestRecord): Word {
  const { identity: request, route, since } = record;
  const { attempt, requestId, name, startCalledAt } = currentAttempt(record);
  const eventId = opaqueId({ announcement: REQUEST_UNCERTAIN, identity: request, since });
  const detail = { version: '1', eventId, request, route, since, attempt, requestId, startCalledAt };
  const lines = [
    `StartRun was called at ${startCalledAt}, its answer was lost, and no run with the request's name is there now.`,
    'Whether one ran and was removed cannot be told, and starting again may cost a second run: a person has to decide.',
    '',
    `Route:    ${route}`,
    `Request:  ${request}`,
    `Attempt:  ${attempt}, requestId ${requestId}`,
    `Run name: ends in ${name.slice(-8)}`,
    '',
    `Everything about it:  rundrop show ${request}`,
    `Decide:               rundrop replay ${request}`,
  ];
  const subject = `UNCERTAIN ${route} ${request}`;
  return {
    event: { detailType: REQUEST_UNCERTAIN, detail },
    notice: { eventId, about: REQUEST_UNCERTAIN, kind: 'UNCERTAIN', route, subject, text: noticeText(eventId, lines) },
  };
}
