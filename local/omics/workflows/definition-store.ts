/** The zips of workflow definitions, served under a link as AWS's presigned ones. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkflowBody } from './workflow.ts';

/** Path of a definition's link; the gateway finds the service by the credential scope in the query. */
export const DEFINITION_PATH = /^\/workflow-definition\/([0-9a-f-]{36})$/;

export class DefinitionStore {
  readonly #folder: string | undefined;
  readonly #region: string;
  readonly #inMemory = new Map<string, Buffer>();

  constructor(dataDir: string | undefined, region: string) {
    this.#folder = dataDir === undefined ? undefined : join(dataDir, 'definitions');
    this.#region = region;
  }

  /** `uuid` is the workflow's or version's own. On disk when it returns. */
  put(uuid: string, zip: Buffer): void {
    if (this.#folder === undefined) {
      this.#inMemory.set(uuid, zip);
      return;
    }
    mkdirSync(this.#folder, { recursive: true });
    const path = join(this.#folder, `${uuid}.zip`);
    writeFileSync(`${path}.new`, zip);
    renameSync(`${path}.new`, path);
  }

  get(uuid: string): Buffer | undefined {
    if (this.#folder === undefined) return this.#inMemory.get(uuid);
    const path = join(this.#folder, `${uuid}.zip`);
    return existsSync(path) ? readFileSync(path) : undefined;
  }

  remove(uuid: string): void {
    this.#inMemory.delete(uuid);
    if (this.#folder !== undefined) rmSync(join(this.#folder, `${uuid}.zip`), { force: true });
  }

  /** Where a client gets the definition. */
  locationOf(body: WorkflowBody, host: string): string {
    if (body.definitionUri !== undefined) return body.definitionUri;
    const credential = encodeURIComponent(`laptop/20240101/${this.#region}/omics/aws4_request`);
    return `http://${host}/workflow-definition/${body.uuid}?X-Amz-Credential=${credential}`;
  }
}
