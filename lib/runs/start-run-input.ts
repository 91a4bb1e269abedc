/** From a frozen request to the bytes that one attempt sends to StartRun. */
import type { AttemptRecord, RequestRecord } from './request-record.ts';

/** The tag that carries a run's whole requestId, so that a run whose StartRun reply was lost can be recognised. */
export const REQUEST_ID_TAG = 'rundrop:requestId';

const LONGEST_RUN_NAME = 128;
const SUFFIX_HEX_DIGITS = 8;

/** StartRun's input, in the API's spelling. */
export type StartRunInput = Readonly<Record<string, unknown>> & { readonly requestId: string };

/** A run's name: what the request asks for, and eight hex digits of the requestId, so that ListRuns by name finds it. */
export function runNameOf(asked: string, requestId: string): string {
  const suffix = `-${requestId.slice(0, SUFFIX_HEX_DIGITS)}`;
  return `${asked.slice(0, LONGEST_RUN_NAME - suffix.length)}${suffix}`;
}

/** The name that a frozen request asks for, or its route's. */
export function askedName(requestText: string, route: string): string {
  const { name } = JSON.parse(requestText) as { name?: unknown };
  return typeof name === 'string' && name !== '' ? name : route;
}

/** The same record gives the same input, however often and by which version of the route file it is asked for. */
export function startRunInput(record: RequestRecord, attempt: AttemptRecord): StartRunInput {
  const frozen = JSON.parse(record.requestText) as Record<string, unknown>;
  const changed = Object.entries({ ...frozen, ...attempt.changes }).filter(([, value]) => value !== null);
  return {
    ...Object.fromEntries(changed),
    name: attempt.name,
    tags: {
      ...(frozen.tags as Record<string, string> | undefined),
      [REQUEST_ID_TAG]: attempt.requestId,
      // The same on every attempt, so that HealthOmics, too, can tell which runs belong together.
      'rundrop:request': record.identity,
      'rundrop:route': record.route,
      'rundrop:routeFile': record.routesHash.slice(0, 12),
      'rundrop:version': record.rundropVersion,
    },
    requestId: attempt.requestId,
  };
}
