/** Creating a resource under an idempotency token: the same request makes it once. */
import { fingerprint } from './fingerprint.ts';
import type { OmicsParts } from './parts.ts';
import type { Input } from './protocol/answer.ts';
import { tokenOf } from './request-memory.ts';
import type { Resource, ResourceTable } from './resource-table.ts';

/** @throws AwsError when the token was used with other parameters, as the switch `requestIdReuse` says. */
export function createOnce<T extends Resource>(
  parts: OmicsParts,
  operation: string,
  input: Input,
  table: ResourceTable<T>,
  make: () => T,
): T {
  const token = tokenOf(operation, String(input.requestId));
  const print = fingerprint(input);
  const atMs = parts.clock.nowMs();
  const earlier = parts.memory.recall(token, print, atMs);
  const known = earlier === undefined ? undefined : table.get(String(earlier.made[0]));
  if (known !== undefined) return known;
  const resource = table.put(make());
  parts.memory.remember({ token, fingerprint: print, atMs, made: [resource.key] });
  return resource;
}

/** The members of `given` that are not undefined, so that an update leaves the others as they are. */
export function present<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
