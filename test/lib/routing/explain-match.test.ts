import { describe, expect, it } from 'vitest';
import { explainMatch } from '../../../lib/routing/explain-match.ts';
import { load, ROLE_ARN } from './load-routes.ts';

const file = load(`version: 1
defaults: { roleArn: ${ROLE_ARN}, retentionMode: REMOVE, storageType: DYNAMIC, outputUri: s3://acme-results/out/ }
routes:
  - { name: large, on: { bucket: inbox, key: 'f/{_x}.gz' }, when: { size: '>=1GiB', tag: { qc: passed } }, run: { workflowId: "1" } }
  - { name: cold, on: { bucket: inbox, key: 'f/{_x}.gz' }, when: { storageClass: [GLACIER, DEEP_ARCHIVE] }, run: { workflowId: "1" } }
  - { name: any, on: { bucket: inbox, key: 'f/{_x}.gz' }, run: { workflowId: "1" } }
  - { name: other, on: { bucket: inbox, key: 'g/{_x}.gz' }, run: { workflowId: "1" } }
  - { name: elsewhere, on: { bucket: outbox, key: 'f/{_x}.gz' }, run: { workflowId: "1" } }
`);
const sketch = { bucket: 'inbox', key: 'f/a.gz', etag: 'e', timeMs: 0 };
const said = (facts: object) => explainMatch(file, { ...sketch, ...facts }).verdicts.map(({ verdict }) => verdict);

describe('an object of which not all is known', () => {
  it('is explained as if the conditions held, and says which', () => {
    const { matched, verdicts } = explainMatch(file, sketch);
    expect(matched?.route.name).toBe('large');
    expect(verdicts[0]).toMatchObject({
      verdict: 'takes-if',
      assumes: ['the size is >= 1 GiB', "the tag 'qc' is 'passed'"],
    });
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['takes-if', 'later', 'later', 'no', 'no']);
  });

  it.each([
    [{ sizeBytes: 2 ** 30 }, ['takes-if', 'later', 'later', 'no', 'no']],
    [{ sizeBytes: 2 ** 30, tags: { qc: 'passed' } }, ['takes', 'later', 'later', 'no', 'no']],
    [{ sizeBytes: 5 }, ['no', 'takes-if', 'later', 'no', 'no']],
    [{ sizeBytes: 5, storageClass: 'STANDARD' }, ['no', 'no', 'takes', 'no', 'no']],
    [{ tags: {}, storageClass: 'STANDARD' }, ['no', 'no', 'takes-if', 'no', 'no']],
    [{ sizeBytes: 0, storageClass: 'STANDARD' }, ['no', 'no', 'no', 'no', 'no']],
  ])('is held against what is known: %j', (facts, verdicts) => {
    expect(said(facts)).toEqual(verdicts);
  });

  it('names the nearest of the routes that do not take it first', () => {
    const { matched, misses } = explainMatch(file, { ...sketch, key: 'g/a.txt', sizeBytes: 1 });
    expect(matched).toBeUndefined();
    expect(misses[0]).toMatchObject({ route: 'other', matchedText: 'g/' });
    expect(misses.at(-1)).toMatchObject({ route: 'elsewhere', reason: 'bucket is inbox, not outbox' });
  });
});
