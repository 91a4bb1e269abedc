import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, contentOf, identityOf, requestIdOf, versionOf } from '../../../lib/runs/identity.ts';

const r1 = { bucket: 'in', key: 'a_R1.fastq.gz', content: 'etag:1:10' };
const r2 = { bucket: 'in', key: 'a_R2.fastq.gz', content: 'etag:2:10' };

describe('identity of a request', () => {
  it('is the same whatever order the members came in', () => {
    const forwards = identityOf({ kind: 'drop', route: 'germline', members: [r1, r2] });
    expect(identityOf({ kind: 'drop', route: 'germline', members: [r2, r1] })).toBe(forwards);
  });

  it('differs by route, by member, by content and by kind', () => {
    const identities = [
      identityOf({ kind: 'drop', route: 'germline', members: [r1, r2] }),
      identityOf({ kind: 'drop', route: 'somatic', members: [r1, r2] }),
      identityOf({ kind: 'drop', route: 'germline', members: [r1] }),
      identityOf({ kind: 'drop', route: 'germline', members: [r1, { ...r2, content: 'etag:3:10' }] }),
      identityOf({ kind: 'execution', executionArn: 'arn' }),
      identityOf({ kind: 'run', uuid: 'arn' }),
    ];
    expect(new Set(identities).size).toBe(identities.length);
  });

  it('gives each attempt a requestId of its own that StartRun accepts', () => {
    const ids = [1, 2, 3].map((attempt) => requestIdOf('0123', attempt));
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });

  it('prefers a checksum to an ETag, and a version to a sequencer', () => {
    expect(contentOf({ checksum: 'sha256:x', etag: 'e', sizeBytes: 3 })).toBe('sha256:x:3');
    expect(contentOf({ etag: 'e', sizeBytes: 3 })).toBe('etag:e:3');
    expect(versionOf({ versionId: 'v', sequencer: 's', etag: 'e' })).toBe('version:v');
    expect(versionOf({ sequencer: 's', etag: 'e' })).toBe('sequencer:s');
    expect(versionOf({ etag: 'e' })).toBe('etag:e');
  });
});

describe('canonical JSON', () => {
  it('says the same of objects whose members come in another order', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
      }),
    );
  });

  it('keeps what JSON keeps', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('leaves undefined members out', () => {
    expect(canonicalJson({ b: undefined, a: [1, undefined] })).toBe('{"a":[1,null]}');
  });
});
