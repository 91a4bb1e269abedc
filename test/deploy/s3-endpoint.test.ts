import { createRequire } from 'node:module';
import { S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { s3Endpoint } from '../../deploy/lean/s3-endpoint.mjs';

const sdk = createRequire(createRequire(import.meta.url).resolve('@aws-sdk/client-s3'));
const core = ['@aws-sdk', 'core', 'client'].join('/');
const { partition } = sdk(core) as { partition: (region: string) => { dnsSuffix: string } };
const { endpointProvider } = new S3Client({ region: 'us-east-1' }).config;

interface Params {
  readonly Region: string;
  readonly Bucket?: string;
  readonly Endpoint?: string;
  readonly UseFIPS?: boolean;
  readonly UseDualStack?: boolean;
  readonly ForcePathStyle?: boolean;
}

const characters = fc.constantFrom(...'abcxyz019--..'.split(''));
const bucket = fc
  .array(characters, { minLength: 3, maxLength: 63 })
  .map((all) => all.join(''))
  .filter((name) => /^[a-z0-9].*[a-z0-9]$/.test(name) && !/\.\.|\.-|-\.|--(?:x|xa|op)-s3$/.test(name));
const isSound = ({ Bucket, Endpoint }: { Bucket?: string; Endpoint?: string }) =>
  // The rules put a name with dots before an IP address, which is no URL.
  !(Bucket?.includes('.') && Endpoint?.includes('127.0.0.1'));
const params = fc
  .record(
    {
      Region: fc.constantFrom(
        'us-east-1',
        'eu-central-1',
        'us-gov-west-1',
        'cn-north-1',
        'ap-southeast-2',
        'il-central-1',
      ),
      Bucket: bucket,
      Endpoint: fc.constantFrom(
        'http://127.0.0.1:4566',
        'http://localhost:4566',
        'https://bucket.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com',
        'http://127.0.0.1:4566/some/path',
      ),
      UseFIPS: fc.boolean(),
      UseDualStack: fc.boolean(),
      ForcePathStyle: fc.boolean(),
    },
    { requiredKeys: ['Region'] },
  )
  .filter(isSound);

function byRules({ Region, ...rest }: Params) {
  return endpointProvider({ Region, ...rest });
}

describe("a bundle's S3 endpoint", () => {
  it("is where the client's own rules say", () => {
    let compared = 0;
    fc.assert(
      fc.property(params as fc.Arbitrary<Params>, (given) => {
        // The rules refuse some, such as FIPS in China or with an endpoint of one's own: nothing is promised there.
        let expected: ReturnType<typeof byRules>;
        try {
          expected = byRules(given);
        } catch {
          return;
        }
        compared += 1;
        const { url, properties, headers } = s3Endpoint(given, partition);
        expect({ url: url.href, properties, headers }).toEqual({ ...expected, url: expected.url.href });
      }),
      { numRuns: 2_000 },
    );
    expect(compared).toBeGreaterThan(500);
  });

  it.each([
    ['arn:aws:s3:us-east-1:123456789012:accesspoint/a', 'an ARN'],
    ['reads--use1-az4--x-s3', 'a directory bucket'],
  ])('refuses %s, which is %s', (Bucket, kind) => {
    expect(() => s3Endpoint({ Bucket, Region: 'us-east-1' }, partition)).toThrow(kind);
  });
});
