/** What the ledger and HealthOmics have in the end, for the judge. */
import { GetRunCommand, type OmicsClient, paginateListRuns } from '@aws-sdk/client-omics';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import type { Found, FoundRun } from './judge.ts';

const REQUEST_ID_TAG = 'rundrop:requestId';
const LISTED_AT_MOST = 10_000;

export interface Laptop {
  readonly omics: OmicsClient;
  readonly ledger: Ledger;
}

export async function readEverything({ omics, ledger }: Laptop): Promise<Omit<Found, 'keys'>> {
  const [drops, requests] = [await ledger.drops.list(LISTED_AT_MOST), await ledger.requests.list(LISTED_AT_MOST)];
  return { drops, requests, runs: await allRuns(omics) };
}

/** Whether so many requests are there, each with an outcome that was announced. */
export async function isSettled({ ledger }: Laptop, count: number): Promise<boolean> {
  const requests = await ledger.requests.list(LISTED_AT_MOST);
  return requests.length >= count && requests.every(({ announcedAt }) => announcedAt !== undefined);
}

async function allRuns(omics: OmicsClient): Promise<FoundRun[]> {
  const runs: FoundRun[] = [];
  for await (const { items = [] } of paginateListRuns({ client: omics, pageSize: 100 }, {})) {
    for (const { id } of items) {
      const { uuid = '', status = '', tags = {} } = await omics.send(new GetRunCommand({ id }));
      runs.push({ uuid, status, requestId: tags[REQUEST_ID_TAG] });
    }
  }
  return runs;
}
