import { describe, expect, it } from 'vitest';
import { InvalidStatusEvent, parseStatusEvent } from '../../../lib/lifecycle/status-event.ts';

const arn = 'arn:aws:omics:us-east-1:000000000000:run/1234567';

describe('Run Status Change event', () => {
  it('takes the run id from the ARN, whatever runId says', () => {
    expect(parseStatusEvent({ arn, runId: '999', status: 'RUNNING' })).toEqual({ runId: '1234567', status: 'RUNNING' });
  });

  it('takes the uuid where there is one', () => {
    expect(parseStatusEvent({ arn, uuid: 'u', status: 'FAILED' })).toEqual({
      runId: '1234567',
      uuid: 'u',
      status: 'FAILED',
    });
  });

  it('refuses an event without a run ARN or with an unknown status', () => {
    expect(() => parseStatusEvent({ status: 'RUNNING' })).toThrow(InvalidStatusEvent);
    expect(() => parseStatusEvent(undefined)).toThrow(InvalidStatusEvent);
    expect(() => parseStatusEvent({ arn, status: 'DANCING' })).toThrow(/Run 1234567 is said to be "DANCING"/);
  });
});
