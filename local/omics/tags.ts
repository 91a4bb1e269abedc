/** Rules for tags that hold for every resource. */
import { validationError } from './protocol/validate.ts';
import type { Tags } from './runs/run.ts';

const MOST_TAGS = 50;

/** @throws AwsError ValidationException for more than 50 tags or a key that AWS reserves. */
export function checkTags(tags: Tags): void {
  const keys = Object.keys(tags);
  if (keys.length > MOST_TAGS) {
    throw validationError([
      `Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to ${MOST_TAGS}`,
    ]);
  }
  const reserved = keys.find((key) => key.toLowerCase().startsWith('aws:'));
  if (reserved !== undefined) {
    throw validationError([
      `Value '${reserved}' at 'tags' failed to satisfy constraint: Member must not start with aws:`,
    ]);
  }
}
