/** What every function needs that ends a request: where outcomes are kept and told. */
import type { AnnouncePorts } from '../lifecycle/announce-outcome.ts';
import { deferred } from './deferred.ts';
import { createMetrics } from './lifecycle-metrics.ts';

/** Most invocations end nothing, so what speaks to a service is not loaded before it is used. */
export function createTelling(): Pick<AnnouncePorts, 'announcer' | 'notifier' | 'archive' | 'evidence' | 'metrics'> {
  return {
    announcer: deferred(async () => (await import('./announcer.ts')).createAnnouncer()),
    notifier: deferred(async () => (await import('./notifier.ts')).createNotifier()),
    archive: deferred(async () => (await import('./run-archive.ts')).createRunArchive()),
    evidence: deferred(async () => (await import('./evidence.ts')).createEvidenceStore()),
    metrics: createMetrics(),
  };
}
