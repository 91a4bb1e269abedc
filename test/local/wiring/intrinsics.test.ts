import { describe, expect, it } from 'vitest';
import {
  evaluate,
  evaluateString,
  type Template,
  type TemplateScope,
  WiringError,
} from '../../../local/wiring/intrinsics.ts';

const template: Template = {
  Parameters: { RoleArn: {}, Days: { Default: 90 } },
  Resources: {
    Drops: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'drops' } },
    Ledger: {
      Type: 'AWS::DynamoDB::Table',
      Properties: { TableName: { 'Fn::Join': ['-', ['ledger', { Ref: 'AWS::Region' }]] } },
    },
    Machine: { Type: 'AWS::StepFunctions::StateMachine', Properties: { StateMachineName: 'machine' } },
    Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'bus' } },
    Role: { Type: 'AWS::IAM::Role', Properties: {} },
  },
};

const scope: TemplateScope = {
  accountId: '000000000000',
  region: 'eu-central-1',
  endpoint: 'http://127.0.0.1:4566',
  parameters: { RoleArn: 'arn:aws:iam::000000000000:role/R' },
};

describe('evaluate', () => {
  it.each([
    ['the queue as its URL', { Ref: 'Drops' }, 'http://127.0.0.1:4566/000000000000/drops'],
    ['the table as its name', { Ref: 'Ledger' }, 'ledger-eu-central-1'],
    [
      'the state machine as its ARN',
      { Ref: 'Machine' },
      'arn:aws:states:eu-central-1:000000000000:stateMachine:machine',
    ],
    ['the bus as its name', { Ref: 'Bus' }, 'bus'],
    ['the parameter as its value', { Ref: 'RoleArn' }, 'arn:aws:iam::000000000000:role/R'],
    ['the parameter without a value as its default', { Ref: 'Days' }, '90'],
    ['the account', { Ref: 'AWS::AccountId' }, '000000000000'],
  ])('refers to %s', (_what, value, expected) => {
    expect(evaluateString(value, template, scope)).toBe(expected);
  });

  it('gives ARNs of resources by their names', () => {
    expect(evaluate({ 'Fn::GetAtt': ['Drops', 'Arn'] }, template, scope)).toBe(
      'arn:aws:sqs:eu-central-1:000000000000:drops',
    );
    expect(evaluate({ 'Fn::GetAtt': 'Bus.Arn' }, template, scope)).toBe(
      'arn:aws:events:eu-central-1:000000000000:event-bus/bus',
    );
  });

  it('substitutes references, attributes and own values in a text, and leaves literals alone', () => {
    const value = {
      'Fn::Sub': [`\${AWS::Partition} \${Bus} \${Drops.Arn} \${mine} \${!kept}`, { mine: { Ref: 'AWS::Region' } }],
    };
    expect(evaluate(value, template, scope)).toBe(
      `aws bus arn:aws:sqs:eu-central-1:000000000000:drops eu-central-1 \${!kept}`,
    );
  });

  it('evaluates inside lists and mappings', () => {
    expect(evaluate({ a: [{ Ref: 'Bus' }, 1], b: null }, template, scope)).toEqual({ a: ['bus', 1], b: null });
  });

  it.each([
    ['a function that it does not know', { 'Fn::ImportValue': 'x' }, /Fn::ImportValue/],
    ['a resource that is not there', { Ref: 'Nowhere' }, /Nowhere/],
    ['a resource whose name nothing here depends on', { Ref: 'Role' }, /AWS::IAM::Role/],
    ['an attribute that does not follow from the name', { 'Fn::GetAtt': ['Ledger', 'StreamArn'] }, /StreamArn/],
    ['a mapping where a string belongs', { a: 1 }, /string/],
  ])('rejects %s, naming it', (_what, value, message) => {
    expect(() => evaluateString(value, template, scope)).toThrow(WiringError);
    expect(() => evaluateString(value, template, scope)).toThrow(message);
  });

  it('rejects a parameter without value and default, naming it', () => {
    expect(() => evaluate({ Ref: 'RoleArn' }, template, { ...scope, parameters: {} })).toThrow(/RoleArn has no value/);
  });
});
