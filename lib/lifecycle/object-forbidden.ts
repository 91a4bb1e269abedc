/** The object may not be looked at: its bucket or key refuses, or no route looks there any more. Permanent until that changes. */
export class ObjectForbidden extends Error {
  override readonly name = 'ObjectForbidden';
}
