/** A small world for the lifecycle: a real ledger, and ports that a test can steer and look into. */
import type { Ledger } from '../../lib/ledger/ledger.ts';
import type { AwaitStartPorts } from '../../lib/lifecycle/await-start.ts';
import type { Figure } from '../../lib/lifecycle/metrics.ts';
import type { Announcement, Log, ObjectHead, RunFacts, StartRunResult } from '../../lib/lifecycle/ports.ts';
import type { ReconcilePorts } from '../../lib/lifecycle/reconcile.ts';
import type { StartWaitingPorts } from '../../lib/lifecycle/start-waiting.ts';
import type { TakeDropsPorts } from '../../lib/lifecycle/take-drops.ts';
import type { TakeSheetPorts } from '../../lib/lifecycle/take-sheet.ts';
import type { Drop } from '../../lib/routing/drop.ts';
import { loadRouteFile } from '../../lib/routing/route-file.ts';
import type { SheetPartOfDrop } from '../../lib/routing/sheet-message.ts';
import { sha256 } from '../../lib/runs/identity.ts';
import type { RunStatus } from '../../lib/runs/run-status.ts';
import type { StartRunInput } from '../../lib/runs/start-run-input.ts';
import { FakeArchive, FakeEvidence, FakeNotifier } from './fake-telling.ts';
import { realLedger } from './real-ledger.ts';
import { eventProblems } from './schemas.ts';

export const ROUTES = `
version: 1
defaults:
  roleArn: arn:aws:iam::000000000000:role/HealthOmics
  outputUri: s3://results/{route}/
  retentionMode: RETAIN
  storageType: DYNAMIC
routes:
  - name: germline
    on: { bucket: drops, key: 'fastq/{sample}_R{read,[12]}.fastq.gz' }
    gather: { by: [sample], needs: { read: ["1", "2"] } }
    sensitive: [sample]
    run:
      workflowId: "1234567"
      parameters: { fastq_1: '{uri:read=1}', fastq_2: '{uri:read=2}', sample: '{sample}' }
    retry: { attempts: 2 }
  - name: single
    on: { bucket: drops, key: 'cram/{sample}.cram' }
    run: { workflowId: "3333333", parameters: { input: '{uri}' } }
  - name: removable
    on: { bucket: drops, key: 'removable/{sample}.cram' }
    run: { workflowId: "3333333", retentionMode: REMOVE, parameters: { input: '{uri}' } }
  - name: reject
    on: { bucket: drops, key: 'reject/{sample}.cram' }
    onQuota: reject
    run: { workflowId: "3333333", parameters: { input: '{uri}' } }
  - name: uploads
    on: { bucket: drops, key: 'uploads/{sample}.cram' }
    identity: version
    run: { workflowId: "3333333", parameters: { input: '{uri}' } }
  - name: slow
    on: { bucket: drops, key: 'slow/{sample}.cram' }
    limits: { inStatus: { PENDING: 72h } }
    run: { workflowId: "3333333", parameters: { input: '{uri}' } }
  - name: limited
    on: { bucket: drops, key: 'limited/{file}' }
    limits: { maxRunsPerDay: 2 }
    run: { workflowId: "3333333", parameters: { input: '{uri}' } }
  - name: run-request
    on: { bucket: drops, key: 'requests/{name}.json' }
    run: { fromObject: true, allow: { workflowIds: ["1234567"] } }
schedules:
  - name: nightly
    cron: "0 2 * * ? *"
    timezone: Europe/Berlin
    run: { workflowId: "222", parameters: { date: '{date}' } }
`;

interface StoredObject extends ObjectHead {
  readonly text?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

interface FakeRun extends Omit<RunFacts, 'status'> {
  status: RunStatus;
  failureReason?: string;
}

/** HealthOmics as the lifecycle sees it: remembers requestIds, and runs move when the test says so. */
export class FakeRuns {
  readonly all: FakeRun[] = [];
  readonly calls: string[] = [];
  /** Answers instead of starting, one a call. */
  readonly answers: StartRunResult[] = [];
  /** The call starts the run, and its answer is lost on the way back. */
  loseAnswers = 0;
  remembers = true;

  async startRun(input: StartRunInput): Promise<StartRunResult> {
    this.calls.push(`StartRun ${input.requestId}`);
    const answer = this.answers.shift();
    if (answer !== undefined) return answer;
    const known = this.remembers
      ? this.all.find((run) => run.tags['rundrop:requestId'] === input.requestId)
      : undefined;
    const run = known ?? this.add(input);
    if (this.loseAnswers > 0) {
      this.loseAnswers -= 1;
      return { kind: 'later', reason: 'the answer was lost' };
    }
    const retentionMode = typeof input.retentionMode === 'string' ? input.retentionMode : 'RETAIN';
    return { kind: 'started', run: { runId: run.runId, uuid: run.uuid, status: 'PENDING', retentionMode } };
  }

  readonly templates = new Map<string, Record<string, { optional?: boolean }>>();

  async parameterTemplate({ workflowId }: { workflowId: string }) {
    return this.templates.get(workflowId);
  }

  async getRun(runId: string): Promise<RunFacts | undefined> {
    this.calls.push(`GetRun ${runId}`);
    return this.all.findLast((run) => run.runId === runId);
  }

  async cancelRun(runId: string): Promise<void> {
    this.calls.push(`CancelRun ${runId}`);
    this.move(runId, 'STOPPING');
  }

  async findRunIdsByName(name: string): Promise<readonly string[]> {
    return this.all.filter((run) => run.name === name).map(({ runId }) => runId);
  }

  async listRuns(status: string): Promise<readonly { runId: string; status: string }[]> {
    this.calls.push(`ListRuns ${status}`);
    return this.all.filter((run) => run.status === status).map(({ runId }) => ({ runId, status }));
  }

  move(runId: string, status: RunStatus, failureReason?: string): void {
    const run = this.all.find((one) => one.runId === runId);
    if (run === undefined) throw new Error(`no run ${runId}`);
    run.status = status;
    if (failureReason !== undefined) run.failureReason = failureReason;
  }

  remove(runId: string): void {
    this.all.splice(
      this.all.findIndex((run) => run.runId === runId),
      1,
    );
  }

  add(input: StartRunInput | { name: string; tags: Record<string, string> }): FakeRun {
    const number = this.all.length + 1;
    const name = typeof input.name === 'string' ? input.name : 'unnamed';
    const tags = (input.tags ?? {}) as Record<string, string>;
    const run: FakeRun = { runId: `100000${number}`, uuid: `uuid-${number}`, name, tags, status: 'PENDING' };
    this.all.push(run);
    return run;
  }
}

/** Step Functions as the lifecycle sees it: executions by name, and the answers that their tokens got. */
export class FakeExecutions {
  readonly statuses = new Map<string, string>();
  readonly inputs = new Map<string, unknown>();
  readonly answers = new Map<string, unknown>();
  readonly spent = new Set<string>();

  async start(name: string, input: unknown): Promise<string> {
    const executionArn = `arn:execution:${name}`;
    if (!this.statuses.has(executionArn)) {
      this.statuses.set(executionArn, 'RUNNING');
      this.inputs.set(executionArn, input);
    }
    return executionArn;
  }

  async status(executionArn: string): Promise<string | undefined> {
    return this.statuses.get(executionArn);
  }

  async succeed(token: string, output: unknown): Promise<'delivered' | 'spent'> {
    return this.#answer(token, { output });
  }

  async fail(token: string, error: string, cause: string): Promise<'delivered' | 'spent'> {
    return this.#answer(token, { error, cause });
  }

  #answer(token: string, answer: unknown): 'delivered' | 'spent' {
    if (this.spent.has(token) || this.answers.has(token)) return 'spent';
    this.answers.set(token, answer);
    return 'delivered';
  }
}

export class FakeClock {
  now = Date.UTC(2026, 0, 2, 3, 4, 5);
  readonly slept: number[] = [];
  nowMs(): number {
    return this.now;
  }
  async sleep(milliseconds: number): Promise<void> {
    this.slept.push(milliseconds);
    this.now += milliseconds;
  }
}

/** The bus, which takes what docs/events documents; `refuse` makes that many announcements fail. */
export class FakeAnnouncer {
  readonly sent: Announcement[] = [];
  refuse = 0;
  async announce(announcement: Announcement): Promise<void> {
    if (this.refuse > 0) {
      this.refuse -= 1;
      throw new Error('the bus is ill');
    }
    const problems = eventProblems(announcement.detailType, announcement.detail);
    if (problems.length > 0) throw new Error(`${announcement.detailType} is not as documented: ${problems.join('; ')}`);
    this.sent.push(announcement);
  }
}

type Ports = ReconcilePorts & StartWaitingPorts & AwaitStartPorts & TakeSheetPorts & Pick<TakeDropsPorts, 'trusted'>;

export interface World extends Ports {
  readonly ledger: Ledger;
  readonly runs: FakeRuns;
  readonly executions: FakeExecutions;
  readonly clock: FakeClock;
  readonly announcer: FakeAnnouncer;
  readonly notifier: FakeNotifier;
  readonly evidence: FakeEvidence;
  readonly archive: FakeArchive;
  readonly store: Map<string, StoredObject>;
  readonly nudges: string[];
  /** Parts of sheets that were sent to the drops queue, oldest first. */
  readonly sentParts: (SheetPartOfDrop & { readonly afterSeconds: number })[];
  /** Drops whose objects are to be taken again, oldest first. */
  readonly droppedAgain: string[];
  readonly lines: string[];
  /** What was counted and timed, oldest first. */
  readonly figures: Figure[];
  /** By which `put` tells one object from the next. */
  nextSequence(): number;
  stop(): Promise<void>;
}

export async function createWorld(): Promise<World> {
  const { ledger, stop } = await realLedger();
  const runs = new FakeRuns();
  const store = new Map<string, StoredObject>();
  const nudges: string[] = [];
  const sentParts: World['sentParts'] = [];
  const droppedAgain: string[] = [];
  let sequence = 0;
  const lines: string[] = [];
  const figures: Figure[] = [];
  const file = loadRouteFile(ROUTES, { fileName: 'rundrop.yaml', environment: {}, hash: sha256 });
  const write: Log['info'] = (message, fields) => void lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
  const world: World = {
    ledger,
    runs,
    notifier: new FakeNotifier(),
    evidence: new FakeEvidence(),
    archive: new FakeArchive((runId) => runs.all.findLast((run) => run.runId === runId)),
    executions: new FakeExecutions(),
    clock: new FakeClock(),
    announcer: new FakeAnnouncer(),
    store,
    nudges,
    sentParts,
    lines,
    figures,
    metrics: { record: (figure) => void figures.push(figure) },
    objects: {
      head: async ({ bucket, key }) => store.get(`${bucket}/${key}`),
      someUnder: async ({ bucket, prefix }) =>
        bucket !== 'drops' || [...store.keys()].some((name) => name.startsWith(`drops/${prefix}`)) ? 'yes' : 'no',
      tags: async ({ bucket, key }) => store.get(`${bucket}/${key}`)?.tags ?? {},
      async read({ bucket, key, etag }, limitBytes) {
        const object = store.get(`${bucket}/${key}`);
        if (object === undefined || object.etag !== etag) return undefined;
        return object.sizeBytes > limitBytes ? 'too-large' : (object.text ?? '');
      },
    },
    trusted: { accounts: ['000000000000'], regions: ['us-east-1'] },
    sheetParts: { send: async (parts) => void sentParts.push(...parts) },
    dropsAgain: { send: async (dropIds) => void droppedAgain.push(...dropIds) },
    droppedAgain,
    deadlineMs: Number.POSITIVE_INFINITY,
    starter: { nudge: async (cause) => void nudges.push(cause) },
    quotas: { startRunsPerSecond: async () => 5 },
    routes: { read: async () => file },
    random: () => 0.5,
    settings: {
      stage: 'test',
      rundropVersion: '0.1.0',
      requestIdTrustSeconds: 3600,
      retryBaseSeconds: 60,
      quotaProbeSeconds: 55,
      inStatusSeconds: { PENDING: 86_400, STARTING: 7_200, RUNNING: 259_200, STOPPING: 43_200 },
    },
    log: { info: write, warn: write, error: write },
    taking: async () => world,
    nextSequence: () => {
      sequence += 1;
      return sequence;
    },
    stop,
  };
  return world;
}

/** Puts an object into the store and returns the drop that its event would be. */
export function put(world: World, key: string, content: Partial<StoredObject> = {}): Drop {
  const sequence = world.nextSequence();
  const sizeBytes = content.sizeBytes ?? content.text?.length ?? 100;
  const object = { etag: content.etag ?? `etag-${sequence}`, sizeBytes };
  world.store.set(`drops/${key}`, { storageClass: 'STANDARD', ...content, ...object });
  const sequencer = sequence.toString(16).padStart(8, '0');
  return { bucket: 'drops', key, ...object, sequencer, timeMs: world.clock.nowMs() };
}

/** Runs AwaitStart for an execution as Step Functions would; the token is `<executionName>:<n>`. */
export function tokenOf(executionName: string, number = 1): string {
  return `${executionName}:${number}`;
}
