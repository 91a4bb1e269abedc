/** In place of the SDK's dealings with web streams and blobs, and with streams to upload: under Node's own HTTP client, bodies are Node's streams, and Rundrop uploads none. */
function noWebStreams() {
  throw new TypeError('Web streams are not in this bundle.');
}

export {
  noWebStreams as collectBlob,
  noWebStreams as collectReadableStream,
  noWebStreams as createBufferedReadable,
  noWebStreams as createChecksumStream,
  noWebStreams as getAwsChunkedEncodingStream,
  noWebStreams as headStream,
  noWebStreams as sdkStreamMixin,
  noWebStreams as splitStream,
};
/** Asking for the name ReadableStream would load Node's web streams at the first answer. */
export const isReadableStream = () => false;
export const isBlob = () => false;
