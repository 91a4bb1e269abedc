/**
 * In place of a client's endpoint rules and of the machine that reads them: where a service of a region is. Of DynamoDB's
 * rules it leaves out the endpoints of an account, which need an account id among the credentials, and Lambda puts none
 * there. test/deploy/regional-endpoint.test.ts compares it with those rules.
 */

/** `service`: the first label of the host. `partition` is the SDK's: the DNS suffixes of a region's partition. */
export function regionalEndpoint(service, { Region, Endpoint, UseFIPS, UseDualStack }, partition) {
  return { url: new URL(Endpoint ?? regionalUrl()), properties: {}, headers: {} };

  function regionalUrl() {
    const { name, dnsSuffix, dualStackDnsSuffix } = partition(Region);
    if ((UseFIPS || UseDualStack) && name !== 'aws') {
      throw new Error(`No endpoints but the usual of ${Region} are in this bundle, because HealthOmics is not there.`);
    }
    return `https://${service}${UseFIPS ? '-fips' : ''}.${Region}.${UseDualStack ? dualStackDnsSuffix : dnsSuffix}`;
  }
}
