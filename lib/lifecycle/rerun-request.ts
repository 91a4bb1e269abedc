/** Runs again what ran before, with changes: another request, of another identity, that says of what it is a copy. */
import type { Ledger } from '../ledger/ledger.ts';
import { acted } from '../runs/operator-steps.ts';
import { onlyPolicy } from '../runs/request-policy.ts';
import type { Act, AttemptRecord, MemberRecord, RequestPolicy, RequestRecord } from '../runs/request-record.ts';
import type { ChangedMember } from './changed-members.ts';
import { type Claim, type ClaimPorts, ensureWatcher, newRequest, type WatcherPorts } from './claim-request.ts';
import type { RunFacts } from './ports.ts';

/** What is copied. */
export interface RerunSource extends RequestPolicy {
  /** The request's identity, or the uuid of a run that somebody else started. */
  readonly of: string;
  readonly route: string;
  readonly routesHash: string;
  /** The StartRun request, without requestId. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly members: readonly MemberRecord[];
}

export interface RerunPorts extends ClaimPorts, WatcherPorts {
  readonly ledger: Pick<Ledger, 'requests'>;
}

/** The nonce belongs to another rerun. */
export class NonceTaken extends Error {
  override readonly name = 'NonceTaken';
  readonly identity: string;
  constructor(nonce: string, identity: string) {
    super(`The nonce ${nonce} was used before, for another request: ${identity}. Leave --nonce out to get a new one.`);
    this.identity = identity;
  }
}

/** A request of ours, as one of its attempts sent it. */
export function sourceOfRequest(record: RequestRecord, attempt: AttemptRecord): RerunSource {
  const frozen = JSON.parse(record.requestText) as Record<string, unknown>;
  const request = Object.fromEntries(
    Object.entries({ ...frozen, ...attempt.changes }).filter(([, value]) => value !== null),
  );
  const { identity, route, routesHash, members } = record;
  return { of: identity, route, routesHash, request, members, ...onlyPolicy(record) };
}

/** A run that somebody else started, as GetRun tells it. */
export function sourceOfRun(run: RunFacts, request: Readonly<Record<string, unknown>>): RerunSource {
  return { of: run.uuid, route: 'console', routesHash: '', request, members: [], maxAttempts: 1 };
}

/** The inputs that the changed request still reads, as far as its text tells. */
export function membersLeft(source: RerunSource, request: Readonly<Record<string, unknown>>): readonly MemberRecord[] {
  const [before, after] = [JSON.stringify(source.request), JSON.stringify(request)];
  return source.members.filter(({ bucket, key }) => {
    const uri = JSON.stringify(`s3://${bucket}/${key}`).slice(1, -1);
    return after.includes(uri) || !before.includes(uri);
  });
}

/** The input as it is now, for a request that is to run with it. */
export function asItIs({ member, now }: ChangedMember): MemberRecord | undefined {
  if (now === undefined) return undefined;
  const { versionId: _, ...rest } = member;
  const versionId = now.versionId === undefined || now.versionId === 'null' ? {} : { versionId: now.versionId };
  return { ...rest, etag: now.etag, sizeBytes: now.sizeBytes, ...versionId };
}

/**
 * Claims the copy and starts its execution. Safe to repeat with the same nonce.
 *
 * @throws NonceTaken when the nonce names a copy that asks for something else
 */
export async function rerunRequest(
  ports: RerunPorts,
  given: {
    readonly source: RerunSource;
    readonly request: Readonly<Record<string, unknown>>;
    readonly members: readonly MemberRecord[];
    readonly nonce: string;
    readonly act: Act;
  },
): Promise<RequestRecord> {
  const { source, request, members, nonce, act } = given;
  const claim: Claim = { ...source, origin: { kind: 'rerun', of: source.of, nonce }, request, members };
  const wanted = acted(newRequest(claim, ports.settings, act.at), act);
  const { record } = await ports.ledger.requests.claim(wanted);
  if (record.requestText !== wanted.requestText) throw new NonceTaken(nonce, record.identity);
  await noteOnSource(ports, source.of, { ...act, note: `as ${record.identity}` });
  return ensureWatcher(ports, record);
}

/** A foreign run has no record to write it on. */
async function noteOnSource({ ledger }: RerunPorts, of: string, act: Act): Promise<void> {
  if ((await ledger.requests.read(of)) === undefined) return;
  await ledger.requests.change(of, (latest) =>
    latest.acts?.some(({ what, note }) => what === act.what && note === act.note) ? latest : acted(latest, act),
  );
}
