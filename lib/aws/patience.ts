/**
 * Word that is not taken in this time is not taken, all attempts counted: in a VPC without a way to a service a connection
 * hangs for as long as the function may run, and with it hang starts, and word to whoever else is to be told.
 */
const PATIENCE_MS = 5_000;

/** For one call. */
export function withPatience(patienceMs = PATIENCE_MS): { readonly abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(patienceMs) };
}
