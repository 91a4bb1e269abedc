/** The StartRun request that a run was started with, as far as GetRun tells it. */
import { GetRunCommand, type GetRunCommandOutput, type OmicsClient } from '@aws-sdk/client-omics';
import { OWN_TAG_PREFIX, START_RUN_MEMBER_NAMES } from '../routing/start-run-members.ts';

/** `undefined` when there is no such run. */
export async function requestOfRun(
  omics: OmicsClient,
  runId: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    return requestOf(await omics.send(new GetRunCommand({ id: runId })));
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

function requestOf(answer: GetRunCommandOutput): Readonly<Record<string, unknown>> {
  const { runId: _ofWhichItIsACopy, tags = {}, ...members } = { ...answer } as Record<string, unknown>;
  const known = START_RUN_MEMBER_NAMES.filter((name) => members[name] !== undefined && members[name] !== null);
  const own = Object.entries(tags as Record<string, string>).filter(
    ([name]) => !name.toLowerCase().startsWith(OWN_TAG_PREFIX) && !/^aws:/i.test(name),
  );
  return {
    ...Object.fromEntries(known.map((name) => [name, members[name]])),
    ...(own.length === 0 ? {} : { tags: Object.fromEntries(own) }),
  };
}
