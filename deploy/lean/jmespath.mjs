/** In place of @aws-lambda-powertools/jmespath: Rundrop's one path, the idempotency key, is a member's name. */
export class PowertoolsFunctions {}

export function search(path, data) {
  if (path === '') return data;
  if (!/^[A-Za-z_]\w*$/.test(path))
    throw new Error(`The path ${path} is more than a name: this bundle reads no other.`);
  return data?.[path] ?? null;
}
