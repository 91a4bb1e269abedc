import { newRequest } from '../../lib/lifecycle/claim-request.ts';
import type { RequestRecord } from '../../lib/runs/request-record.ts';
import type { Told } from '../../lib/runs/told.ts';

export const CREATED_AT = '2026-01-02T03:04:05.000Z';

export const EVERYBODY: Told = { programs: true, people: true };

/** A freshly claimed request of one made-up drop. */
export function claimedRequest(change: Partial<RequestRecord> = {}): RequestRecord {
  const claim = {
    origin: { kind: 'drop' as const, route: 'germline', members: [{ bucket: 'in', key: 'k', content: 'etag:1:2' }] },
    route: 'germline',
    routesHash: 'f'.repeat(64),
    request: {
      workflowId: '1234567',
      roleArn: 'arn:aws:iam::000000000000:role/HealthOmics',
      outputUri: 's3://results/germline/',
      name: 'germline',
      tags: { flowcell: 'F1' },
    },
    members: [{ dropId: 'd1', bucket: 'in', key: 'k', etag: '1', sizeBytes: 2 }],
    maxAttempts: 2,
  };
  return { ...newRequest(claim, { rundropVersion: '0.1.0' }, CREATED_AT), ...change };
}
