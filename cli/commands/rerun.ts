/** `rundrop rerun RUN`: the same run again, with changes, as a request of its own. */
import type { OmicsClient } from '@aws-sdk/client-omics';
import { createExecutions } from '../../lib/aws/executions.ts';
import { createObjects } from '../../lib/aws/objects.ts';
import { requestOfRun } from '../../lib/aws/run-request.ts';
import { getRun } from '../../lib/aws/runs.ts';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { changedMembers } from '../../lib/lifecycle/changed-members.ts';
import {
  asItIs,
  membersLeft,
  NonceTaken,
  type RerunSource,
  rerunRequest,
  sourceOfRequest,
  sourceOfRun,
} from '../../lib/lifecycle/rerun-request.ts';
import {
  applySettings,
  type Change,
  changesBetween,
  doubtfulParameters,
  InvalidSetting,
  parseSetting,
} from '../../lib/routing/set-members.ts';
import { checkStartRunRequest } from '../../lib/routing/start-run-request.ts';
import { currentAttempt, type MemberRecord, type RequestRecord } from '../../lib/runs/request-record.ts';
import { openLedger, openOmics, openS3, openSfn } from '../clients.ts';
import { CommandError, UsageError } from '../errors.ts';
import { type Operator, type OperatorOptions, openOperator } from '../operator.ts';
import { stateMachineArnOf, type Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';
import { printable } from '../text.ts';
import { findRequests } from './show.ts';

export interface RerunOptions extends OperatorOptions {
  readonly set: readonly string[];
  readonly nonce?: string;
  readonly newInputs?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export interface RerunContext {
  readonly target: Target;
  readonly terminal: Terminal;
  readonly rundropVersion: string;
  readonly nowMs: () => number;
  readonly newNonce: () => string;
}

export async function rerun(run: string, options: RerunOptions, context: RerunContext): Promise<number> {
  const { target, terminal } = context;
  const nonce = checkNonce(options.nonce) ?? context.newNonce();
  const settings = options.set.map(read);
  const ledger = await openLedger(target, terminal);
  const operator = options.dryRun ? undefined : await openOperator(target, options, context.nowMs());
  const source = await findSource(ledger, await openOmics(target), run);
  const request = changed(source, settings);
  const members = await inputsOf(source, request, options, target);
  const changes = changesBetween(source.request, request);
  for (const doubt of doubtfulParameters(source.request, request)) terminal.note(`note: ${printable(doubt)}`);
  const record =
    operator === undefined
      ? undefined
      : await start({ source, request, members, nonce }, { ledger, operator, context });
  const newInputs = members.filter((member) => !source.members.includes(member)).map(uriOf);
  report(
    { source, request, changes, newInputs, nonce, ...(record === undefined ? {} : { record }) },
    options,
    terminal,
  );
  return 0;
}

function checkNonce(nonce: string | undefined): string | undefined {
  if (nonce === undefined || /^[A-Za-z0-9_-]{1,64}$/.test(nonce)) return nonce;
  throw new UsageError('--nonce must have 1 to 64 letters, digits, "_" and "-"');
}

function read(text: string) {
  return asUsage(() => parseSetting(text));
}

function asUsage<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof InvalidSetting) throw new UsageError(`--set ${printable(error.message)}`, { cause: error });
    throw error;
  }
}

/** By what `show` takes; else a run that somebody else started, by its id. */
async function findSource(ledger: Ledger, omics: OmicsClient, text: string): Promise<RerunSource> {
  const found = await findRequests(ledger, text);
  if (found.length === 0 && /^[0-9]{1,18}$/.test(text)) return foreignSource(omics, text);
  const [record] = found;
  if (record === undefined || found.length > 1) {
    throw new CommandError(
      found.length === 0
        ? `Neither the ledger nor HealthOmics has a run "${printable(text)}". \`rundrop runs\` lists those of the ledger.`
        : `"${printable(text)}" can be any of these; give more of the id:\n  ${found.map(({ identity }) => identity).join('\n  ')}`,
    );
  }
  const meant = record.attempts.find(({ runId, uuid, requestId, name }) =>
    [runId, uuid, requestId, name].includes(text),
  );
  const attempt = meant ?? currentAttempt(record);
  if (record.origin.kind !== 'run') return sourceOfRequest(record, attempt);
  const source = await foreignSource(omics, attempt.runId ?? '');
  if (source.of !== attempt.uuid) throw goneRun(attempt.runId);
  return { ...source, of: record.identity };
}

async function foreignSource(omics: OmicsClient, runId: string): Promise<RerunSource> {
  const [run, request] = await Promise.all([getRun(omics, runId), requestOfRun(omics, runId)]);
  if (run === undefined || request === undefined) throw goneRun(runId);
  return sourceOfRun(run, request);
}

function goneRun(runId: string | undefined): CommandError {
  return new CommandError(
    `Neither the ledger nor HealthOmics knows what run ${runId} was started with. \`rundrop runs\` lists those of the ledger.`,
  );
}

function changed(source: RerunSource, settings: readonly ReturnType<typeof parseSetting>[]) {
  const request = asUsage(() => applySettings(source.request, settings));
  const problems = checkStartRunRequest(request);
  if (problems.length > 0) throw new UsageError(`That is no StartRun request: ${printable(problems.join('; '))}`);
  return request;
}

async function inputsOf(
  source: RerunSource,
  request: RerunSource['request'],
  { newInputs }: RerunOptions,
  target: Target,
): Promise<readonly MemberRecord[]> {
  const members = membersLeft(source, request);
  if (members.length === 0) return members;
  const changed = await changedMembers({ objects: createObjects(await openS3(target)) }, members);
  const gone = changed.some(({ now }) => now === undefined);
  if (changed.length === 0) return members;
  if (newInputs === true && !gone) {
    const latest = new Map(changed.map((one) => [one.member.dropId, asItIs(one)]));
    return members.map((member) => latest.get(member.dropId) ?? member);
  }
  const list = changed.map(
    ({ member, now }) => `  ${printable(uriOf(member))} is ${now === undefined ? 'gone' : 'changed'}`,
  );
  const advice = gone ? 'Upload what is gone again.' : 'Add --new-inputs to run with the objects as they are now.';
  throw new CommandError(`The inputs are not what they were for that run:\n${list.join('\n')}\n${advice}`);
}

function uriOf({ bucket, key }: MemberRecord): string {
  return `s3://${bucket}/${key}`;
}

interface Copy {
  readonly source: RerunSource;
  readonly request: RerunSource['request'];
  readonly members: readonly MemberRecord[];
  readonly nonce: string;
}

async function start(
  copy: Copy,
  { ledger, operator, context }: { ledger: Ledger; operator: Operator; context: RerunContext },
): Promise<RequestRecord> {
  const { target, terminal, rundropVersion, nowMs } = context;
  const sfn = await openSfn(target);
  const stateMachineArn = stateMachineArnOf(target, { ...operator, region: await sfn.config.region() });
  const ports = {
    ledger,
    executions: createExecutions({ sfn, stateMachineArn }),
    clock: { nowMs, sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)) },
    settings: { rundropVersion },
  };
  // Printed before anything is claimed, so that a command that was cut short can be repeated.
  if (context.target.kind === 'aws') terminal.note(`To repeat this very command safely, add --nonce ${copy.nonce}`);
  try {
    return await rerunRequest(ports, { ...copy, act: operator.act('rerun', `of ${copy.source.of}`) });
  } catch (error) {
    if (error instanceof NonceTaken) throw new CommandError(error.message, { cause: error });
    throw error;
  }
}

interface Rerun {
  readonly source: RerunSource;
  readonly request: RerunSource['request'];
  readonly changes: readonly Change[];
  /** URIs of what was overwritten since, and is taken as it is now. */
  readonly newInputs: readonly string[];
  readonly nonce: string;
  /** Absent in a dry run. */
  readonly record?: RequestRecord;
}

function report(rerun: Rerun, { json }: RerunOptions, terminal: Terminal): void {
  const { source, request, changes, newInputs, nonce, record } = rerun;
  if (json) {
    const ids = record === undefined ? {} : { request: record.identity, requestId: currentAttempt(record).requestId };
    terminal.out(JSON.stringify({ of: source.of, ...ids, nonce, changes, newInputs, startRun: request }, null, 2));
    return;
  }
  for (const { path, before, after } of changes) {
    if (before !== undefined) terminal.out(printable(`- ${path}: ${JSON.stringify(before)}`));
    if (after !== undefined) terminal.out(printable(`+ ${path}: ${JSON.stringify(after)}`));
  }
  for (const uri of newInputs) terminal.out(`~ ${printable(uri)}: as it is now`);
  const what = whatDiffers(rerun);
  if (record === undefined) {
    terminal.out(`Would run ${source.of} (${source.route}) again, ${what}. Nothing was started.`);
    return;
  }
  terminal.out(
    `Runs ${source.of} (${source.route}) again, ${what}, as request ${record.identity} (nonce ${nonce}): rundrop show ${record.identity.slice(0, 12)}`,
  );
}

function whatDiffers({ changes, newInputs }: Rerun): string {
  const counted = (count: number, one: string, more: string) => (count === 1 ? one : `${count} ${more}`);
  const parts = [
    ...(changes.length === 0 ? [] : [counted(changes.length, 'a change', 'changes')]),
    ...(newInputs.length === 0 ? [] : [counted(newInputs.length, 'an input as it is now', 'inputs as they are now')]),
  ];
  return parts.length === 0 ? 'without changes' : `with ${parts.join(' and ')}`;
}
