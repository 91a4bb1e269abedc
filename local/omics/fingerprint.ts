import { hash } from 'node:crypto';

/** Equal for equal requests, whatever the order of their members. */
export function fingerprint(value: unknown): string {
  // Cut before it becomes a text: a slice of a text would keep the whole text in memory.
  return hash('sha256', canonicalJson(value), 'buffer').toString('base64url', 0, 20);
}

/** JSON with the members of every object in one order. */
function canonicalJson(value: unknown): string {
  if (Buffer.isBuffer(value)) return JSON.stringify(hash('sha256', value));
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
  return `{${members.join(',')}}`;
}
