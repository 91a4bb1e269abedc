/** StartRun's limit on a run's name. */
const NAME_LIMIT = 128;
/** `-` and eight hexadecimal digits of the requestId, by which a run is found again. */
const SUFFIX_LENGTH = 9;

/** A run's name, cut so that Rundrop's suffix has its place. Never ends in half a character. */
export function cutRunName(name: string): string {
  const limit = NAME_LIMIT - SUFFIX_LENGTH;
  if (name.length <= limit) return name;
  const cut = name.slice(0, limit);
  return cut.isWellFormed() ? cut : cut.slice(0, limit - 1);
}
