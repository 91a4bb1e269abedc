/** From a complete set of drops to a claimed request with an execution. */

import type { Ledger } from '../ledger/ledger.ts';
import type { Member } from '../routing/gather.ts';
import type { Route, RouteFile } from '../routing/route-file.ts';
import { policyOf } from '../routing/route-policy.ts';
import { contentOf, type MemberIdentity, type Origin, versionOf } from '../runs/identity.ts';
import type { RequestRecord } from '../runs/request-record.ts';
import { type Claim, type ClaimPorts, claimAndStart, type WatcherPorts } from './claim-request.ts';
import type { Log } from './ports.ts';
import { sideBySide } from './side-by-side.ts';

const WRITES_AT_ONCE = 8;

/** A drop with its place in its route. */
export interface DroppedMember extends Member {
  readonly dropId: string;
}

export interface CompleteSet {
  readonly file: RouteFile;
  readonly route: Route;
  readonly members: readonly DroppedMember[];
  readonly request: object;
}

export function originOf(route: Route, members: readonly DroppedMember[]): Origin {
  return { kind: 'drop', route: route.name, members: members.map((member) => memberIdentity(route, member)) };
}

/** What is claimed for a set. */
export function claimOf({ file, route, members, request }: CompleteSet): Claim {
  return {
    origin: originOf(route, members),
    route: route.name,
    routesHash: file.hash,
    request,
    members: members.map(({ dropId, drop }) => ({
      dropId,
      bucket: drop.bucket,
      key: drop.key,
      etag: drop.etag,
      sizeBytes: drop.sizeBytes,
      ...(drop.versionId === undefined ? {} : { versionId: drop.versionId }),
    })),
    ...policyOf(route),
  };
}

/** Claims the set's request, tells its drops which one it is, and starts its execution. Safe to repeat. */
export async function claimSet(
  ports: ClaimPorts & WatcherPorts & { readonly ledger: Pick<Ledger, 'drops' | 'requests'>; readonly log: Log },
  set: CompleteSet,
): Promise<RequestRecord> {
  return claimFor(
    ports,
    claimOf(set),
    set.members.map(({ dropId }) => dropId),
  );
}

/** The same, of a claim that is ready; `dropIds` may be more than its members, as a marker is. */
export async function claimFor(
  ports: Parameters<typeof claimSet>[0],
  claim: Claim,
  dropIds: readonly string[],
): Promise<RequestRecord> {
  return claimAndStart(ports, claim, async ({ identity }) => {
    const taken = { state: 'TAKEN', identity } as const;
    await sideBySide(dropIds, WRITES_AT_ONCE, (dropId) => ports.ledger.drops.change(dropId, taken));
    ports.log.info('request claimed', { identity, route: claim.route, drops: claim.members.length });
  });
}

function memberIdentity(route: Route, { drop }: DroppedMember): MemberIdentity {
  const content = route.identity === 'version' ? versionOf(drop) : contentOf(drop);
  return { bucket: drop.bucket, key: drop.key, content };
}
