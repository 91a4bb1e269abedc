/**
 * In place of the S3 client's endpoint rules, 18 KB for access points, outposts, directory buckets and acceleration:
 * where a plain bucket is. test/deploy/s3-endpoint.test.ts compares it with those rules.
 */

/** `partition` is the SDK's: the DNS suffix of a region's partition. */
export function s3Endpoint(params, partition) {
  const { Bucket: bucket, Region: region } = params;
  const kind = Object.entries(OTHER_KINDS).find(([, test]) => test(params, bucket ?? ''))?.[0];
  if (kind !== undefined) throw new Error(`The bucket ${bucket} is ${kind}, which this bundle does not reach.`);
  const base = params.Endpoint === undefined ? regionalUrl(params, partition(region)) : params.Endpoint;
  const authSchemes = [{ disableDoubleEncoding: true, name: 'sigv4', signingName: 's3', signingRegion: region }];
  return { url: urlOf(new URL(base), bucket, params), properties: { authSchemes }, headers: {} };
}

const OTHER_KINDS = {
  'an ARN': (_, bucket) => bucket.startsWith('arn:'),
  'a directory bucket': (_, bucket) => bucket.endsWith('--x-s3') || bucket.endsWith('--xa-s3'),
  'an alias on an outpost': (_, bucket) => bucket.endsWith('--op-s3'),
  'to be accelerated': ({ Accelerate }) => Accelerate === true,
};

function regionalUrl({ Region, UseFIPS, UseDualStack }, { dnsSuffix }) {
  return `https://s3${UseFIPS ? '-fips' : ''}${UseDualStack ? '.dualstack' : ''}.${Region}.${dnsSuffix}`;
}

function urlOf(base, bucket, { ForcePathStyle }) {
  const path = base.pathname === '/' ? '' : base.pathname;
  if (bucket === undefined) return new URL(`${base.protocol}//${base.host}${path}`);
  const isHostName = base.protocol === 'http:' ? isHostable : isLabel;
  if (!ForcePathStyle && !isAddress(base.hostname) && isHostName(bucket)) {
    return new URL(`${base.protocol}//${bucket}.${base.host}${path}`);
  }
  return new URL(`${base.protocol}//${base.host}${path}/${encodeURIComponent(bucket)}`);
}

function isAddress(hostname) {
  return /^(?:\d{1,3}\.){3}\d{1,3}$/.test(hostname) || hostname.startsWith('[');
}

/** A certificate's wildcard covers one label, so a name with dots is a part of the host over http only. */
function isLabel(bucket) {
  return /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket);
}

function isHostable(bucket) {
  return bucket.split('.').every(isLabel);
}
