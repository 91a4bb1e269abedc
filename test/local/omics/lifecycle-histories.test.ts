import { expect, it } from 'vitest';
import { createParts, type OmicsParts } from '../../../local/omics/parts.ts';
import type { OperationHandlers } from '../../../local/omics/protocol/answer.ts';
import { runOperations } from '../../../local/omics/runs/run-operations.ts';
import { seededRandom } from '../../../local/omics/seeded-random.ts';
import { type OmicsSettings, resolveSettings } from '../../../local/omics/settings.ts';
import type { BusEvent } from '../../../local/ports.ts';
import { DEFAULT_QUOTAS, germlineRequest, HOUR_MS, ManualClock } from './harness.ts';

type Table = Readonly<Record<string, readonly string[]>>;

/** Every legal step of a run; what is not here must never happen. */
const RUN_STEPS: Table = {
  '': ['PENDING'],
  PENDING: ['STARTING', 'STOPPING'],
  STARTING: ['RUNNING', 'STOPPING'],
  RUNNING: ['STOPPING'],
  STOPPING: ['COMPLETED', 'FAILED', 'CANCELLED'],
  COMPLETED: ['DELETED'],
  FAILED: ['DELETED'],
  CANCELLED: ['DELETED'],
  DELETED: [],
};
/** And of a task. A task whose run stops goes from wherever it is to its end. */
const TASK_STEPS: Table = {
  '': ['PENDING'],
  PENDING: ['STARTING', 'CANCELLED', 'FAILED'],
  STARTING: ['RUNNING', 'CANCELLED', 'FAILED'],
  RUNNING: ['STOPPING', 'CANCELLED', 'FAILED'],
  STOPPING: ['COMPLETED', 'CANCELLED', 'FAILED'],
  COMPLETED: [],
  CANCELLED: [],
  FAILED: [],
};
const RUN_ENDS = ['COMPLETED', 'FAILED', 'CANCELLED', 'DELETED'];
const TASK_ENDS = ['COMPLETED', 'FAILED', 'CANCELLED'];

const HISTORIES = 2_000;
const STEPS = 12;
const FATES = [
  ...['', '', '', 'FAILED:SERVICE_ERROR', 'FAILED:IMPORT_FAILED@STARTING', 'FAILED:EXPORT_FAILED@STOPPING'],
  ...['HANG:PENDING', 'HANG:STARTING', 'HANG:RUNNING', 'HANG:STOPPING'],
];

interface World {
  readonly random: () => number;
  readonly clock: ManualClock;
  readonly parts: OmicsParts;
  readonly operations: OperationHandlers;
  readonly events: BusEvent[];
  readonly activeLimit: number;
  readonly uuids: Set<string>;
}

function createWorld(seed: number): World {
  const random = seededRandom('histories', seed);
  const chance = (share: number) => random() < share;
  const clock = new ManualClock();
  const events: BusEvent[] = [];
  const settings: OmicsSettings = {
    seed,
    speed: chance(0.2) ? 10_000_000 : 1 + Math.floor(random() * 100),
    evictActiveRuns: chance(0.2),
    retainEvictsRemove: chance(0.2),
    oldestBy: chance(0.5) ? 'CREATION' : 'COMPLETION',
    priorityOrder: chance(0.5) ? 'HIGH_FIRST' : 'LOW_FIRST',
  };
  const activeLimit = 1 + Math.floor(random() * 4);
  const quotas = { ...DEFAULT_QUOTAS, 'L-BE38079A': activeLimit, 'L-C9679DBC': chance(0.3) ? 4 : 100 };
  const surroundings = { accountId: '000000000000', region: 'us-east-1', clock, random, report: () => undefined };
  const parts = createParts(surroundings, resolveSettings(settings), {
    events: { put: async () => undefined },
    quota: (code) => quotas[code as keyof typeof quotas] ?? 0,
    readObject: async () => undefined,
  });
  // Kept at once: a history is played without a pause, so the sender's promises have no turn.
  const send = parts.sender.send;
  Object.assign(parts.sender, {
    send: (event: BusEvent) => {
      events.push(event);
      send(event);
    },
  });
  return { random, clock, parts, operations: runOperations(parts), events, activeLimit, uuids: new Set() };
}

function play(world: World): void {
  const { random, clock, operations } = world;
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)];
  const attempt = (name: string, input: object) => {
    try {
      return operations[name]?.({ ...input }, { host: '' }) as { id: string; uuid: string } | undefined;
    } catch (error) {
      expect((error as { code?: string }).code).toMatch(/^(Conflict|ServiceQuotaExceeded|ResourceNotFound)Exception$/);
      return undefined;
    }
  };
  const ids: string[] = [];
  for (let step = 0; step < STEPS; step += 1) {
    const fate = pick(FATES) ?? '';
    const started = attempt('StartRun', {
      ...germlineRequest({ tags: fate === '' ? {} : { emulate: fate }, priority: Math.floor(random() * 3) }),
      retentionMode: pick(['RETAIN', 'REMOVE']),
    });
    if (started !== undefined) {
      expect(world.uuids.has(started.uuid)).toBe(false);
      world.uuids.add(started.uuid);
      ids.push(started.id);
    }
    if (random() < 0.4) attempt('CancelRun', { id: pick(ids) ?? '1' });
    if (random() < 0.3) attempt('DeleteRun', { id: pick(ids) ?? '1' });
    clock.advance(random() < 0.3 ? random() * 50 : random() * 600_000);
    expectWithinLimits(world);
  }
  for (const id of ids) attempt('CancelRun', { id });
  clock.advance(3 * HOUR_MS);
}

function expectWithinLimits({ parts, activeLimit }: World): void {
  const active = [...parts.runs.unfinished()].filter(({ status }) => status !== 'PENDING');
  expect(active.filter((run) => run.active).length).toBeLessThanOrEqual(activeLimit);
}

/** The steps of each run and task as events told them; a step that is not in the table is named. */
function illegalSteps(events: readonly BusEvent[], detailType: string, table: Table): string[] {
  const last = new Map<unknown, { status: string; timeMs: number }>();
  const illegal: string[] = [];
  for (const event of events) {
    if (event.detailType !== detailType) continue;
    const { uuid } = event.detail;
    const before = last.get(uuid) ?? { status: '', timeMs: 0 };
    const next = { status: String(event.detail.status), timeMs: event.timeMs ?? 0 };
    if (!table[before.status]?.includes(next.status)) illegal.push(`${before.status} → ${next.status}`);
    if (next.timeMs < before.timeMs) illegal.push(`${next.status} before ${before.status}`);
    last.set(uuid, next);
  }
  return illegal;
}

function lastStatuses(events: readonly BusEvent[], detailType: string): string[] {
  const last = new Map<unknown, string>();
  for (const event of events) {
    if (event.detailType === detailType) last.set(event.detail.uuid, String(event.detail.status));
  }
  return [...last.values()];
}

it(`takes legal steps only, and gets to an end, in ${HISTORIES} seeded histories`, () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= HISTORIES; seed += 1) {
    const world = createWorld(seed);
    play(world);
    const { events, parts } = world;
    const label = `seed ${seed}`;
    expect(illegalSteps(events, 'Run Status Change', RUN_STEPS), label).toEqual([]);
    expect(illegalSteps(events, 'Task Status Change', TASK_STEPS), label).toEqual([]);
    expect([...parts.runs.unfinished()], label).toEqual([]);
    const evicts = parts.settings.evictActiveRuns;
    const ends = lastStatuses(events, 'Run Status Change');
    if (!evicts)
      expect(
        ends.filter((status) => !RUN_ENDS.includes(status)),
        label,
      ).toEqual([]);
    const taskEnds = lastStatuses(events, 'Task Status Change');
    if (!evicts)
      expect(
        taskEnds.filter((status) => !TASK_ENDS.includes(status)),
        label,
      ).toEqual([]);
    for (const status of [...ends, ...taskEnds]) seen.add(status);
    parts.dues.close();
  }
  // The histories reach every end there is.
  expect([...seen]).toEqual(expect.arrayContaining([...RUN_ENDS, ...TASK_ENDS]));
}, 60_000);
