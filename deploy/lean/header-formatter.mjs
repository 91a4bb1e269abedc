/** In place of what writes the headers of event streams, to sign them: no operation that Rundrop calls streams events. */
export class HeaderFormatter {
  format() {
    throw new Error('Event streams are not in this bundle: take their line out of deploy/lean-sdk.cjs.');
  }
}
