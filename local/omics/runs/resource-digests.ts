/** What GetRun says of the objects that a run reads. */
import { hash } from 'node:crypto';

const LONGEST_URI_CHARACTERS = 256;
const MOST_DIGESTS = 100;

/**
 * A digest for each S3 URI among the parameters. It follows from the URI alone: no object is read.
 * @param parameters any JSON value.
 */
export function resourceDigestsOf(parameters: unknown): Record<string, string> {
  const digests: [string, string][] = [];
  const visit = (value: unknown): void => {
    if (digests.length >= MOST_DIGESTS) return;
    if (typeof value === 'string') {
      if (value.startsWith('s3://') && value.length <= LONGEST_URI_CHARACTERS) {
        digests.push([value, `etag:${hash('md5', value)}`]);
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const item of Object.values(value)) visit(item);
    }
  };
  visit(parameters);
  return Object.fromEntries(digests);
}
