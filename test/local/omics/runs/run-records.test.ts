import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Run } from '../../../../local/omics/runs/run.ts';
import { RunRecords } from '../../../../local/omics/runs/run-records.ts';

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
const time = fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const anyRun: fc.Arbitrary<Run> = fc.record({
  seq: fc.nat(),
  id: fc.integer({ min: 1_000_000, max: 9_999_999 }).map(String),
  uuid: fc.uuid(),
  createdMs: time,
  name: optional(text),
  parametersJson: optional(fc.json()),
  tagsJson: optional(fc.dictionary(text, text).map((tags) => JSON.stringify(tags))),
  status: fc.constantFrom('PENDING', 'STARTING', 'RUNNING', 'STOPPING', 'COMPLETED', 'FAILED', 'CANCELLED'),
  statusMs: time,
  startMs: optional(time),
  stoppingMs: optional(time),
  stopMs: optional(time),
  outcome: optional(fc.constantFrom('COMPLETED', 'FAILED', 'CANCELLED')),
  failureReason: optional(fc.constantFrom('SERVICE_ERROR', 'OUT_OF_MEMORY_ERROR')),
  active: fc.boolean(),
  workflowId: fc.constantFrom('1234567', '888'),
  workflowType: fc.constantFrom('PRIVATE', 'READY2RUN'),
  workflowUuid: fc.constantFrom('00000000-0000-4000-8000-000000000000'),
  workflowName: optional(text),
  workflowVersionName: optional(text),
  runGroupId: optional(fc.constantFrom('7654321')),
  batchId: optional(fc.constantFrom('7654322')),
  priority: optional(fc.integer({ min: 0, max: 100_000 })),
  storageType: fc.constantFrom('STATIC', 'DYNAMIC'),
  storageCapacity: optional(fc.integer({ min: 1, max: 9_600 })),
  retentionMode: fc.constantFrom('RETAIN', 'REMOVE'),
  fate: fc.constant(undefined),
  request: fc.record({ roleArn: text, outputUri: text }),
});

it('gives every run back as it was, while others come, change and go', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyRun, fc.boolean()), { maxLength: 40 }), (given) => {
      const records = new RunRecords();
      const kept = new Map<number, Run>();
      for (const [run, removesOne] of given) {
        const [oldest] = kept.keys();
        if (removesOne && oldest !== undefined) {
          records.remove(oldest);
          kept.delete(oldest);
        }
        kept.set(records.add(run), run);
      }
      for (const [slot, run] of kept) expect(records.read(slot)).toEqual(run);
      for (const [slot, run] of kept) {
        const state = { status: 'FAILED', statusMs: 1, outcome: 'FAILED', failureReason: 'X', active: false } as const;
        records.writeState(slot, state);
        records.writeTags(slot, '{"a":"é"}');
        const cleared = { startMs: undefined, stoppingMs: undefined, stopMs: undefined };
        expect(records.read(slot)).toEqual({ ...run, ...cleared, ...state, tagsJson: '{"a":"é"}' });
        expect(records.statusOf(slot)).toBe('FAILED');
      }
    }),
  );
});

it('keeps runs that have nothing in common, more of them than values are shared', () => {
  const records = new RunRecords();
  const runs = fc.sample(anyRun, { numRuns: 1_500, seed: 7 }).map((run, number) => ({ ...run, priority: number }));
  const slots = runs.map((run) => records.add(run));
  expect(slots.map((slot) => records.read(slot))).toEqual(runs);
});

it('uses the room of runs that are gone', () => {
  const records = new RunRecords();
  const [run] = fc.sample(anyRun, { numRuns: 1, seed: 7 });
  if (run === undefined) throw new Error('There is no run.');
  const big = { ...run, parametersJson: JSON.stringify({ text: 'x'.repeat(50_000) }) };
  const before = process.memoryUsage().arrayBuffers;
  for (let round = 0; round < 2_000; round += 1) records.remove(records.add(big));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
});
