import type { RequestPolicy } from './request-record.ts';

/** Of a claim or a record, the policy alone. */
export function onlyPolicy(whole: RequestPolicy): RequestPolicy {
  const { maxAttempts, retry, maxRunsPerDay, onQuota, inStatusSeconds } = whole;
  return {
    maxAttempts,
    ...(retry === undefined ? {} : { retry }),
    ...(maxRunsPerDay === undefined ? {} : { maxRunsPerDay }),
    ...(onQuota === undefined ? {} : { onQuota }),
    ...(inStatusSeconds === undefined ? {} : { inStatusSeconds }),
  };
}
