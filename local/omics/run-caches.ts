/** Run caches. They are kept and named by runs; no task is ever answered from one. */
import { createOnce, present } from './create-once.ts';
import { notFound } from './errors.ts';
import { freeId } from './ids.ts';
import { pageOf } from './paging.ts';
import type { OmicsParts } from './parts.ts';
import type { Input, OperationHandlers } from './protocol/answer.ts';
import type { Resource } from './resource-table.ts';
import type { Tags } from './runs/run.ts';
import { checkTags } from './tags.ts';

export interface RunCache extends Resource {
  readonly id: string;
  readonly name?: string;
  readonly description?: string;
  readonly cacheBehavior: string;
  readonly cacheS3Uri: string;
  readonly cacheBucketOwnerId: string;
  readonly createdMs: number;
  readonly tags: Tags;
}

export function runCacheOperations(parts: OmicsParts): OperationHandlers {
  const find = (input: Input): RunCache => {
    const cache = parts.runCaches.get(String(input.id));
    if (cache === undefined) throw notFound('Run cache', String(input.id));
    return cache;
  };
  return {
    CreateRunCache: (input) => {
      const cache = createOnce(parts, 'CreateRunCache', input, parts.runCaches, () => newCache(parts, input));
      return { arn: parts.arns.of('runCache', cache.id), id: cache.id, status: 'ACTIVE', tags: cache.tags };
    },
    GetRunCache: (input) => cacheView(parts, find(input)),
    ListRunCaches: (input) => listCaches(parts, input),
    UpdateRunCache: (input) => {
      const cache = find(input);
      const { name, description, cacheBehavior } = input as Partial<RunCache>;
      parts.runCaches.put({ ...cache, ...present({ name, description, cacheBehavior }) });
      return undefined;
    },
    DeleteRunCache: (input) => {
      parts.runCaches.remove(find(input).key);
      return undefined;
    },
  };
}

function newCache(parts: OmicsParts, input: Input): RunCache {
  const { name, description } = input as { name?: string; description?: string };
  const tags = (input.tags ?? {}) as Tags;
  checkTags(tags);
  const id = freeId(parts.random, (taken) => parts.runCaches.has(taken));
  return {
    seq: parts.runCaches.nextSeq(),
    key: id,
    id,
    cacheBehavior: String(input.cacheBehavior ?? 'CACHE_ON_FAILURE'),
    cacheS3Uri: String(input.cacheS3Location),
    cacheBucketOwnerId: String(input.cacheBucketOwnerId ?? parts.accountId),
    createdMs: parts.clock.nowMs(),
    tags,
    ...present({ name, description }),
  };
}

function cacheView(parts: OmicsParts, cache: RunCache): object {
  return { ...cache, arn: parts.arns.of('runCache', cache.id), creationTime: cache.createdMs, status: 'ACTIVE' };
}

function listCaches(parts: OmicsParts, input: Input): object {
  const { startingToken, maxResults } = input as { startingToken?: string; maxResults?: number };
  const page = pageOf(
    { startingToken, maxResults, filters: ['runCaches'] },
    (after) => parts.runCaches.list(after),
    (cache) => cache.seq,
  );
  return { ...page, items: page.items.map((cache) => cacheView(parts, cache)) };
}
