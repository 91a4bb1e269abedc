/** In place of the sessions of directory buckets (S3 Express), which tell EventBridge nothing: no drop comes from one. */
export class S3ExpressIdentityProviderImpl {
  async getS3ExpressIdentity() {
    throw new Error('Directory buckets are not in this bundle.');
  }
}
export class CreateSessionCommand {
  constructor() {
    throw new Error('Directory buckets are not in this bundle.');
  }
}
