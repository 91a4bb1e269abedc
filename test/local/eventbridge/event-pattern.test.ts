import { describe, expect, it } from 'vitest';
import { compileEventPattern } from '../../../local/eventbridge/event-pattern.ts';

/** The event of "Object created" in the S3 User Guide. */
const objectCreated = {
  version: '0',
  id: '17793124-05d4-b198-2fde-7ededc63b103',
  'detail-type': 'Object Created',
  source: 'aws.s3',
  account: '111122223333',
  time: '2021-11-12T00:00:00Z',
  region: 'ca-central-1',
  resources: ['arn:aws:s3:::amzn-s3-demo-bucket1'],
  detail: {
    version: '0',
    bucket: { name: 'amzn-s3-demo-bucket1' },
    object: {
      key: 'fastq/example-key_R1_001.fastq.gz',
      size: 5,
      etag: 'b1946ac92492d2347c6235b4d2611184',
      'version-id': 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
      sequencer: '617f08299329d189',
    },
    'request-id': 'N4N7GDK58NMKJ12R',
    requester: '123456789012',
    'source-ip-address': '1.2.3.4',
    reason: 'PutObject',
  },
};

function matches(pattern: unknown, event: Record<string, unknown>): boolean {
  return compileEventPattern(JSON.stringify(pattern))(event);
}

const key = (...elements: unknown[]) => ({ detail: { object: { key: elements } } });

describe('the Object Created event', () => {
  it.each([
    ['its source and type', { source: ['aws.s3'], 'detail-type': ['Object Created'] }, true],
    ['another type', { source: ['aws.s3'], 'detail-type': ['Object Deleted'] }, false],
    ['type in another case', { 'detail-type': ['object created'] }, false],
    ['one value of several', { region: ['us-east-1', 'ca-central-1'] }, true],
    ['an element of an array', { resources: ['arn:aws:s3:::amzn-s3-demo-bucket1'] }, true],
    ['a bucket by name', { detail: { bucket: { name: ['amzn-s3-demo-bucket1'] } } }, true],
    ['a longer bucket name', { detail: { bucket: { name: ['amzn-s3-demo-bucket10'] } } }, false],
    ['prefix of the key', key({ prefix: 'fastq/' }), true],
    ['prefix in another case', key({ prefix: 'FASTQ/' }), false],
    ['prefix ignoring case', key({ prefix: { 'equals-ignore-case': 'FASTQ/' } }), true],
    ['suffix of the key', key({ suffix: '.fastq.gz' }), true],
    ['another suffix', key({ suffix: '.bam' }), false],
    ['suffix ignoring case', key({ suffix: { 'equals-ignore-case': '.FASTQ.GZ' } }), true],
    ['wildcard', key({ wildcard: 'fastq/*_R1_*.gz' }), true],
    ['wildcard for the other read', key({ wildcard: 'fastq/*_R2_*.gz' }), false],
    ['wildcard alone', key({ wildcard: '*' }), true],
    ['prefix or exact', key('x', { prefix: 'fastq/' }), true],
    ['size above', { detail: { object: { size: [{ numeric: ['>', 0] }] } } }, true],
    ['size as text', { detail: { object: { size: ['5'] } } }, false],
    ['address in the block', { detail: { 'source-ip-address': [{ cidr: '1.2.3.0/24' }] } }, true],
    ['address outside the block', { detail: { 'source-ip-address': [{ cidr: '1.2.4.0/24' }] } }, false],
    ['version present', { detail: { object: { 'version-id': [{ exists: true }] } } }, true],
    ['version absent', { detail: { object: { 'version-id': [{ exists: false }] } } }, false],
    ['a field that is not there', { detail: { object: { storage: ['x'] } } }, false],
    ['a path through a text', { source: { name: ['x'] } }, false],
    ['inherited names are no fields', { toString: [{ exists: true }] }, false],
  ])('%s', (_, pattern, expected) => {
    expect(matches(pattern, objectCreated)).toBe(expected);
  });
});

const x = (...elements: unknown[]) => ({ x: elements });

describe('an operator', () => {
  it.each<[string, unknown, Record<string, unknown>, boolean]>([
    ['null matches null', x(null), { x: null }, true],
    ['null does not match an absent field', x(null), {}, false],
    ['the empty text matches itself', x(''), { x: '' }, true],
    ['true matches true', x(true), { x: true }, true],
    ['true does not match "true"', x(true), { x: 'true' }, false],
    ['numbers match however written', x(300), { x: 3.0e2 }, true],
    ['equals-ignore-case', x({ 'equals-ignore-case': 'ALICE' }), { x: 'alice' }, true],
    ['equals-ignore-case is no prefix', x({ 'equals-ignore-case': 'ALICE' }), { x: 'alices' }, false],
    ['prefix looks at texts only', x({ prefix: '1' }), { x: 12 }, false],
    ['anything-but a text', x({ 'anything-but': 'initializing' }), { x: 'running' }, true],
    ['anything-but that text', x({ 'anything-but': 'initializing' }), { x: 'initializing' }, false],
    ['anything-but needs the field', x({ 'anything-but': 'initializing' }), {}, false],
    ['anything-but a number', x({ 'anything-but': 123 }), { x: 124 }, true],
    ['anything-but that number', x({ 'anything-but': 123 }), { x: 123 }, false],
    ['anything-but texts', x({ 'anything-but': ['a', 'b'] }), { x: 'b' }, false],
    ['anything-but numbers', x({ 'anything-but': [100, 200] }), { x: 300 }, true],
    ['anything-but prefix', x({ 'anything-but': { prefix: 'init' } }), { x: 'initial' }, false],
    ['anything-but prefix otherwise', x({ 'anything-but': { prefix: 'init' } }), { x: 'run' }, true],
    ['anything-but prefixes', x({ 'anything-but': { prefix: ['init', 'err'] } }), { x: 'error' }, false],
    ['anything-but suffix', x({ 'anything-but': { suffix: '.png' } }), { x: 'a.png' }, false],
    ['anything-but suffixes', x({ 'anything-but': { suffix: ['.png', '.jpg'] } }), { x: 'a.gif' }, true],
    ['anything-but ignoring case', x({ 'anything-but': { 'equals-ignore-case': 'Stopped' } }), { x: 'STOPPED' }, false],
    [
      'anything-but several ignoring case',
      x({ 'anything-but': { 'equals-ignore-case': ['a', 'b'] } }),
      { x: 'C' },
      true,
    ],
    ['anything-but wildcard', x({ 'anything-but': { wildcard: '*/lib/*' } }), { x: 'a/lib/b' }, false],
    ['anything-but wildcards', x({ 'anything-but': { wildcard: ['*/lib/*', '*.o'] } }), { x: 'a/src/b' }, true],
    ['anything-but in an array: any element that differs', x({ 'anything-but': 'a' }), { x: ['a', 'b'] }, true],
    ['numeric range, inside', x({ numeric: ['>', 0, '<=', 5] }), { x: 5 }, true],
    ['numeric range, at the open end', x({ numeric: ['>', 0, '<=', 5] }), { x: 0 }, false],
    ['numeric equals', x({ numeric: ['=', 3.018e2] }), { x: 301.8 }, true],
    ['numeric to six digits', x({ numeric: ['=', 0.1] }), { x: 0.1 + 0.0000001 }, true],
    ['numeric beyond six digits', x({ numeric: ['<', 0.1] }), { x: 0.099999 }, true],
    ['numeric looks at numbers only', x({ numeric: ['>', 0] }), { x: '1' }, false],
    ['numeric of a number out of range', x({ numeric: ['>', 0] }), { x: 6e9 }, false],
    ['cidr of IPv6', x({ cidr: '2001:db8::/32' }), { x: '2001:db8:1::5' }, true],
    ['cidr of the other family', x({ cidr: '2001:db8::/32' }), { x: '10.0.0.1' }, false],
    ['cidr of no address', x({ cidr: '10.0.0.0/8' }), { x: 'ten' }, false],
    ['exists: true of null', x({ exists: true }), { x: null }, true],
    ['exists: true of an object', x({ exists: true }), { x: { y: 1 } }, false],
    ['exists: false of an object', x({ exists: false }), { x: { y: 1 } }, true],
    ['exists: false of an empty array', x({ exists: false }), { x: [] }, true],
    ['exists: false below an absent field', { a: { b: [{ exists: false }] } }, {}, true],
    ['exists: false looks at all elements', { a: { b: [{ exists: false }] } }, { a: [{ b: 1 }, { c: 1 }] }, false],
    ['exists: false or a value', x({ exists: false }, 'a'), { x: 'a' }, true],
    ['wildcard escapes a star', x({ wildcard: 'a\\*b' }), { x: 'a*b' }, true],
    ['wildcard with an escaped star is literal', x({ wildcard: 'a\\*b' }), { x: 'axb' }, false],
    ['wildcard escapes a backslash', x({ wildcard: 'a\\\\*' }), { x: 'a\\b' }, true],
    ['wildcard pieces do not overlap', x({ wildcard: 'ab*ba' }), { x: 'aba' }, false],
    ['a middle piece of a wildcard leaves room for the last', x({ wildcard: '*ab*b' }), { x: 'ab' }, false],
    ['wildcard finds its last piece late', x({ wildcard: '*ab*c' }), { x: 'aab-abxc' }, true],
    ['fields of one array element together', { a: { b: [1], c: [2] } }, { a: [{ b: 1, c: 2 }] }, true],
    [
      'fields of two array elements',
      { a: { b: [1], c: [2] } },
      {
        a: [
          { b: 1, c: 3 },
          { b: 2, c: 2 },
        ],
      },
      false,
    ],
  ])('%s', (_, pattern, event, expected) => {
    expect(matches(pattern, event)).toBe(expected);
  });
});

describe('$or', () => {
  const pattern = {
    source: ['aws.cloudwatch'],
    $or: [
      { metricName: ['CPUUtilization'] },
      { namespace: ['AWS/EC2'], $or: [{ metricId: [1234] }, { spaceId: [{ numeric: ['>', 1000] }] }] },
    ],
  };
  it.each([
    ['the first alternative', { source: 'aws.cloudwatch', metricName: 'CPUUtilization' }, true],
    ['the second, by its inner first', { source: 'aws.cloudwatch', namespace: 'AWS/EC2', metricId: 1234 }, true],
    ['the second, by its inner second', { source: 'aws.cloudwatch', namespace: 'AWS/EC2', spaceId: 1001 }, true],
    ['half of the second', { source: 'aws.cloudwatch', namespace: 'AWS/EC2' }, false],
    ['an alternative without the rest', { metricName: 'CPUUtilization' }, false],
  ])('%s', (_, event, expected) => {
    expect(matches(pattern, event)).toBe(expected);
  });
});

describe('a pattern is refused', () => {
  it.each<[string, string, RegExp]>([
    ['that is not JSON', '{', /not valid JSON/],
    ['that is not an object', '[]', /^Filter is not an object$/],
    ['that is empty', '{}', /^Empty objects are not allowed$/],
    ['with an empty array', '{"a":[]}', /^Empty arrays are not allowed$/],
    ['with a bare value', '{"a":"b"}', /^"a" must be an object or an array$/],
    ['with an array in an array', '{"a":[["b"]]}', /^Match value must be/],
    ['with an unknown operator', '{"a":[{"contains":"b"}]}', /^Unrecognized match type contains$/],
    ['with an inherited name as operator', '{"a":[{"toString":"b"}]}', /^Unrecognized match type toString$/],
    ['with two operators in one', '{"a":[{"prefix":"b","suffix":"c"}]}', /^Only one key allowed/],
    ['with a prefix that is a number', '{"a":[{"prefix":1}]}', /^prefix match pattern must be a string$/],
    ['with two stars in a row', '{"a":[{"wildcard":"b**c"}]}', /^Consecutive wildcard characters at pos 1$/],
    ['with another escape', '{"a":[{"wildcard":"b\\\\c"}]}', /^Invalid escape character at pos 1$/],
    ['with anything-but of mixed kinds', '{"a":[{"anything-but":["b",1]}]}', /mixed type is not supported$/],
    ['with anything-but null', '{"a":[{"anything-but":null}]}', /null\|boolean is not supported/],
    [
      'with anything-but of an unknown operator',
      '{"a":[{"anything-but":{"cidr":"b"}}]}',
      /^Unsupported anything-but pattern: cidr$/,
    ],
    ['with a half-open numeric', '{"a":[{"numeric":[">"]}]}', /^Value of > must be numeric$/],
    ['with an unknown comparison', '{"a":[{"numeric":["!=",1]}]}', /^Unrecognized numeric range operator: !=$/],
    ['with a range upside down', '{"a":[{"numeric":[">",5,"<",1]}]}', /^Bottom must be less than top$/],
    ['with a number out of range', '{"a":[{"numeric":["<",6e9]}]}', /^Value must be between/],
    ['with exists of a text', '{"a":[{"exists":"true"}]}', /^exists match pattern must be either true or false.$/],
    ['with a block that is none', '{"a":[{"cidr":"10.0.0.0/33"}]}', /^Malformed CIDR/],
    ['with one alternative', '{"$or":[{"a":["b"]}]}', /at least 2 Objects/],
    ['with an operator as a field in $or', '{"$or":[{"prefix":["b"]},{"a":["b"]}]}', /reserved fieldName/],
    ['that is too long', JSON.stringify({ a: ['b'.repeat(2048)] }), /longer than 2048 characters/],
  ])('%s', (_, pattern, reason) => {
    expect(() => compileEventPattern(pattern)).toThrow(
      expect.objectContaining({ name: 'InvalidEventPatternError', message: expect.stringMatching(reason) }),
    );
  });
});

it('answers a hostile wildcard on a long text without going back', () => {
  const stars = 'a*'.repeat(200);
  const test = compileEventPattern(JSON.stringify({ x: [{ wildcard: `*${stars}b` }] }));
  expect(test({ x: 'a'.repeat(200_000) })).toBe(false);
});
