/** In place of the SDK's adaptive retries, which its documentation calls experimental: Rundrop paces itself. */
export class AdaptiveRetryStrategy {
  constructor() {
    throw new Error('AWS_RETRY_MODE=adaptive is not in this bundle: leave it out, or say standard.');
  }
}
