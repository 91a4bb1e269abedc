import type { Place, ProblemList } from './problems.ts';
import type { Retry } from './route.ts';
import type { RunTemplate } from './run-template.ts';

/** Storage that is to grow, and cannot: what is asked for first leaves no room for it. */
export function warnGrowth(
  { storageUpTo }: Retry,
  { members }: Pick<RunTemplate, 'members'>,
  place: Place,
  problems: ProblemList,
): void {
  if (storageUpTo === undefined) return;
  const constant = (name: string) => {
    const template = members.get(name);
    return template?.kind === 'constant' ? template.value : undefined;
  };
  if (constant('storageType') === 'DYNAMIC') {
    problems.warn(place, 'storage.upTo has no effect with storageType DYNAMIC, which grows by itself');
    return;
  }
  const capacity = constant('storageCapacity');
  if (typeof capacity === 'number' && capacity >= storageUpTo)
    problems.warn(place, `storage.upTo ${storageUpTo} is no more than the storageCapacity that is asked for at first`);
}
