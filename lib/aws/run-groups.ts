/** Run groups and their limits, as the sweeper reads them. */
import { ListRunGroupsCommand, type OmicsClient } from '@aws-sdk/client-omics';
import type { RunGroups } from '../lifecycle/sweep-ports.ts';
import type { RunGroupLimits } from '../quota/queue-picture.ts';
import { omicsErrorsTranslated } from './stored-runs.ts';

const PAGE_SIZE = 100;

export function createRunGroups(client: () => OmicsClient): RunGroups {
  return {
    async page(token) {
      const input = { maxResults: PAGE_SIZE, ...(token === undefined ? {} : { startingToken: token }) };
      const answer = await omicsErrorsTranslated(() => client().send(new ListRunGroupsCommand(input)));
      const groups = (answer.items ?? []).flatMap(limitsOf);
      return answer.nextToken === undefined ? { groups } : { groups, token: answer.nextToken };
    },
  };
}

interface Described {
  readonly id?: string | undefined;
  readonly maxRuns?: number | undefined;
  readonly maxCpus?: number | undefined;
  readonly maxGpus?: number | undefined;
  readonly maxDuration?: number | undefined;
}

function limitsOf({ id, maxRuns, maxCpus, maxGpus, maxDuration }: Described): RunGroupLimits[] {
  if (id === undefined) return [];
  return [
    {
      runGroupId: id,
      ...(maxRuns === undefined ? {} : { maxRuns }),
      ...(maxCpus === undefined ? {} : { maxCpus }),
      ...(maxGpus === undefined ? {} : { maxGpus }),
      ...(maxDuration === undefined ? {} : { maxDuration }),
    },
  ];
}
