import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { trustOf } from '../../cli/trust-policy.ts';

const HERE = { account: '123456789012', region: 'eu-central-1' };

const policy = (changes: object) =>
  JSON.stringify({
    Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'omics.amazonaws.com' }, ...changes },
  });

it('trusts HealthOmics here with the policy of docs/deploy.md, and nowhere else', () => {
  const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/deploy.md'), 'utf8');
  const [, text = ''] = /trust policy[^\n]*:\n\n```json\n([\s\S]*?)```/.exec(page) ?? [];
  expect(trustOf(text, HERE)).toBe('trusted');
  expect(trustOf(text, { ...HERE, account: '210987654321' })).toBe('others');
  expect(trustOf(text, { ...HERE, region: 'us-east-1' })).toBe('others');
});

it.each([
  ['without conditions', {}, 'open'],
  [
    'with a condition that says nothing of the source',
    { Condition: { StringEquals: { 'aws:PrincipalTag/a': 'b' } } },
    'open',
  ],
  [
    'for this account, written in lower case',
    { Condition: { StringEquals: { 'aws:sourceaccount': '123456789012' } } },
    'trusted',
  ],
  [
    'for several accounts',
    { Condition: { StringEquals: { 'aws:SourceAccount': ['210987654321', '123456789012'] } } },
    'trusted',
  ],
  [
    'in another partition',
    { Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws-us-gov:omics:*:123456789012:*' } } },
    'trusted',
  ],
  ['for other runs', { Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:omics:*:210987654321:run/*' } } }, 'others'],
  ['of another service', { Principal: { Service: ['ec2.amazonaws.com'] } }, 'none'],
  ['that refuses', { Effect: 'Deny' }, 'none'],
  ['for something else', { Action: ['sts:TagSession'] }, 'none'],
] as const)('judges a statement %s', (_, changes, trust) => {
  expect(trustOf(policy(changes), HERE)).toBe(trust);
});

it('is satisfied by one of several statements', () => {
  const [open, others] = [policy({}), policy({ Condition: { StringEquals: { 'aws:SourceAccount': '210987654321' } } })];
  const statements = [others, open].map((text) => (JSON.parse(text) as { Statement: object }).Statement);
  expect(trustOf(JSON.stringify({ Statement: statements }), HERE)).toBe('open');
});
