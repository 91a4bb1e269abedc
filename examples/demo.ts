/** What `npm start` drops, in this order, and how each is expected to end. All of it fits the rundrop.yaml beside. */
import { makeSamplePair } from './samples.ts';

export interface ExampleObject {
  readonly bucket: string;
  readonly key: string;
  readonly body: Buffer;
}

export type ExpectedEnd =
  /** One run, made from all objects of the example. */
  | { readonly kind: 'run'; readonly outcome: 'COMPLETED'; readonly attempts: number }
  /** No run: the set is incomplete and says so. */
  | { readonly kind: 'waiting'; readonly missing: string };

export interface Example {
  readonly title: string;
  readonly objects: readonly ExampleObject[];
  readonly expected: ExpectedEnd;
}

const BUCKET = 'acme-incoming';
const COMPLETED = { kind: 'run', outcome: 'COMPLETED', attempts: 1 } as const;

/** The sample whose first run fails with a failure of the service, after which the second attempt succeeds. */
export const RETRIED_SAMPLE = 'SYN-0003';
/** Dropped as a single object first, and then named in a run request: the inputs of a request have to exist. */
const ALIGNED_SAMPLE = 'SYN-0005';

export function makeExamples(): Example[] {
  return [
    { title: 'a pair, R1 first', objects: pair('SYN-0001'), expected: COMPLETED },
    { title: 'a pair, R2 first', objects: pair('SYN-0002').reverse(), expected: COMPLETED },
    {
      title: 'a run that fails once with SERVICE_ERROR and is retried',
      objects: pair(RETRIED_SAMPLE),
      expected: { kind: 'run', outcome: 'COMPLETED', attempts: 2 },
    },
    { title: 'half a pair', objects: pair('SYN-0004').slice(0, 1), expected: { kind: 'waiting', missing: 'read=2' } },
    { title: 'a single object', objects: [alignment(ALIGNED_SAMPLE)], expected: COMPLETED },
    { title: 'a run request', objects: [runRequest(ALIGNED_SAMPLE)], expected: COMPLETED },
  ];
}

function pair(sample: string): ExampleObject[] {
  const { r1, r2 } = makeSamplePair(sample);
  return [
    { bucket: BUCKET, key: `fastq/${sample}_R1.fastq.gz`, body: r1 },
    { bucket: BUCKET, key: `fastq/${sample}_R2.fastq.gz`, body: r2 },
  ];
}

/** A StartRun request in a file; what it leaves out, the route's defaults say. */
function runRequest(sample: string): ExampleObject {
  const request = {
    workflowId: '3333333',
    name: 'alignment-check',
    parameters: { input: `s3://${BUCKET}/cram/${sample}.cram` },
  };
  return {
    bucket: BUCKET,
    key: 'requests/alignment-check.json',
    body: Buffer.from(`${JSON.stringify(request, null, 2)}\n`),
  };
}

/** CRAM's file definition and end-of-file container, with no reads: enough for the laptop, whose runs read nothing. */
function alignment(sample: string): ExampleObject {
  const fileId = Buffer.alloc(20);
  fileId.write(sample);
  const endOfFile = Buffer.from('0f000000ffffffff0fe0454f4600000000010005bdd94f0001000606010001000100ee63014b', 'hex');
  const body = Buffer.concat([Buffer.from('CRAM\u0003\u0000', 'latin1'), fileId, endOfFile]);
  return { bucket: BUCKET, key: `cram/${sample}.cram`, body };
}
