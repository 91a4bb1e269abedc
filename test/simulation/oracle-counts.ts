/** Invariants 1 and 2 of the routes that count: members of a set, minutes of silence, and versions. */
import type { Violate } from './oracle-ledger.ts';
import type { World } from './world.ts';

const COUNTED = 3;
const SILENCE_MS = 5 * 60_000;
/** Clocks of functions differ by this much at most. */
const SKEW_MS = 5_000;
const BUCKET_URI = 's3://drops/';

export function checkCounts(world: World, violate: Violate): void {
  checkSets(world, violate);
  checkVersions(world, violate);
}

function checkSets({ omics, objects, released }: World, violate: Violate): void {
  const workOfSet = new Map<string, string>();
  for (const { atMs, input } of omics.starts) {
    const { set, uris } = (input.parameters ?? {}) as { readonly set?: string; readonly uris?: readonly string[] };
    if (set === undefined || uris === undefined) continue;
    const keys = uris.map((uri) => uri.replace(BUCKET_URI, ''));
    const route = keys[0]?.split('/', 1)[0] ?? '';
    const place = `${route} ${set}`;
    const work = JSON.stringify(uris);
    const before = workOfSet.get(place) ?? work;
    // With what came late, because a person let it start.
    if (before !== work && !released.has(place)) violate(`1: set ${place} started with ${before} and with ${work}`);
    workOfSet.set(place, work);
    if (route === 'counted' && keys.length !== COUNTED) violate(`1: set ${place} started with ${work}`);
    const lastMs = Math.max(...objects.changes.filter(({ key }) => keys.includes(key)).map((change) => change.atMs));
    if (route === 'quiet' && atMs < lastMs + SILENCE_MS - SKEW_MS)
      violate(`1: set ${place} started ${Math.round((atMs - lastMs) / 1000)} s after its last member`);
  }
}

/** Each version that was taken is work of its own. */
function checkVersions({ store }: World, violate: Violate): void {
  const versionOf = new Map<string, string>();
  for (const { sk, route, state, identity, key, sequencer } of store.items.values()) {
    if (sk !== 'DROP' || route !== 'versioned' || state !== 'TAKEN') continue;
    const version = `${key} ${sequencer}`;
    const other = versionOf.get(String(identity)) ?? version;
    if (other !== version) violate(`2: ${version} started nothing, because ${other} had`);
    versionOf.set(String(identity), version);
  }
}
