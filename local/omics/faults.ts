/** What is told to go wrong with calls: seeded operation faults, and throttles at the documented rates. */
import type { Clock } from '../ports.ts';
import { accessDenied, internalError, requestTimeout, throttled } from './errors.ts';
import type { CallFault } from './protocol/answer.ts';
import { seededRandom } from './seeded-random.ts';
import type { OperationFault, ResolvedSettings } from './settings.ts';

const READ_AND_DELETE_PER_SECOND = 10;
const FIXED_RATES: Readonly<Record<string, number>> = {
  GetRun: READ_AND_DELETE_PER_SECOND,
  ListRuns: READ_AND_DELETE_PER_SECOND,
  CancelRun: READ_AND_DELETE_PER_SECOND,
  DeleteRun: READ_AND_DELETE_PER_SECOND,
  StartRunBatch: 1,
};

export interface FaultOptions {
  readonly settings: ResolvedSettings;
  readonly clock: Clock;
  readonly quota: (quotaCode: string) => number;
}

export function createFaults(options: FaultOptions): (operationName: string) => CallFault {
  const throttles = createThrottles(options);
  const random = seededRandom(options.settings.seed, 'operation faults');
  return (operationName) => {
    if (!throttles(operationName)) return throttle(operationName);
    for (const fault of options.settings.operationFaults) {
      if (fault.operation !== '*' && fault.operation !== operationName) continue;
      if (random() < fault.share) return asCallFault(fault.kind, operationName);
    }
    return {};
  };
}

function throttle(operationName: string): CallFault {
  return {
    before() {
      throw throttled(`Rate exceeded for ${operationName}`);
    },
  };
}

function asCallFault(kind: OperationFault['kind'], operationName: string): CallFault {
  switch (kind) {
    case 'THROTTLE':
      return throttle(operationName);
    case 'ACCESS_DENIED':
      return {
        before() {
          throw accessDenied(`You are not authorized to perform omics:${operationName}`);
        },
      };
    case 'SERVER_ERROR':
      return {
        before() {
          throw internalError(`${operationName} was told to fail`);
        },
      };
    case 'TIMEOUT_AFTER_SUCCESS':
      return {
        after() {
          throw requestTimeout(`${operationName} was told to time out`);
        },
      };
    case 'CUT_AFTER_SUCCESS':
      return { after: () => 'cut' };
    default:
      return kind satisfies never;
  }
}

/** A token bucket for each operation that has a documented rate; holds one second's worth. */
function createThrottles(options: FaultOptions): (operationName: string) => boolean {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  const rateOf = (name: string) => (name === 'StartRun' ? options.quota('L-24A3B174') : FIXED_RATES[name]);
  return (operationName) => {
    const rate = options.settings.throttling ? rateOf(operationName) : undefined;
    if (rate === undefined) return true;
    const nowMs = options.clock.nowMs();
    const most = Math.max(1, rate);
    const bucket = buckets.get(operationName) ?? { tokens: most, atMs: nowMs };
    bucket.tokens = Math.min(most, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * rate);
    bucket.atMs = nowMs;
    buckets.set(operationName, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  };
}
