/** TagResource, UntagResource and ListTagsForResource, for everything that has an ARN here. */
import { notFound } from './errors.ts';
import type { OmicsParts } from './parts.ts';
import type { Input, OperationHandlers } from './protocol/answer.ts';
import type { Resource, ResourceTable } from './resource-table.ts';
import { type Tags, tagsOf } from './runs/run.ts';
import { tagsJson } from './runs/start-run.ts';
import { checkTags } from './tags.ts';

interface Tagged {
  readonly tags: Tags;
  set(tags: Tags): void;
}

export function tagOperations(parts: OmicsParts): OperationHandlers {
  return {
    ListTagsForResource: (input) => ({ tags: findTagged(parts, input).tags }),
    TagResource: (input) => {
      const tagged = findTagged(parts, input);
      const tags = { ...tagged.tags, ...(input.tags as Tags) };
      checkTags(tags);
      tagged.set(tags);
      return undefined;
    },
    UntagResource: (input) => {
      const tagged = findTagged(parts, input);
      const gone = new Set(input.tagKeys as readonly string[]);
      tagged.set(Object.fromEntries(Object.entries(tagged.tags).filter(([key]) => !gone.has(key))));
      return undefined;
    },
  };
}

function findTagged(parts: OmicsParts, input: Input): Tagged {
  const arn = String(input.resourceArn);
  const { kind, id } = parts.arns.parse(arn);
  const version = /^(\d+)\/version\/(.+)$/.exec(id);
  const tagged =
    kind === 'run'
      ? taggedRun(parts, id)
      : version === null
        ? taggedIn(tableOf(parts, kind), id)
        : taggedIn(parts.workflowVersions, `${version[1]}/${version[2]}`);
  if (tagged === undefined) throw notFound('Resource', arn);
  return tagged;
}

function taggedRun(parts: OmicsParts, id: string): Tagged | undefined {
  const run = parts.runs.byId(id);
  if (run === undefined) return undefined;
  return {
    tags: tagsOf(run),
    set: (tags) => {
      parts.runs.changeTags(run, tagsJson(tags));
    },
  };
}

interface TaggedResource extends Resource {
  readonly tags: Tags;
}

function taggedIn<T extends TaggedResource>(table: ResourceTable<T> | undefined, key: string): Tagged | undefined {
  const resource = table?.get(key);
  if (table === undefined || resource === undefined) return undefined;
  return {
    tags: resource.tags,
    set: (tags) => {
      table.put({ ...resource, tags });
    },
  };
}

function tableOf(parts: OmicsParts, kind: string): ResourceTable<TaggedResource> | undefined {
  const tables: Readonly<Record<string, unknown>> = {
    runGroup: parts.runGroups,
    runCache: parts.runCaches,
    workflow: parts.workflows,
    configuration: parts.configurations,
    runBatch: parts.batches,
  };
  return tables[kind] as ResourceTable<TaggedResource> | undefined;
}
