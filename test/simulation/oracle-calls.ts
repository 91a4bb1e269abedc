/** Invariants 5, 6, 7 and 9, and the members' part of 1: judged by the calls that were made and the words that were said. */
import { read } from './oracle-drops.ts';
import { requestsIn, type Violate } from './oracle-ledger.ts';
import { membersOf } from './oracle-runs.ts';
import { BUCKET } from './simulated-objects.ts';
import type { StartCall } from './simulated-omics.ts';
import { OUTPUT_PREFIX, ROLE_ARN, SECRET } from './workload.ts';
import type { World } from './world.ts';

/** Between the look at the members and the call that follows. */
const LOOK_MS = 45_000;

/** Every repeat sends the same bytes, nobody's authority is taken, and the members were as they are named. */
export function checkStarts(world: World, violate: Violate): void {
  const first = new Map<string, StartCall>();
  for (const call of world.omics.starts) {
    const before = first.get(call.requestId);
    if (before === undefined) {
      first.set(call.requestId, call);
      checkMembers(world, call, violate);
    } else if (before.inputText !== call.inputText)
      violate(`1: requestId ${call.requestId} was sent with two meanings`);
    const { roleArn, outputUri } = call.input;
    if (roleArn !== ROLE_ARN) violate(`7: StartRun was called with role ${roleArn}`);
    if (!String(outputUri).startsWith(OUTPUT_PREFIX)) violate(`7: StartRun was called with output ${outputUri}`);
  }
}

/** A call that went out before a person's wish was written may arrive after it. */
const UNDER_WAY_MS = 60_000;

/** 1: what a person wants no more is not started. */
export function checkUnwanted(world: World, violate: Violate): void {
  for (const { identity, cancelAskedAt, attempts } of requestsIn(world)) {
    if (cancelAskedAt === undefined) continue;
    const latestMs = Date.parse(cancelAskedAt) + UNDER_WAY_MS;
    const isLate = ({ requestId, atMs }: StartCall) =>
      atMs > latestMs && attempts.some((attempt) => attempt.requestId === requestId);
    if (world.omics.starts.some(isLate)) violate(`1: StartRun was called for request ${identity}, which was cancelled`);
  }
}

function checkMembers(world: World, call: StartCall, violate: Violate): void {
  // The look comes before the note that the call is about to be made; who dies in between has looked all the same.
  const noted = requestsIn(world)
    .flatMap(({ attempts }) => attempts)
    .find(({ requestId }) => requestId === call.requestId);
  const lookedMs = Math.min(call.atMs, Date.parse(noted?.startCalledAt ?? '') || call.atMs) - LOOK_MS;
  for (const member of membersOf(call.input)) {
    const [uri = '', etag] = member.split(' ');
    const key = uri.replace(`s3://${BUCKET}/`, '');
    const changes = world.objects.changes.filter((change) => change.key === key && change.atMs <= call.atMs);
    const was = changes.findLast(({ atMs }) => atMs < lookedMs);
    const hasBeen = [was, ...changes.filter(({ atMs }) => atMs >= lookedMs)];
    if (!hasBeen.some((change) => change?.etag === etag)) violate(`1: ${member} had changed when its run was started`);
  }
}

/** A slack for races: a run that starts between the listing and the look. */
const MOST_IDLE_LOOKS = 5;
const MOST_THROTTLED_A_STARTER = 4;

/** 5: what a service refuses is not asked for again and again. */
export function checkBounds({ omics, invocations }: World, violate: Violate): void {
  const starters = invocations.all.filter(({ functionName }) => functionName === 'start-runs').length;
  const answers = (pattern: RegExp) => omics.starts.filter(({ answer }) => pattern.test(answer)).length;
  const full = answers(/^ServiceQuotaExceeded/);
  // The SDK may send a call twice.
  if (full > 2 * starters) violate(`5: ${full} StartRun calls met a full quota in ${starters} starters`);
  const throttled = answers(/^(Throttling|InternalServer)/);
  if (throttled > 2 * MOST_THROTTLED_A_STARTER * starters)
    violate(`5: ${throttled} StartRun calls were throttled in ${starters} starters`);
  for (const [uuid, looks] of omics.idleLooks) {
    if (looks > MOST_IDLE_LOOKS)
      violate(`5: reconciliation asked ${looks} times for run ${uuid}, which was active and listed`);
  }
}

/** 6: only the bad record of a batch comes back. */
export function checkBatches({ batches }: World, violate: Violate): void {
  for (const { bodies, failed, harmed } of batches) {
    if (harmed) continue;
    for (const messageId of failed) {
      if (read(bodies.get(messageId) ?? '') !== undefined)
        violate(`6: message ${messageId} failed, and nothing was wrong with it`);
    }
  }
}

/** 9: sample names are nowhere but in keys and parameters. */
export function checkNames(world: World, violate: Violate): void {
  const look = (place: string, text: unknown) => {
    const shown = typeof text === 'string' ? text : JSON.stringify(text);
    if (shown?.includes(SECRET)) violate(`9: a sample name is in ${place}: ${shown.slice(0, 200)}`);
  };
  for (const { input } of world.omics.starts) {
    look('a run name', input.name);
    look("a run's tags", input.tags);
    look('an output location', input.outputUri);
  }
  for (const execution of world.executions.all.values()) {
    // What a person typed into the console is the person's own; nothing of it may come back.
    const typed = typeof execution.input === 'object' && execution.input !== null && 'drop' in execution.input;
    const input = typed ? undefined : execution.input;
    look('an execution', [execution.name, input, execution.output, execution.error, execution.cause]);
  }
  for (const { text } of world.announced) look('an announcement', text);
  for (const notice of world.notices) look('a notification', notice);
  for (const key of world.evidence.kept.keys()) look("an evidence object's key", key);
  for (const line of world.logLines) look('a log line', line);
}
