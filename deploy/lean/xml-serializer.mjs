/** In place of the SDK's writer of XML: no operation that Rundrop calls sends any. */
export class XmlShapeSerializer {
  setSerdeContext() {}
  write() {
    throw new Error('XML is not written in this bundle: take its line out of deploy/lean-sdk.cjs.');
  }
  flush() {
    return undefined;
  }
}
