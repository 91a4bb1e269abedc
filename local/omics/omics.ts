/** The HealthOmics run API of the laptop AWS. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LocalService, Surroundings } from '../ports.ts';
import { BatchLifecycle } from './batches/batch-lifecycle.ts';
import { batchOperations } from './batches/batch-operations.ts';
import { configurationOperations } from './configurations.ts';
import { createFaults } from './faults.ts';
import { createParts, type OmicsParts, type OmicsPorts } from './parts.ts';
import { type AnswerOptions, answer } from './protocol/answer.ts';
import { omicsModel } from './protocol/model.ts';
import { createRouteTable } from './protocol/route-table.ts';
import { runCacheOperations } from './run-caches.ts';
import { runGroupOperations } from './run-groups.ts';
import { runOperations } from './runs/run-operations.ts';
import { type OmicsSettings, resolveSettings } from './settings.ts';
import { tagOperations } from './tag-operations.ts';
import { resumeWorkflows } from './workflows/create-workflow.ts';
import { DEFINITION_PATH } from './workflows/definition-store.ts';
import { workflowOperations } from './workflows/workflow-operations.ts';

export type Omics = LocalService;

export interface OmicsOptions extends OmicsPorts {
  readonly settings?: OmicsSettings;
}

/**
 * Reads the state in `surroundings.dataDir`, if any, and lets the clock run from there.
 * @throws RangeError for settings out of range, and what the file system throws when the state cannot be read or written.
 */
export function createOmics(surroundings: Surroundings, options: OmicsOptions): Omics {
  const settings = resolveSettings(options.settings ?? {});
  const parts = createParts(surroundings, settings, options);
  const batches = new BatchLifecycle(parts);
  resumeWorkflows(parts);
  parts.taskEvents.resume();
  parts.lifecycle.resume();
  batches.resume();
  let wire: AnswerOptions | undefined;
  return {
    signingNames: ['omics'],
    async handle(request, response) {
      if (sendDefinition(parts, request, response)) return;
      // The model is read at the first call: most starts of the laptop AWS should not pay for it.
      wire ??= wireOf(parts, batches);
      await answer(request, response, wire);
    },
    close() {
      parts.dues.close();
      parts.sender.close();
      parts.journal.close();
      return Promise.resolve();
    },
  };
}

function wireOf(parts: OmicsParts, batches: BatchLifecycle): AnswerOptions {
  const model = omicsModel();
  return {
    model,
    routes: createRouteTable(model),
    handlers: {
      ...runOperations(parts),
      ...runGroupOperations(parts),
      ...runCacheOperations(parts),
      ...workflowOperations(parts),
      ...configurationOperations(parts),
      ...tagOperations(parts),
      ...batchOperations(parts, batches),
    },
    faultFor: createFaults(parts),
    report: parts.report,
  };
}

/** The link that GetWorkflow and GetRun give for `export=DEFINITION`. */
function sendDefinition(parts: OmicsParts, request: IncomingMessage, response: ServerResponse): boolean {
  const [path = ''] = (request.url ?? '').split('?', 1);
  const uuid = request.method === 'GET' ? DEFINITION_PATH.exec(path)?.[1] : undefined;
  const zip = uuid === undefined ? undefined : parts.definitions.get(uuid);
  if (zip === undefined) return false;
  response.writeHead(200, { 'content-type': 'application/zip', 'content-length': zip.length }).end(zip);
  return true;
}
