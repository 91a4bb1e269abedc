/**
 * Months of one account, by seed, against the real emulator over loopback: runs of ours and of others, deletions, removals
 * by retention, ids that are used again, a quota that changes; sweeps that crash, overlap, are throttled, lose their page
 * token and prune. Whatever breaks a promise is in `violations`.
 */
import { randomUUID } from 'node:crypto';
import { DeleteRunCommand, GetRunCommand, StartRunCommand } from '@aws-sdk/client-omics';
import { CallsThrottled, type PrunePorts, type SweepPorts, type SweepResult } from '../../lib/lifecycle/sweep-ports.ts';
import { sweepRuns } from '../../lib/lifecycle/sweep-runs.ts';
import type { PruneRules } from '../../lib/quota/prune-settings.ts';
import { type Crossings, crossThresholds } from '../../lib/quota/thresholds.ts';
import { currentAttempt } from '../../lib/runs/request-record.ts';
import { announced, ended, started, statusKnown, waiting } from '../../lib/runs/transitions.ts';
import { germlineRequest } from '../local/omics/harness.ts';
import { dyingPorts } from '../support/crashing-sweep.ts';
import { type EmulatedAccount, STORED_RUNS, startEmulatedAccount } from '../support/emulated-account.ts';
import { claimedRequest, EVERYBODY } from '../support/request-record.ts';
import { evidenceProblems } from '../support/schemas.ts';
import { randomOf } from '../support/simulated-account.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ENOUGH = 14 * MINUTE;
const THRESHOLDS = [80, 90, 95];

const RULES: PruneRules = {
  olderThanMs: 20 * DAY,
  statuses: ['COMPLETED', 'FAILED'],
  keepNewest: 15,
  keepTag: 'keep',
  runs: 'all',
  mostPerSweep: 4,
  dryRun: false,
};

export interface HistoryVerdict {
  readonly seed: number;
  readonly violations: readonly string[];
  /** What happened, so that a history in which nothing happened shows. */
  readonly counts: Readonly<Record<string, number>>;
}

export async function sweeperHistory(seed: number, steps = 45): Promise<HistoryVerdict> {
  const random = randomOf(seed);
  const account = await startEmulatedAccount({
    settings: { seed },
    random: randomOf(seed + 1_000_003),
    indexLagMs: () => Math.floor(2_000 * random()),
  });
  try {
    const history = new History(account, { story: random, weather: randomOf(seed + 2_000_003) });
    for (let step = 0; step < steps; step += 1) await history.step(step);
    await history.finish();
    return { seed, violations: history.violations, counts: history.counts };
  } finally {
    await account.stop();
  }
}

class History {
  readonly violations: string[] = [];
  readonly counts: Record<string, number> = {};
  readonly #account: EmulatedAccount;
  readonly #random: () => number;
  /** What befalls calls: their order is the network's, and must not change the story. */
  readonly #weather: () => number;
  /** Of the run that has the id now. */
  readonly #modes = new Map<string, 'RETAIN' | 'REMOVE'>();
  readonly #uuids = new Map<string, string>();
  readonly #deleted = new Set<string>();
  #reference: Crossings = {};
  #crossings = new Map<number, number>();
  #requests = 0;

  constructor(account: EmulatedAccount, random: { readonly story: () => number; readonly weather: () => number }) {
    this.#account = account;
    this.#random = random.story;
    this.#weather = random.weather;
    account.laptop.quotas[STORED_RUNS] = 110;
  }

  #few(most: number): number {
    return Math.floor(most * this.#random());
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #count(what: string, by = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + by;
  }

  #expect(holds: boolean, what: string): void {
    if (!holds) this.violations.push(what);
  }

  async step(number: number): Promise<void> {
    await this.#live();
    await this.#refer();
    const ports = this.#ports(this.#chance(0.25) ? 4_000 : ENOUGH);
    const kind = this.#random();
    if (kind < 0.15) await this.#crash(ports);
    else if (kind < 0.25) await this.#overlap(ports);
    else await this.#check(await this.#sweep(ports, this.#chance(0.5)), number);
  }

  /** Until the last question is answered, then everything must agree. */
  async finish(): Promise<void> {
    this.#account.advance(HOUR);
    // Pruning, because what a dead sweep was about to delete is settled by one that prunes.
    const ports = () => ({ ...this.#account.ports(ENOUGH), prune: this.#pruning() });
    for (let turn = 0; turn < 4; turn += 1) {
      await this.#refer();
      await this.#sweep(ports(), true);
      this.#account.advance(MINUTE);
    }
    await this.#check(await this.#sweep(ports(), true), -1);
    await this.#checkAnnouncements();
    await this.#checkDeletions();
    await this.#checkNotes();
  }

  async #live(): Promise<void> {
    const { laptop } = this.#account;
    for (let count = this.#few(14); count > 0; count -= 1) {
      await this.#start(this.#chance(0.85) ? 'RETAIN' : 'REMOVE');
      this.#account.advance(this.#few(20) * MINUTE + 2_000);
    }
    this.#account.advance(this.#few(36) * HOUR);
    if (this.#chance(0.15)) {
      laptop.quotas[STORED_RUNS] = 80 + this.#few(60);
      this.#count('quota changes');
    }
    const share = this.#chance(0.15) ? 0.4 : 0.01;
    for (const { id = '', status = '' } of await this.#account.all()) {
      const isOver = status === 'COMPLETED' || status === 'FAILED';
      if (!isOver || !this.#chance(share)) continue;
      await laptop.client.send(new DeleteRunCommand({ id }));
      this.#count('deletions');
    }
  }

  /** Of ours, the ledger knows the run; what it knows of the end may lag behind. */
  async #start(retentionMode: 'RETAIN' | 'REMOVE'): Promise<void> {
    const { ledger, laptop } = this.#account;
    const isOwn = this.#chance(0.4);
    const keep = this.#chance(0.2) ? { tags: { keep: 'yes' } } : {};
    const name = isOwn ? `germline-${randomUUID().slice(0, 8)}` : 'foreign';
    const input = germlineRequest({ retentionMode, name, storageType: 'DYNAMIC', ...keep });
    const run = await laptop.client.send(new StartRunCommand(input)).catch((error: Error) => {
      this.#expect(error.name === 'ServiceQuotaExceededException', `StartRun failed with ${error.name}`);
      return undefined;
    });
    if (run?.id === undefined || run.uuid === undefined) return this.#count('refused starts');
    if (this.#uuids.has(run.id)) this.#count('ids used again');
    this.#modes.set(run.id, retentionMode);
    this.#uuids.set(run.id, run.uuid);
    this.#count(isOwn ? 'own runs' : 'foreign runs');
    if (!isOwn) return;
    const { creationTime } = await laptop.client.send(new GetRunCommand({ id: run.id }));
    const at = (creationTime ?? new Date(0)).toISOString();
    this.#requests += 1;
    const record = claimedRequest({ identity: identityOf(this.#requests), createdAt: at });
    await ledger.requests.claim(record);
    const { attempt } = currentAttempt(record);
    const begun = { runId: run.id, uuid: run.uuid, retentionMode };
    const isOver = this.#chance(0.5);
    await ledger.requests.change(record.identity, (one) => {
      const known = started(waiting(one, at), attempt, begun, at);
      const seen = this.#chance(0.8) ? statusKnown(known, attempt, { status: 'PENDING', creationTime: at }, at) : known;
      return isOver ? announced(ended(seen, 'COMPLETED', at), at, EVERYBODY) : seen;
    });
  }

  /** What the share of the quota is, for the number of crossings that there can have been. */
  async #refer(): Promise<void> {
    const runs = await this.#account.all();
    const retained = runs.filter(({ id = '' }) => this.#modes.get(id) === 'RETAIN').length;
    const share = (100 * retained) / number(this.#account.laptop.quotas[STORED_RUNS]);
    const { crossings, passed } = crossThresholds(this.#reference, { least: share, most: share }, THRESHOLDS);
    this.#reference = crossings;
    for (const { threshold, number: times } of passed) this.#crossings.set(threshold, times);
  }

  /** Ports through which HealthOmics is throttled now and then, and forgets page tokens; that prune, and note what they delete. */
  #ports(lastsMs: number): SweepPorts {
    const ports = this.#account.ports(lastsMs);
    const { page, look } = ports.storedRuns;
    const throttle = () => {
      if (this.#weather() >= 0.02) return;
      this.#count('throttles');
      throw new CallsThrottled('Rate exceeded');
    };
    const storedRuns: SweepPorts['storedRuns'] = {
      page: async ({ status, token }) => {
        throttle();
        const isForgotten = token !== undefined && this.#weather() < 0.3;
        if (isForgotten) this.#count('expired page tokens');
        const good = { ...(status === undefined ? {} : { status }), ...(token === undefined ? {} : { token }) };
        return page(isForgotten ? { ...good, token: `${token}x` } : good);
      },
      look: async (runId) => {
        throttle();
        return look(runId);
      },
    };
    return this.#chance(0.7) ? { ...ports, storedRuns, prune: this.#pruning() } : { ...ports, storedRuns };
  }

  #pruning(): PrunePorts {
    const prune = this.#account.pruning(RULES);
    const { describe } = prune.runs;
    const remove: PrunePorts['runs']['delete'] = async (runId) => {
      const before = await describe(runId);
      const answer = await prune.runs.delete(runId);
      if (answer !== 'deleted' || before === undefined) return answer;
      await this.#refer();
      const { uuid = '', status, retentionMode, stoppedMs = Number.POSITIVE_INFINITY, tags } = before;
      this.#count('pruned');
      this.#deleted.add(uuid);
      const isRight =
        RULES.statuses.some((one) => one === status) &&
        retentionMode === 'RETAIN' &&
        this.#account.laptop.clock.nowMs() - stoppedMs >= RULES.olderThanMs - HOUR &&
        tags?.keep === undefined &&
        this.#isKept(uuid);
      this.#expect(isRight, `run ${runId} ${uuid} (${status} ${retentionMode}) was deleted wrongly`);
      return answer;
    };
    return { ...prune, runs: { describe, delete: remove } };
  }

  #isKept(uuid: string): boolean {
    const text = this.#account.evidence.kept.get(`runs/${uuid}.json`);
    return text !== undefined && evidenceProblems(JSON.parse(text)).length === 0;
  }

  async #sweep(ports: SweepPorts, scan: boolean): Promise<SweepResult> {
    const result = await sweepRuns(ports, { scan });
    this.#count(`sweeps ${result.outcome}`);
    return result;
  }

  async #crash(ports: SweepPorts): Promise<void> {
    const dying = dyingPorts(ports, 1 + this.#few(240));
    await sweepRuns(dying.ports, { scan: this.#chance(0.7) }).catch((error: Error) =>
      this.#expect(error.message === 'the process is dead', `a sweep failed: ${error.stack}`),
    );
    if (dying.isDead()) this.#count('crashes');
    // The lease of the dead one runs out.
    this.#account.advance(20 * MINUTE);
  }

  /** The first hangs in one of its calls until its lease has run out, and the second overtakes it. */
  async #overlap(ports: SweepPorts): Promise<void> {
    const at = 1 + this.#few(40);
    let calls = 0;
    let other: Promise<unknown> | undefined;
    const hang = async () => {
      calls += 1;
      if (calls !== at) return;
      this.#account.advance(20 * MINUTE);
      await this.#refer();
      other = this.#sweep(this.#ports(ENOUGH), true);
      // Half of the times the second one is through first, else they take turns.
      if (this.#weather() < 0.5) await other;
    };
    const { page, look } = ports.storedRuns;
    const storedRuns: SweepPorts['storedRuns'] = {
      page: (options) => hang().then(() => page(options)),
      look: (runId) => hang().then(() => look(runId)),
    };
    await this.#sweep({ ...ports, storedRuns }, true);
    await other;
    if (other !== undefined) this.#count('overlaps');
  }

  async #check(result: SweepResult, step: number): Promise<void> {
    const picture = this.#account.pictures.at(-1);
    if (result.outcome !== 'done' || result.basis !== 'scan' || picture === undefined) return;
    if (picture.unknownRetention + picture.doubted > 0) return this.#count('incomplete pictures');
    const truth = await this.#account.truth();
    this.#count('pictures beside the truth');
    const said = JSON.stringify(sorted(picture.byRetentionMode));
    const is = JSON.stringify(sorted(truth));
    this.#expect(said === is, `step ${step}: the picture says ${said}, GetRun ${is}`);
  }

  async #checkAnnouncements(): Promise<void> {
    const state = await this.#account.ledger.sweeps.readState();
    const sent = this.#account.announcer.sent.filter(({ detailType }) => detailType === 'Quota Threshold Crossed');
    for (const threshold of THRESHOLDS) {
      const same = sent.filter(({ detail }) => detail.thresholdPercent === threshold);
      const ids = new Set(same.map(({ detail }) => detail.eventId));
      this.#count('crossings', ids.size);
      const most = this.#crossings.get(threshold) ?? 0;
      this.#expect(ids.size <= most, `${threshold} %: ${ids.size} eventIds for ${most} crossings`);
      const decided = state?.crossings[threshold]?.number ?? 0;
      this.#expect(ids.size === decided, `${threshold} %: ${ids.size} of ${decided} crossings were announced`);
    }
    this.#expect(state?.pending.length === 0, 'not everything was sent');
    const told = new Set(this.#account.notifier.sent.map(({ eventId }) => eventId));
    for (const { detail } of sent) this.#expect(told.has(String(detail.eventId)), 'people were not told of a crossing');
  }

  /** What the ledger says is gone is gone. */
  async #checkNotes(): Promise<void> {
    const { ledger, laptop } = this.#account;
    const live = new Set<string | undefined>();
    for (const { id } of await this.#account.all())
      live.add((await laptop.client.send(new GetRunCommand({ id }))).uuid);
    for (let request = 1; request <= this.#requests; request += 1)
      for (const { uuid, how } of await ledger.snapshots.goneOf(identityOf(request))) {
        this.#count(`noted as gone: ${how}`);
        this.#expect(!live.has(uuid), `run ${uuid} is noted as gone and is there`);
      }
  }

  async #checkDeletions(): Promise<void> {
    this.#account.advance(HOUR);
    const ledger = await this.#account.ledger.deletions.list(10_000);
    const told = new Set(ledger.filter(({ state }) => state === 'DELETED').map(({ uuid }) => uuid));
    for (const uuid of this.#deleted) this.#expect(told.has(uuid), `the deletion of ${uuid} is not in the ledger`);
    this.#expect(
      ledger.every(({ state }) => state !== 'INTENDED'),
      'a deletion was never settled',
    );
  }
}

function identityOf(request: number): string {
  return request.toString(16).padStart(32, '0');
}

function sorted(counts: Readonly<Record<string, Readonly<Record<string, number>>>>): unknown {
  const byName = (a: readonly [string, unknown], b: readonly [string, unknown]) => (a[0] < b[0] ? -1 : 1);
  return Object.entries(counts)
    .map(([mode, statuses]) => [mode, Object.entries(statuses).sort(byName)] as const)
    .sort(byName);
}

function number(value: number | undefined): number {
  return value ?? 0;
}
