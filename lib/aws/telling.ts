/** What every function needs that ends a request: where outcomes are kept and told. */
import type { AnnouncePorts } from '../lifecycle/announce-outcome.ts';
import { createAnnouncer } from './announcer.ts';
import { createEvidenceStore } from './evidence.ts';
import { createMetrics } from './lifecycle-metrics.ts';
import { createNotifier } from './notifier.ts';
import { createRunArchive } from './run-archive.ts';

export function createTelling(): Pick<AnnouncePorts, 'announcer' | 'notifier' | 'archive' | 'evidence' | 'metrics'> {
  return {
    announcer: createAnnouncer(),
    notifier: createNotifier(),
    archive: createRunArchive(),
    evidence: createEvidenceStore(),
    metrics: createMetrics(),
  };
}
