/** In place of @aws-sdk/endpoint-cache: what endpoint discovery, which DynamoDB offers and nobody switches on, would remember. */
export class EndpointCache {
  get() {
    return undefined;
  }
  getEndpoint() {
    return undefined;
  }
  has() {
    return false;
  }
  set() {}
  delete() {}
  clear() {}
}
