/** Moves batches on the clock: PENDING → SUBMITTING → INPROGRESS → PROCESSED, or STOPPING → CANCELLED, or FAILED. */
import { AwsError } from '../../aws-error.ts';
import { batchStatusEvent } from '../events/status-events.ts';
import { fingerprint } from '../fingerprint.ts';
import { JournalRefusedError } from '../journal.ts';
import type { OmicsParts } from '../parts.ts';
import { isTerminal } from '../runs/run.ts';
import { cancelRun, deleteRun } from '../runs/run-operations.ts';
import { startRun } from '../runs/start-run.ts';
import type { Batch, BatchMember, BatchStatus } from './batch.ts';
import { addMembers, membersOf, runOf } from './batch-members.ts';
import { checkSettings, parseSettingsFile, requestFor } from './batch-settings.ts';
import { runSummary, submissionSummary } from './batch-views.ts';

/** Emulated seconds that a batch is PENDING, while its settings are checked. */
const PENDING_SECONDS = 3;
/** Runs that are cancelled or deleted in one turn of the event loop. */
const SWEEP_SIZE = 200;

export class BatchLifecycle {
  readonly #parts: OmicsParts;

  constructor(parts: OmicsParts) {
    this.#parts = parts;
    parts.statusListeners.push(({ batchId, status }, atMs) => {
      if (batchId !== undefined && isTerminal(status)) this.#finishSoon(batchId, atMs);
    });
  }

  begin(batch: Batch): void {
    this.#announce(batch);
    this.#schedulePending(batch);
  }

  /** Picks up after a restart; what was half done is done again, which changes nothing. */
  resume(): void {
    for (const batch of this.#parts.batches.list()) {
      if (batch.status === 'PENDING') this.#schedulePending(batch);
      if (batch.status === 'SUBMITTING') this.#submitNext(batch.id, 0, this.#parts.clock.nowMs());
      if (batch.status === 'STOPPING') this.#sweep(batch, 0, (member) => this.#cancelMember(member));
      if (batch.status === 'RUNS_DELETING') this.#sweep(batch, 0, (member) => this.#deleteMember(member));
    }
  }

  cancel(batch: Batch): void {
    const { clock, dues } = this.#parts;
    const stopping = this.#move(batch, 'STOPPING', clock.nowMs());
    dues.add(clock.nowMs(), () => this.#sweep(stopping, 0, (member) => this.#cancelMember(member)));
  }

  deleteRuns(batch: Batch): void {
    const { clock, dues } = this.#parts;
    const deleting = this.#move(batch, 'RUNS_DELETING', clock.nowMs());
    dues.add(clock.nowMs(), () => this.#sweep(deleting, 0, (member) => this.#deleteMember(member)));
  }

  #schedulePending(batch: Batch): void {
    const { dues, settings } = this.#parts;
    const endMs = batch.statusMs + (PENDING_SECONDS * 1000) / settings.speed;
    dues.add(endMs, (atMs) => this.#checkAndSubmit(batch.id, atMs));
  }

  async #checkAndSubmit(batchId: string, atMs: number): Promise<void> {
    const batch = this.#parts.batches.get(batchId);
    if (batch?.status !== 'PENDING') return;
    let ready = batch;
    try {
      if (batch.s3Uri !== undefined) ready = await this.#readSettings(batch, batch.s3Uri);
    } catch (error) {
      if (error instanceof JournalRefusedError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      const failed = this.#parts.batches.put({ ...batch, failureReason: why, failedMs: atMs });
      this.#move(failed, 'FAILED', atMs);
      return;
    }
    if (this.#parts.batches.get(batchId)?.status !== 'PENDING') return;
    this.#move(ready, 'SUBMITTING', atMs);
    this.#parts.dues.add(atMs, (dueMs) => this.#submitNext(batchId, 0, dueMs));
  }

  async #readSettings(batch: Batch, s3Uri: string): Promise<Batch> {
    const content = await this.#parts.readObject(s3Uri);
    if (content === undefined || fingerprint(content) !== batch.s3Fingerprint) {
      throw new AwsError(
        'ValidationException',
        `The file ${s3Uri} was changed or deleted after the batch was submitted`,
      );
    }
    const settings = parseSettingsFile(content);
    checkSettings(settings, batch.defaultRunSetting);
    addMembers(this.#parts, batch.id, settings);
    return { ...batch, totalRuns: settings.length };
  }

  /** One run, then the next as the StartRun rate allows. */
  #submitNext(batchId: string, index: number, atMs: number): void {
    const batch = this.#parts.batches.get(batchId);
    if (batch?.status !== 'SUBMITTING') return;
    const member = this.#parts.batchMembers.get(`${batchId}/${index}`);
    if (member === undefined) {
      this.#move({ ...batch, submittedMs: atMs }, 'INPROGRESS', atMs);
      this.#finishSoon(batchId, atMs);
      return;
    }
    const alreadyStarted = member.started !== undefined;
    if (!alreadyStarted) this.#submit(batch, member);
    const { quota, settings, dues } = this.#parts;
    const pauseMs = alreadyStarted ? 0 : 1000 / Math.max(quota('L-24A3B174'), 0.01) / settings.speed;
    dues.add(atMs + pauseMs, (dueMs) => this.#submitNext(batchId, index + 1, dueMs));
  }

  #submit(batch: Batch, member: BatchMember): void {
    const { batchMembers } = this.#parts;
    try {
      const run = startRun(this.#parts, requestFor(batch, member), batch.id);
      batchMembers.put({
        ...member,
        started: 'SUCCESS',
        submissionStatus: 'SUCCESS',
        runId: run.id,
        runUuid: run.uuid,
      });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const failure = { failureReason: error.code.slice(0, 64), failureMessage: error.message };
      batchMembers.put({ ...member, started: 'FAILED', submissionStatus: 'FAILED', ...failure });
    }
  }

  /** Goes through all runs of the batch, a few at a time, then closes the step. */
  #sweep(batch: Batch, from: number, act: (member: BatchMember) => void): void {
    const { batchMembers, dues, clock } = this.#parts;
    for (let index = from; index < Math.min(from + SWEEP_SIZE, batch.totalRuns); index += 1) {
      const member = batchMembers.get(`${batch.id}/${index}`);
      if (member !== undefined) act(member);
    }
    if (from + SWEEP_SIZE < batch.totalRuns) {
      dues.add(clock.nowMs(), () => this.#sweep(batch, from + SWEEP_SIZE, act));
      return;
    }
    this.#finishSoon(batch.id, clock.nowMs());
  }

  #cancelMember(member: BatchMember): void {
    const { batchMembers } = this.#parts;
    const run = runOf(this.#parts, member);
    if (member.started === 'FAILED' || (run !== undefined && isTerminal(run.status))) return;
    if (run !== undefined) cancelRun(this.#parts, run);
    batchMembers.put({ ...member, submissionStatus: 'CANCEL_SUCCESS' });
  }

  #deleteMember(member: BatchMember): void {
    const { batchMembers } = this.#parts;
    const run = runOf(this.#parts, member);
    if (run === undefined) return;
    try {
      deleteRun(this.#parts, run);
      batchMembers.put({ ...member, submissionStatus: 'DELETE_SUCCESS' });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      batchMembers.put({
        ...member,
        submissionStatus: 'DELETE_FAILED',
        failureReason: error.code,
        failureMessage: error.message,
      });
    }
  }

  /** An entry of its own: what led to it is on disk, and is not done again when the disk refuses what follows. */
  #finishSoon(batchId: string, atMs: number): void {
    this.#parts.dues.add(atMs, () => this.#finishWhenDone(batchId));
  }

  #finishWhenDone(batchId: string): void {
    const atMs = this.#parts.clock.nowMs();
    const batch = this.#parts.batches.get(batchId);
    switch (batch?.status) {
      case 'INPROGRESS':
        if (!this.#anyUnfinished(batch)) this.#move({ ...batch, processedMs: atMs }, 'PROCESSED', atMs);
        return;
      case 'STOPPING':
        if (!this.#anyUnfinished(batch)) this.#move({ ...batch, processedMs: atMs }, 'CANCELLED', atMs);
        return;
      case 'RUNS_DELETING': {
        const failed = membersOf(this.#parts, batch).some((member) => member.submissionStatus === 'DELETE_FAILED');
        this.#move(batch, failed ? 'RUNS_DELETE_FAILED' : 'RUNS_DELETED', atMs);
        return;
      }
      default:
        return;
    }
  }

  #anyUnfinished(batch: Batch): boolean {
    return (['PENDING', 'STARTING', 'RUNNING', 'STOPPING'] as const).some(
      (status) => !this.#parts.runs.list({ batchId: batch.id, status }, 'OLDEST_FIRST').next().done,
    );
  }

  #move(batch: Batch, status: BatchStatus, atMs: number): Batch {
    const moved = this.#parts.batches.put({ ...batch, status, statusMs: atMs });
    this.#announce(moved);
    return moved;
  }

  #announce(batch: Batch): void {
    const counts = {
      totalRuns: batch.totalRuns,
      ...submissionSummary(this.#parts, batch),
      ...runSummary(this.#parts, batch),
    };
    const { id, uuid, name, status, failureReason, statusMs } = batch;
    const subject = { id, uuid, name, status, failureReason, workflowId: batch.defaultRunSetting.workflowId, counts };
    this.#parts.sender.send(batchStatusEvent(subject, this.#parts.arns, statusMs));
  }
}
