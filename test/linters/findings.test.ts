import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Finding, judge, readAccepted } from './findings.ts';

const finding = (changes: Partial<Finding> = {}): Finding => ({
  linter: 'cfn-guard',
  rule: 'CT.SQS.PR.1',
  resource: 'DropsDeadLetterQueue',
  message: 'needs a dead-letter queue',
  ...changes,
});
const entry = { linter: 'cfn-guard', rule: 'CT.SQS.PR.1', resources: ['*DeadLetterQueue'], reason: 'it is one' };

describe('findings', () => {
  it('are refused unless an entry names their linter, rule and resource', () => {
    const others = [
      finding({ resource: 'DropsQueue' }),
      finding({ rule: 'CT.SQS.PR.2' }),
      finding({ linter: 'other' }),
    ];
    expect(judge([finding(), ...others], [entry])).toEqual({ refused: others, accepted: [finding()], stale: [] });
  });

  it('that are gone make their entry stale, resource by resource', () => {
    const entries = [{ ...entry, resources: ['DropsDeadLetterQueue', 'StartsDeadLetterQueue'] }];
    expect(judge([finding()], entries).stale).toEqual(['cfn-guard CT.SQS.PR.1 StartsDeadLetterQueue']);
  });

  it('are accepted by a whole name only: an entry is no pattern but for its stars', () => {
    expect(
      judge([finding({ resource: 'AQueue' })], [{ ...entry, resources: ['Queue', '.Queue'] }]).refused,
    ).toHaveLength(1);
  });
});

describe('the accepted findings', () => {
  it('need a reason each', () => {
    expect(() => readAccepted([{ ...entry, reason: ' ' }])).toThrow('Accepted finding 1 (CT.SQS.PR.1) needs');
    expect(() => readAccepted([{ ...entry, resources: [] }])).toThrow('needs linter, rule, resources and a reason');
  });

  it('of this service are complete', () => {
    const file = new URL('../../deploy/accepted-findings.yml', import.meta.url);
    expect(readAccepted(parse(readFileSync(file, 'utf8'))).length).toBeGreaterThan(0);
  });
});
