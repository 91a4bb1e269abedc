/** Where outcomes are kept and told: the evidence bucket, HealthOmics as evidence asks it, and the topic for people. */
import type { AnnouncePorts } from '../../lib/lifecycle/announce-outcome.ts';
import type { Notice } from '../../lib/lifecycle/ports.ts';
import type { EvidenceMark } from '../../lib/runs/request-record.ts';
import type { Caller } from './simulated-table.ts';
import type { World } from './world.ts';

/** What is written stays: each key has one content. */
export class SimulatedEvidence {
  readonly kept = new Map<string, string>();

  put(key: string, text: string): EvidenceMark {
    const content = this.kept.get(key) ?? text;
    this.kept.set(key, content);
    return { uri: `s3://evidence/${key}`, etag: `etag-of-${key}`, sha256: String(content.length).padStart(64, '0') };
  }

  read({ uri }: EvidenceMark): string | undefined {
    return this.kept.get(uri.replace('s3://evidence/', ''));
  }
}

export function tellingOf(
  world: World,
  call: Caller,
): Pick<AnnouncePorts, 'announcer' | 'notifier' | 'archive' | 'evidence' | 'metrics'> {
  const { omics, evidence } = world;
  return {
    announcer: {
      announce: ({ detailType, detail }) =>
        call('events.announce', () => {
          const text = JSON.stringify(detail);
          const sent = JSON.parse(text) as Record<string, unknown>;
          const recorded = world.store.get({ pk: `REQUEST#${sent.request}`, sk: 'REQUEST' });
          world.announced.push({ atMs: world.timeline.nowMs, detailType, text, detail: sent, recorded });
          world.journal.write(world.timeline.nowMs, `announced ${detailType} ${text}`);
        }),
    },
    notifier: {
      notify: (notice: Notice) =>
        call('sns.notify', () => {
          world.notices.push(notice);
          world.journal.write(world.timeline.nowMs, `notified ${notice.subject}`);
        }),
    },
    archive: {
      run: (runId) =>
        call(`omics.archiveRun ${runId}`, () => {
          const run = omics.getRun(runId);
          if (run === undefined) return undefined;
          const { uuid, name, tags, status, failureReason, input } = run;
          return { id: runId, uuid, name, tags, status, failureReason, parameters: input?.parameters };
        }),
      definition: async () => undefined,
      tasks: (runId) =>
        call(`omics.listTasks ${runId}`, () =>
          omics.getRun(runId) === undefined ? undefined : { items: [{ taskId: '1', status: 'COMPLETED' }] },
        ),
      task: async () => undefined,
    },
    metrics: { record: (figure) => world.journal.write(world.timeline.nowMs, `counted ${JSON.stringify(figure)}`) },
    evidence: {
      put: (key, content) => call(`s3.keepEvidence ${key}`, () => evidence.put(key, String(content))),
      read: (mark) => call(`s3.readEvidence ${mark.uri}`, () => evidence.read(mark)),
    },
  };
}
