import { expect, it } from 'vitest';
import { transformInput } from '../../../local/eventbridge/input-transform.ts';

/** The sample event of "Amazon EventBridge input transformation" in the user guide. */
const event = {
  version: '0',
  id: '7bf73129-1428-4cd3-a780-95db273d1602',
  'detail-type': 'EC2 Instance State-change Notification',
  source: 'aws.ec2',
  account: '123456789012',
  time: '2015-11-11T21:29:54Z',
  region: 'us-east-1',
  resources: ['arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111', 'arn:two'],
  detail: { 'instance-id': 'i-0123456789', state: 'RUNNING', note: 'a "quoted" word', tags: [{ k: 1 }, { k: 2 }] },
};
const context = { ruleArn: 'arn:rule', ruleName: 'r', ingestionTime: '2015-11-11T21:29:55.000Z' };
const paths = {
  instance: '$.detail.instance-id',
  state: '$.detail.state',
  note: '$.detail.note',
  detail: '$.detail',
  second: '$.resources[1]',
  keys: '$.detail.tags[*].k',
  none: '$.detail.none',
};

it.each([
  ['a text, filled in', '"instance <instance> is in <state>"', '"instance i-0123456789 is in RUNNING"'],
  [
    'an object with bare values',
    '{"instance":<instance>,"all":<detail>}',
    JSON.stringify({ instance: 'i-0123456789', all: event.detail }),
  ],
  ['an object with values in quotes', '{"text":"<instance> is <state>"}', '{"text":"i-0123456789 is RUNNING"}'],
  ['quotes inside a value', '{"note":"<note>"}', JSON.stringify({ note: event.detail.note })],
  ['an escaped quote in the template', '"say \\"<state>\\""', '"say \\"RUNNING\\""'],
  ['an element and all elements', '[<second>,<keys>]', '["arn:two",[1,2]]'],
  ['a path that finds nothing', '{"a":"<none>","b":<none>}', '{"a":"","b":null}'],
  ['a name that is no variable', '"<unknown>"', '"<unknown>"'],
  [
    'what EventBridge knows itself',
    '{"rule":<aws.events.rule-name>,"arn":"<aws.events.rule-arn>"}',
    '{"rule":"r","arn":"arn:rule"}',
  ],
  ['the whole event', '<aws.events.event.json>', JSON.stringify(event)],
])('a template gives %s', (_, InputTemplate, expected) => {
  expect(transformInput({ inputTransformer: { InputPathsMap: paths, InputTemplate } }, event, context)).toBe(expected);
});

it('leaves the detail out of aws.events.event', () => {
  const text = transformInput({ inputTransformer: { InputTemplate: '<aws.events.event>' } }, event, context);
  expect(JSON.parse(text)).toEqual({ ...event, detail: undefined });
});

it('gives the constant, the part or the whole', () => {
  expect(transformInput({ input: '{"a":1}' }, event, context)).toBe('{"a":1}');
  expect(transformInput({ inputPath: '$.detail.state' }, event, context)).toBe('"RUNNING"');
  expect(transformInput({}, event, context)).toBe(JSON.stringify(event));
});
