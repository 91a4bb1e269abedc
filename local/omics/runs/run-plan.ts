/** How a run goes when nothing interferes: how long each status lasts and which tasks it has. Seeded, never stored. */
import { seededRandom } from '../seeded-random.ts';
import type { FixedDurations } from '../settings.ts';
import type { Run } from './run.ts';

/** Times are shares of the time that the run is RUNNING, in [0, 1]. */
export interface TaskPlan {
  readonly name: string;
  readonly cpus: number;
  /** GiB. */
  readonly memory: number;
  readonly gpus: number;
  readonly instanceType: string;
  readonly createdAt: number;
  readonly startingAt: number;
  readonly runningAt: number;
  readonly stoppingAt: number;
  readonly endAt: number;
}

/** Durations are emulated seconds. */
export interface RunPlan {
  readonly pendingSeconds: number;
  readonly startingSeconds: number;
  readonly runningSeconds: number;
  readonly stoppingSeconds: number;
  readonly tasks: readonly TaskPlan[];
  /** The share of RUNNING after which a run fails that is told to fail there. */
  readonly failsAt: number;
  /** The most that its tasks use at a time. */
  readonly peakCpus: number;
  readonly peakGpus: number;
}

const TASK_NAMES = ['prepare', 'align', 'sort', 'markDuplicates', 'callVariants', 'report'];
const CPUS = [2, 4, 8, 16];
const FAMILIES = [
  { letter: 'c', gibPerCpu: 2 },
  { letter: 'm', gibPerCpu: 4 },
  { letter: 'r', gibPerCpu: 8 },
];
const SIZES = new Map([
  [2, 'large'],
  [4, 'xlarge'],
  [8, '2xlarge'],
  [16, '4xlarge'],
]);

export type PlanSubject = Pick<Run, 'seq' | 'workflowUuid' | 'workflowVersionName' | 'workflowType'>;

/** The usual RUNNING time of a workflow, in emulated seconds: 10 to 40 minutes. */
function usualRunningSeconds(seed: number, workflowUuid: string): number {
  return 600 + Math.floor(seededRandom(seed, 'workflow', workflowUuid)() * 1800);
}

export function planOf(run: PlanSubject, seed: number, fixed: FixedDurations): RunPlan {
  const random = seededRandom(seed, 'run', run.workflowUuid, run.seq);
  const between = (low: number, high: number) => low + random() * (high - low);
  const durations = {
    pendingSeconds: fixed.PENDING ?? between(2, 15),
    startingSeconds: fixed.STARTING ?? between(60, 180),
    runningSeconds: fixed.RUNNING ?? usualRunningSeconds(seed, run.workflowUuid) * between(0.85, 1.15),
    stoppingSeconds: fixed.STOPPING ?? between(20, 60),
  };
  const failsAt = between(0.3, 0.9);
  let tasks: readonly TaskPlan[] | undefined;
  return {
    ...durations,
    failsAt,
    // Worked out when asked for: most runs wait most of the time.
    get tasks() {
      tasks ??= tasksOf(run, seed, random);
      return tasks;
    },
    get peakCpus() {
      return peak(this.tasks, (task) => task.cpus);
    },
    get peakGpus() {
      return peak(this.tasks, (task) => task.gpus);
    },
  };
}

/** A chain in which each task may start before the one before it has ended. */
function tasksOf(run: PlanSubject, seed: number, random: () => number): TaskPlan[] {
  const kind = seededRandom(seed, 'tasks', run.workflowUuid, run.workflowVersionName ?? '');
  const count = 3 + Math.floor(kind() * 4);
  const slot = 1 / count;
  return Array.from({ length: count }, (_, i) => {
    const cpus = CPUS[Math.floor(kind() * CPUS.length)] ?? 2;
    const family = FAMILIES[Math.floor(kind() * FAMILIES.length)] ?? { letter: 'm', gibPerCpu: 4 };
    const createdAt = i === 0 ? 0.01 : Math.max(0.01, (i - random() * 0.4) * slot);
    const endAt = i === count - 1 ? 1 : (i + 0.6 + random() * 0.4) * slot;
    const at = (share: number) => createdAt + (endAt - createdAt) * share;
    return {
      name: TASK_NAMES[i % TASK_NAMES.length] ?? `task${i + 1}`,
      cpus,
      memory: cpus * family.gibPerCpu,
      gpus: 0,
      instanceType: `omics.${family.letter}.${SIZES.get(cpus) ?? 'large'}`,
      createdAt,
      startingAt: at(0.05),
      runningAt: at(0.2),
      stoppingAt: at(0.92),
      endAt,
    };
  });
}

function peak(tasks: readonly TaskPlan[], of: (task: TaskPlan) => number): number {
  const atStartOf = (task: TaskPlan) =>
    tasks.filter((other) => other.createdAt <= task.createdAt && other.endAt > task.createdAt);
  return Math.max(0, ...tasks.map((task) => atStartOf(task).reduce((sum, other) => sum + of(other), 0)));
}
