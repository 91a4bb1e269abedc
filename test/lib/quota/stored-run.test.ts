import { describe, expect, it } from 'vitest';
import {
  ChunkUnreadableError,
  internOwner,
  isSameRun,
  type RunOwner,
  readChunk,
  type StoredRun,
  uuidPrefixOf,
  writeChunks,
} from '../../../lib/quota/stored-run.ts';

const OWNERS: RunOwner[] = [
  { route: 'germline', workflowId: '1234567' },
  { workflowId: '42', startedBy: 'arn:aws:sts::000000000000:assumed-role/Lab;"x y"\n/session' },
  {},
];

function storedRun(number: number, change: Partial<StoredRun> = {}): StoredRun {
  return {
    runId: String(1_000_000 + number),
    createdMs: 1_700_000_000_000 + number * 1_000,
    status: ['COMPLETED', 'RUNNING', 'FAILED', 'UNKNOWN'][number % 4] ?? '',
    storageType: ['DYNAMIC', 'STATIC', 'UNKNOWN'][number % 3] ?? '',
    retentionMode: (['RETAIN', 'REMOVE', 'UNKNOWN'] as const)[number % 3] ?? 'UNKNOWN',
    uuidPrefix: number % 2 === 0 ? '' : number.toString(16).padStart(8, '0'),
    owner: OWNERS[number % OWNERS.length] ?? {},
    isDoubted: number % 5 === 0,
    ...change,
  };
}

const storedRuns = (count: number) => Array.from({ length: count }, (_, number) => storedRun(number));

function readAll(texts: readonly string[]): StoredRun[] {
  const owners = new Map<string, RunOwner>();
  return texts.flatMap((text) => readChunk(text, owners));
}

describe('chunks of stored runs', () => {
  it('read back as they were, oldest first', () => {
    const runs = storedRuns(1_000);
    const chunks = [...writeChunks(runs.toReversed())];
    expect(readAll(chunks.map(({ text }) => text))).toEqual(runs);
  });

  it('are none for no runs', () => {
    expect([...writeChunks([])]).toEqual([]);
  });

  it('of 100,000 runs are a few items, each well below the 400 KB that one may have', () => {
    const chunks = [...writeChunks(storedRuns(100_000))];
    const sizes = chunks.map(({ text }) => Buffer.byteLength(text));
    expect(Math.max(...sizes)).toBeLessThan(300_000);
    expect(chunks.length).toBeLessThan(60);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(4_000_000);
  });

  it('stay as they were where nothing changed, when runs go, come or end', () => {
    const runs = storedRuns(60_000);
    const before = new Set([...writeChunks(runs)].map(({ hash }) => hash));
    const changed = runs
      .slice(1)
      .map((run, index) => (index === 30_000 ? { ...run, status: 'FAILED', storageType: 'STATIC' } : run));
    const after = [...writeChunks([...changed, storedRun(60_001)])];
    expect(after.filter(({ hash }) => !before.has(hash)).length).toBeLessThanOrEqual(3);
  });

  it('share one object for each owner', () => {
    const owners = new Map<string, RunOwner>();
    const [chunk] = writeChunks(storedRuns(9));
    const runs = readChunk(chunk?.text ?? '', owners);
    expect(new Set(runs.map(({ owner }) => owner)).size).toBe(3);
    expect(internOwner({ workflowId: '1234567', route: 'germline' }, owners)).toBe(runs[0]?.owner);
  });

  it.each([
    ['of another version', '{"version":2,"owners":[],"runs":""}'],
    ['that is damaged', '{"version":1,"owners":[{}],"runs":"12 x"}'],
    ['with an owner that is not there', '{"version":1,"owners":[],"runs":"12 a 0000 0"}'],
  ])('refuse one %s', (_, text) => {
    expect(() => readChunk(text, new Map())).toThrow(ChunkUnreadableError);
  });
});

describe('two sightings of one id', () => {
  const seen = (createdMs: number, uuid = '') => ({ createdMs, uuidPrefix: uuidPrefixOf(uuid) });

  it.each([
    ['the same run by creation time, which may be rounded', seen(1_000_100), seen(1_000_999), true],
    ['another run by creation time', seen(1_000_000), seen(1_001_000), false],
    ['the same run by uuid', seen(5, 'abcdef01-2345-4'), seen(9_000, 'abcdef01-2345-4'), true],
    ['another run by uuid', seen(5, 'abcdef01-2345-4'), seen(5, 'abcdef02-2345-4'), false],
  ])('are %s', (_, a, b, same) => {
    expect(isSameRun(a, b)).toBe(same);
  });
});
