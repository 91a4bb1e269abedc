import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applySettings,
  changesBetween,
  doubtfulParameters,
  InvalidSetting,
  parseSetting,
} from '../../../lib/routing/set-members.ts';
import { checkStartRunRequest } from '../../../lib/routing/start-run-request.ts';

const REQUEST = {
  workflowId: '1234567',
  roleArn: 'arn:aws:iam::000000000000:role/HealthOmics',
  outputUri: 's3://results/',
  cacheId: '42',
  parameters: { sample: 'SYN-1', lanes: [1, 2], 'main.reference': 's3://refs/a.fa', nested: { depth: 3 } },
  tags: { lab: '7' },
};
const set = (...texts: string[]) => applySettings(REQUEST, texts.map(parseSetting));

describe('a setting', () => {
  it.each([
    ['parameters.sample=SYN-2', { parameters: { sample: 'SYN-2' } }],
    ['parameters.sample=2', { parameters: { sample: '2' } }],
    ['parameters.sample="2"', { parameters: { sample: '2' } }],
    ['parameters.sample=a=b', { parameters: { sample: 'a=b' } }],
    ['parameters.nested.depth=4', { parameters: { nested: { depth: 4 } } }],
    ['parameters.lanes[1]=7', { parameters: { lanes: [1, 7] } }],
    ['parameters.lanes=[3]', { parameters: { lanes: [3] } }],
    ['parameters.main.reference=s3://refs/b.fa', { parameters: { 'main.reference': 's3://refs/b.fa' } }],
    ['parameters["main.reference"]=s3://refs/b.fa', { parameters: { 'main.reference': 's3://refs/b.fa' } }],
    ['parameters["main.other"]=1', { parameters: { 'main.other': 1 } }],
    ['storageCapacity=2400', { storageCapacity: 2400 }],
    ['retentionMode=REMOVE', { retentionMode: 'REMOVE' }],
    ['workflowId=7654321', { workflowId: '7654321' }],
    ['tags.lab=8', { tags: { lab: '8' } }],
    ['tags.new=9', { tags: { new: '9' } }],
    ['engineSettings.threads=4', { engineSettings: { threads: 4 } }],
  ])('%s', (text, expected) => {
    expect(set(text)).toMatchObject(expected);
  });

  it('of null takes a member out, also an item of a list', () => {
    const request = set('cacheId=null', 'parameters.lanes[0]=null', 'parameters.main.reference=null');
    expect(request).not.toHaveProperty('cacheId');
    expect(request.parameters).toEqual({ sample: 'SYN-1', lanes: [2], nested: { depth: 3 } });
  });

  it('leaves the request that it was given as it was', () => {
    const before = structuredClone(REQUEST);
    set('parameters.lanes[0]=9', 'cacheId=null', 'parameters.nested.depth=1');
    expect(REQUEST).toEqual(before);
  });

  it.each([
    ['parameters.sample', 'not of the form path=value'],
    ['=x', 'names no member'],
    ['parameters[sample]=x', 'not of the form'],
    ['__proto__.polluted=1', 'names no member'],
    ['parameters.smaple=null', 'did you mean sample?'],
    ['parameters.sample.first=x', 'leads into something that has no members'],
    ['parameters.lanes[5]=x', "item '5' of a list of 2"],
    ['parameters.flowcells[0]=x', 'item 0 of what is no list'],
  ])('%s is refused', (text, message) => {
    expect(() => set(text)).toThrow(InvalidSetting);
    expect(() => set(text)).toThrow(message);
  });

  it('of an unknown member is told with the one that was meant', () => {
    expect(checkStartRunRequest(set('storagecapacity=2400'))).toEqual([
      expect.stringContaining('did you mean storageCapacity?'),
    ]);
  });

  const odd = fc.string({ unit: fc.constantFrom(...'a."[]\\=0u', 'parameters', 'lanes', '["') });
  it('never fails in another way, whatever is written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), odd), fc.string(), (path, value) => {
        try {
          set(`${path}=${value}`);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidSetting);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

it('changes are told leaf by leaf, with paths that can be set again', () => {
  const after = set('parameters.main.reference=x', 'parameters.lanes[1]=null', 'storageCapacity=2400');
  expect(changesBetween(REQUEST, after)).toEqual([
    { path: 'parameters.lanes[1]', before: 2 },
    { path: 'parameters["main.reference"]', before: 's3://refs/a.fa', after: 'x' },
    { path: 'storageCapacity', after: 2400 },
  ]);
  for (const { path, after: value } of changesBetween(REQUEST, after)) {
    if (value !== undefined) expect(parseSetting(`${path}=x`).path.join('.')).not.toBe('');
  }
});

it('a parameter that is new and almost one of the old is doubted', () => {
  expect(doubtfulParameters(REQUEST, set('parameters.smaple=x', 'parameters.other=y'))).toEqual([
    'parameters.smaple is new; did you mean sample?',
  ]);
});
