/** From where an event says that it comes, and whether that may start or follow runs here. */

/** As EventBridge's envelope and S3's notifications tell it; what they do not tell is absent. */
export interface EventSender {
  readonly account?: string;
  readonly region?: string;
}

/** Whose events are listened to. */
export interface TrustedSenders {
  /** Account ids: our own, and those that forward the events of their buckets. */
  readonly accounts: readonly string[];
  readonly regions: readonly string[];
}

export function senderOf(account: unknown, region: unknown): EventSender {
  return {
    ...(typeof account === 'string' && account !== '' ? { account } : {}),
    ...(typeof region === 'string' && region !== '' ? { region } : {}),
  };
}

/**
 * Why an event is not to be followed; `undefined` when it is. EventBridge writes account and region itself and lets
 * nobody else do so; what has none came into our queue by a role of this account.
 */
export function whyNotTrusted({ account, region }: EventSender, trusted: TrustedSenders): string | undefined {
  if (account !== undefined && !trusted.accounts.includes(account))
    return `The event is of account ${account.slice(0, 20)}, whose events are not listened to (setting bucketAccounts).`;
  if (region !== undefined && !trusted.regions.includes(region))
    return `The event is of region ${region.slice(0, 30)}, and HealthOmics reads no bucket of another region than its own.`;
  return undefined;
}
