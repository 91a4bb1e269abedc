/** Where outcomes are kept and told, in memory. */
import type { EvidenceStore, RunArchive } from '../../lib/lifecycle/evidence-ports.ts';
import type { Notice, Notifier, RunFacts } from '../../lib/lifecycle/ports.ts';
import type { EvidenceMark } from '../../lib/runs/request-record.ts';

/** The topic; `refuse` makes that many notifications fail. */
export class FakeNotifier implements Notifier {
  readonly sent: Notice[] = [];
  refuse = 0;
  async notify(notice: Notice): Promise<void> {
    if (this.refuse > 0) {
      this.refuse -= 1;
      throw new Error('the topic is ill');
    }
    this.sent.push(notice);
  }
}

/** Every object's, here: what S3 and SHA-256 say of no bytes at all. */
const EMPTY = {
  etag: 'd41d8cd98f00b204e9800998ecf8427e',
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
};

/** The bucket; `refuse` makes that many writes fail. */
export class FakeEvidence implements EvidenceStore {
  readonly kept = new Map<string, string>();
  refuse = 0;
  async put(key: string, content: string | Uint8Array): Promise<EvidenceMark> {
    if (this.refuse > 0) {
      this.refuse -= 1;
      throw Object.assign(new Error('the bucket is ill'), { name: 'SlowDown' });
    }
    if (!this.kept.has(key))
      this.kept.set(key, typeof content === 'string' ? content : Buffer.from(content).toString());
    return { uri: `s3://evidence/${key}`, ...EMPTY };
  }
  async read({ uri }: EvidenceMark): Promise<string | undefined> {
    return this.kept.get(uri.replace('s3://evidence/', ''));
  }
  /** What was kept under the one key that has this in it. */
  json(part: string): Record<string, unknown> {
    const found = [...this.kept].filter(([key]) => key.includes(part));
    if (found.length !== 1) throw new Error(`${found.length} keys with ${part} in ${[...this.kept.keys()].join(', ')}`);
    return JSON.parse(found[0]?.[1] ?? '') as Record<string, unknown>;
  }
}

/** What HealthOmics still has, whole. Each run has a task that is as the run is. */
export class FakeArchive implements RunArchive {
  readonly calls: string[] = [];
  readonly definitions = new Map<string, Uint8Array>();
  readonly #getRun: (runId: string) => RunFacts | undefined;
  constructor(getRun: (runId: string) => RunFacts | undefined) {
    this.#getRun = getRun;
  }
  async run(runId: string) {
    this.calls.push(`GetRun ${runId}`);
    const run = this.#getRun(runId);
    return run && { id: runId, ...run, definition: 'https://definitions/1?signature=secret', digest: 'sha256:1' };
  }
  async tasks(runId: string) {
    const run = this.#getRun(runId);
    return run && { items: [{ taskId: '7', name: 'align', status: run.status }] };
  }
  async task(_runId: string, taskId: string) {
    return { taskId, logStream: `run/task/${taskId}`, failureReason: 'TaskFailed' };
  }
  async definition(location: string) {
    return this.definitions.get(location);
  }
}
