/**
 * The least that a function can be which calls HealthOmics by its client: one GetRun, bundled as the functions are, with
 * neither middy nor Powertools nor any code of Rundrop's.
 */
import { GetRunCommand, OmicsClient } from '@aws-sdk/client-omics';

const omics = new OmicsClient({ disableHostPrefix: true });

export async function handler(): Promise<unknown> {
  const { status } = await omics.send(new GetRunCommand({ id: '1234567' }));
  return { status };
}
