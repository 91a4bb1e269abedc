import type { RequestPolicy } from '../runs/request-record.ts';
import type { Life } from './read-life.ts';

/** What is frozen with every request of a route or schedule. */
export function policyOf({ retry, limits, onQuota }: Life): RequestPolicy {
  const { attempts, ...overrides } = retry;
  return {
    maxAttempts: attempts,
    ...(Object.keys(overrides).length === 0 ? {} : { retry: overrides }),
    ...limits,
    ...(onQuota === 'reject' ? { onQuota } : {}),
  };
}
