/**
 * In place of the clients' middleware for what no call of Rundrop has: a logger of the client's own, customer-provided keys
 * (SSE-C), directory buckets, buckets of another region to follow to, streams to upload.
 */
const none = { applyToStack() {} };
const getNoPlugin = () => none;
const passOn = () => (next) => next;
const options = {};
const isValidBase64EncodedSSECustomerKey = () => false;

export {
  getNoPlugin as getCheckContentLengthHeaderPlugin,
  getNoPlugin as getLoggerPlugin,
  getNoPlugin as getRegionRedirectMiddlewarePlugin,
  getNoPlugin as getS3ExpressHttpSigningPlugin,
  getNoPlugin as getS3ExpressPlugin,
  getNoPlugin as getSsecPlugin,
  isValidBase64EncodedSSECustomerKey,
  options as checkContentLengthHeaderMiddlewareOptions,
  options as loggerMiddlewareOptions,
  options as regionRedirectMiddlewareOptions,
  options as s3ExpressHttpSigningMiddlewareOptions,
  options as s3ExpressMiddlewareOptions,
  options as ssecMiddlewareOptions,
  passOn as checkContentLengthHeader,
  passOn as loggerMiddleware,
  passOn as regionRedirectMiddleware,
  passOn as s3ExpressHttpSigningMiddleware,
  passOn as s3ExpressMiddleware,
  passOn as ssecMiddleware,
};
