import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Drop } from '../../../lib/routing/drop.ts';
import { factsNeeded } from '../../../lib/routing/drop-conditions.ts';
import { isLookedAt, type Miss, matchDrop } from '../../../lib/routing/match-drop.ts';
import { fileOf, load, ROLE_ARN } from './load-routes.ts';

const on = (key: string, bucket = 'acme-incoming') => `on: { bucket: ${bucket}, key: '${key}' }`;

function drop(key: string, more: Partial<Drop> = {}): Drop {
  return { bucket: 'acme-incoming', key, sizeBytes: 10, etag: 'e', timeMs: 0, ...more };
}

/** The wildcards when the route takes the drop, else its reason. */
function ask(body: string, given: Drop): unknown {
  const found = matchDrop(load(fileOf(body)), given);
  return found.kind === 'matched' ? found.wildcards : found.misses[0]?.reason;
}

describe('the first route that takes a drop', () => {
  const file = load(`version: 1
defaults: { roleArn: ${ROLE_ARN}, outputUri: 's3://acme-results/{route}/' }
routes:
  - { name: large, on: { bucket: acme-incoming, key: 'a/{x}.gz' }, when: { size: '>100' }, run: { workflowId: "1" } }
  - { name: other, on: { bucket: acme-other, key: 'a/{x}.gz' }, run: { workflowId: "1" } }
  - { name: some, on: { bucket: acme-incoming, key: 'a/{x}.gz' }, except: { x: [no, never] }, run: { workflowId: "1" } }
  - { name: rest, on: { bucket: acme-incoming, key: 'a/{x}.{ext}' }, run: { workflowId: "1" } }
`);
  it.each([
    [drop('a/b.gz', { sizeBytes: 101 }), 'large'],
    [drop('a/b.gz'), 'some'],
    [drop('a/no.gz'), 'rest'],
    [drop('a/b.gz', { bucket: 'acme-other' }), 'other'],
  ])('%j goes to %s', (given, expected) => {
    const found = matchDrop(file, given);
    expect(found.kind === 'matched' && found.route.name).toBe(expected);
  });

  it('is told with the reasons of the others when there is none, the nearest first', () => {
    const found = matchDrop(file, drop('a/never.gz', { bucket: 'acme-incoming', sizeBytes: 0 }));
    const misses = found.kind === 'unmatched' ? found.misses : [];
    expect(misses.map(({ route, reason }: Miss) => `${route}: ${reason}`)).toEqual([
      'large: when: size 0 is not > 100',
      'some: except: x is never',
      'rest: the object has zero bytes; when: { size: ">=0" } takes it all the same',
      'other: bucket is acme-incoming, not acme-other',
    ]);
  });

  it('ranks routes by how much of the key they match', () => {
    const text = `${fileOf(on('fastq/{x}/{y}.gz'))}  - { name: b, on: { bucket: acme-incoming, key: 'fas/{x}' }, run: { workflowId: "1" } }\n`;
    const found = matchDrop(load(text), drop('fastq/a/b.txt'));
    expect(found.kind === 'unmatched' && found.misses.map(({ route, matchedText }) => [route, matchedText])).toEqual([
      ['test', 'fastq/a/'],
      ['b', 'fas'],
    ]);
  });
});

describe('when', () => {
  it.each([
    ['size: ">=1GiB"', drop('a', { sizeBytes: 2 ** 30 }), {}],
    ['size: ">=1GiB"', drop('a', { sizeBytes: 12 }), 'when: size 12 is not >= 1 GiB'],
    ['size: ">0, <= 1.5 kB"', drop('a', { sizeBytes: 1500 }), {}],
    ['size: ">0, <= 1.5 kB"', drop('a', { sizeBytes: 1501 }), 'when: size 1501 is not <= 1.5 kB'],
    ['size: "=0"', drop('a', { sizeBytes: 0 }), {}],
    ['storageClass: STANDARD', drop('a'), 'when: storage class is unknown and is not STANDARD'],
    ['storageClass: [STANDARD, GLACIER_IR]', drop('a', { storageClass: 'GLACIER_IR' }), {}],
    ['storageClass: STANDARD', drop('a', { storageClass: 'GLACIER' }), 'when: storage class GLACIER is not STANDARD'],
    ['tag: { ready: "yes" }', drop('a', { tags: { ready: 'yes' } }), {}],
    ['tag: { ready: "yes" }', drop('a', { tags: { ready: 'no' } }), "when: the tag 'ready' is 'no', not 'yes'"],
    ['tag: { ready: [a, b] }', drop('a', { tags: {} }), "when: the tag 'ready' is absent, not 'a' or 'b'"],
    ['tag: { constructor: a }', drop('a', { tags: {} }), "when: the tag 'constructor' is absent, not 'a'"],
    ['tag: { ready: a }', drop('a'), "when: the tag 'ready' is unknown, not 'a'"],
  ])('{ %s } of %j', (when, given, expected) => {
    expect(ask(`${on('a')}\nwhen: { ${when} }`, given)).toEqual(expected);
  });

  it('tells what must be asked of S3 first', () => {
    const file = load(fileOf(`${on('a')}\nwhen: { tag: { ready: x } }`));
    expect(factsNeeded(file, drop('a'))).toEqual({ tags: true, storageClass: false });
    expect(factsNeeded(file, drop('a', { bucket: 'acme-other' }))).toEqual({ tags: false, storageClass: false });
    expect(factsNeeded(file, drop('b'))).toEqual({ tags: false, storageClass: false });
  });
});

it('tells which keys some route looks at, as members or as markers, before S3 is asked of one', () => {
  const gathered = `${on('fastq/{f}/{x}.gz')}\ngather: { by: [f], needs: { marker: 'fastq/{f}/go' } }`;
  const file = load(fileOf(gathered));
  const looked = (key: string, bucket = 'acme-incoming') => isLookedAt(file, { bucket, key });
  expect([looked('fastq/1/a.gz'), looked('fastq/1/go'), looked('fastq/1/stop')]).toEqual([true, true, false]);
  expect(looked('fastq/1/a.gz', 'acme-other')).toBe(false);
});

describe('objects that are not there yet', () => {
  const empty = (key: string) => drop(key, { sizeBytes: 0 });
  const folder = `${on('bcl/{folder}/{file,CopyComplete\\.txt|SampleSheet\\.csv}')}
gather: { by: [folder], needs: { file: [CopyComplete.txt, SampleSheet.csv] } }`;
  const marked = `${on('fastq/{flowcell}/{x}.gz')}\ngather: { by: [flowcell], needs: { marker: 'fastq/{flowcell}/go' } }`;

  it.each([
    ['data', on('{x}.fastq.gz'), empty('a.fastq.gz'), expect.stringContaining('zero bytes')],
    ['data with a telling name', on('{x}.csv'), empty('done.csv'), expect.stringContaining('zero bytes')],
    ['a folder', on('{x,.+}'), empty('a/done/'), expect.stringContaining('zero bytes')],
    ['a sheet that is needed', folder, empty('bcl/f/SampleSheet.csv'), expect.stringContaining('zero bytes')],
    ['an upload by a tool', on('{x}'), drop('a.gz.filepart'), expect.stringContaining('unfinished copy')],
    ['an upload by another tool', on('in/{x,.+}'), drop('in/a.TMP'), expect.stringContaining('unfinished copy')],
  ])('start nothing: %s', (_, body, given, expected) => {
    expect(ask(body, given)).toEqual(expected);
  });

  it.each([
    ['a size that the route asks for', `${on('{x}.gz')}\nwhen: { size: ">=0" }`, empty('a.gz'), { x: 'a' }],
    ['a marker that is needed', folder, empty('bcl/f/CopyComplete.txt'), { folder: 'f', file: 'CopyComplete.txt' }],
    [
      'a marker that the pattern names',
      on('bcl/{folder}/RTAComplete.txt'),
      empty('bcl/f/RTAComplete.txt'),
      { folder: 'f' },
    ],
    ['a marker alone', on('_SUCCESS'), empty('_SUCCESS'), {}],
    ['the marker of a gather', marked, empty('fastq/f/go'), { flowcell: 'f' }],
    ['a name that the pattern asks for', on('{x}.part'), drop('a.part'), { x: 'a' }],
  ])('are taken: %s', (_, body, given, expected) => {
    expect(ask(body, given)).toEqual(expected);
  });
});

describe('members of a set', () => {
  const lanes = `${on('{s}_L{lane,[0-9]{3}}')}\ngather: { by: [s], needs: { lane: ["001", "002"] } }`;

  it('are only those that are needed', () => {
    expect(ask(lanes, drop('a_L003'))).toBe("gather: lane is '003', and needs lists 001, 002");
  });

  it('are told apart from the marker', () => {
    const file = load(fileOf(`${on('fastq/{f}/{x}')}\ngather: { by: [f], needs: { marker: 'fastq/{f}/_SUCCESS' } }`));
    expect(matchDrop(file, drop('fastq/a/_SUCCESS'))).toMatchObject({ part: 'marker', wildcards: { f: 'a' } });
    expect(matchDrop(file, drop('fastq/a/b.gz'))).toMatchObject({ part: 'member', wildcards: { f: 'a', x: 'b.gz' } });
  });
});

describe('many routes', () => {
  const keys = ['a/{_x}', 'a/b{_x}', '{_x,.+}', 'a/bc', 'b/{_x}', '{_x}/bc', 'a/{_x}c'];

  it('are looked through in the order of the file, whatever their patterns begin with', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(keys, { minLength: 1 }),
        fc.constantFrom('a/bc', 'a/bcc', 'a/', 'b/bc', 'c', 'x/bc'),
        (chosen, key) => {
          const routes = chosen.map(
            (text, i) =>
              `  - { name: r${i}, on: { bucket: acme-incoming, key: '${text}' }, run: { workflowId: "1" } }\n`,
          );
          const file = load(`version: 1
defaults: { roleArn: ${ROLE_ARN}, outputUri: 's3://acme-results/{route}/' }
routes:
${routes.join('')}`);
          const found = matchDrop(file, drop(key));
          const expected = file.routes.find(({ pattern }) => pattern.match(key) !== undefined)?.name;
          expect(found.kind === 'matched' ? found.route.name : undefined).toBe(expected);
        },
      ),
    );
  });
});

describe('any key', () => {
  it('is decided and explained without an error', () => {
    const file = load(fileOf(`${on('{a}/{b,.*}_{c}')}\nexcept: { a: x }\nwhen: { size: ">0" }`));
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 1024 }), fc.nat(), (key, sizeBytes) => {
        const found = matchDrop(file, drop(key, { sizeBytes }));
        if (found.kind === 'unmatched') expect(found.misses).toHaveLength(1);
        else expect(`${found.wildcards.a}/${found.wildcards.b}_${found.wildcards.c}`).toBe(key);
      }),
    );
  });
});
