import { expect, test } from 'vitest';
import { UsageError } from '../../../cli/errors.ts';
import { parseFailureRule, parseQuotas } from '../../../cli/up/options.ts';

test('reads quotas by name and by code', () => {
  expect(parseQuotas(['stored-runs=5', 'L-BE38079A=2'])).toEqual({ 'L-C9679DBC': 5, 'L-BE38079A': 2 });
});

test.each(['stored-runs', 'runs=5', 'stored-runs=', 'stored-runs=-1', 'stored-runs=many', 'constructor=1'])(
  'rejects the quota %s',
  (text) => {
    expect(() => parseQuotas([text])).toThrow(UsageError);
  },
);

test.each([
  ['SERVICE_ERROR', { when: {}, failureReason: 'SERVICE_ERROR' }],
  [
    'OUT_OF_MEMORY_ERROR@RUNNING,workflow=1234567,times=2',
    { when: { workflowId: '1234567' }, failureReason: 'OUT_OF_MEMORY_ERROR', at: 'RUNNING', times: 2 },
  ],
  [
    'SERVICE_ERROR, name=germline-*, parameters.sample=SYN-*, tags.lab=a=b',
    {
      when: { name: 'germline-*', tags: { lab: 'a=b' }, parameters: { sample: 'SYN-*' } },
      failureReason: 'SERVICE_ERROR',
    },
  ],
  // HealthOmics may have reasons that are not known here.
  ['QUANTUM_FLUCTUATION', { when: {}, failureReason: 'QUANTUM_FLUCTUATION' }],
  ['HANG@PENDING', { when: {}, failureReason: 'RUN_TIMED_OUT', hang: 'PENDING' }],
])('reads the failure rule %s', (text, rule) => {
  expect(parseFailureRule(text)).toEqual(rule);
});

test.each([
  '',
  'service_error',
  'HANG',
  'SERVICE_ERROR@PENDING',
  'SERVICE_ERROR@LATER',
  'SERVICE_ERROR,times=0',
  'SERVICE_ERROR,route=x',
  'SERVICE_EROR',
])('rejects the failure rule "%s"', (text) => {
  expect(() => parseFailureRule(text)).toThrow(UsageError);
});

test('names the failure reason that was probably meant', () => {
  expect(() => parseFailureRule('SERVICE_EROR,times=1')).toThrow('did you mean SERVICE_ERROR?');
});
