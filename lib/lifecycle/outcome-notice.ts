/** What people are told of an outcome: what happened, what was tried, where the logs are, what to type (invariant 9). */
import { failureWords, outcomeWords } from '../runs/outcome-words.ts';
import type { AttemptRecord, RequestRecord } from '../runs/request-record.ts';
import { noticeText } from './notice-text.ts';
import type { Notice } from './ports.ts';

/** HealthOmics writes there unless the run's workflow engine says otherwise. */
const LOG_GROUP = '/aws/omics/WorkflowLog';

export function outcomeNotice(record: RequestRecord, event: Pick<Notice, 'eventId' | 'about'>): Notice {
  const { identity, route, outcome = 'FAILED', outcomeAt, attempts, evidence, evidenceTrouble } = record;
  const kept = evidence === undefined ? `not written yet (${evidenceTrouble?.error ?? 'unknown'})` : evidence.uri;
  const lines = [
    outcomeWords(record),
    '',
    `Route:    ${route}`,
    `Request:  ${identity}`,
    `Outcome:  ${outcome}${outcomeAt === undefined ? '' : ` at ${outcomeAt}`}`,
    `Evidence: ${kept}`,
    '',
    ...attempts.flatMap(attemptLines),
    '',
    `Everything about it:  rundrop show ${identity}`,
    ...(outcome === 'COMPLETED' ? [] : [`Run it again:         rundrop rerun ${identity}`]),
  ];
  return {
    ...event,
    kind: outcome,
    route,
    subject: `${outcome} ${route} ${identity}`,
    text: noticeText(event.eventId, lines),
  };
}

function attemptLines(attempt: AttemptRecord): string[] {
  const { attempt: number, runId, uuid, status, outcome, failureReason, changes } = attempt;
  const names = Object.keys(changes);
  const changed = names.length === 0 ? '' : `, with another ${names.join(' and ')}`;
  const end = failureReason === undefined ? (outcome ?? status ?? 'waiting') : `FAILED: ${failureWords(failureReason)}`;
  if (runId === undefined) return [`Attempt ${number}${changed}: no run was started.`];
  return [
    `Attempt ${number}${changed}: run ${runId} (uuid ${uuid}), ${end}.`,
    `  Logs: log group ${LOG_GROUP}, streams run/${runId} and run/${runId}/engine`,
  ];
}
