/** The workflows that exist from the start. */
import { createHash } from 'node:crypto';
import type { Workflow } from './workflow.ts';

interface Seed {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly type?: 'READY2RUN';
  readonly engine: 'WDL' | 'NEXTFLOW';
  readonly required: Readonly<Record<string, string>>;
  readonly optional?: Readonly<Record<string, string>>;
  readonly publisher?: string;
}

const CREATED_MS = Date.UTC(2024, 0, 15, 9, 0, 0);

const SEEDS: readonly Seed[] = [
  {
    id: '1234567',
    name: 'germline',
    description: 'Germline variant calling of one sample from paired reads.',
    engine: 'WDL',
    required: { fastq_1: 'First reads, one S3 URI or a list' },
    optional: { fastq_2: 'Second reads, one S3 URI or a list', sample: 'Sample name' },
  },
  {
    id: '7654321',
    name: 'demultiplex',
    description: 'Demultiplexing of an Illumina run folder.',
    engine: 'NEXTFLOW',
    required: { run_folder: 'S3 URI of the run folder' },
  },
  {
    id: '222',
    name: 'nightly',
    description: 'Periodic re-analysis.',
    engine: 'NEXTFLOW',
    required: { date: 'Day of the analysis, YYYY-MM-DD' },
  },
  {
    id: '888',
    name: 'annotate',
    description: 'Annotation of called variants.',
    engine: 'WDL',
    required: { vcf: 'S3 URI of the variants' },
  },
  {
    id: '3333333',
    name: 'single',
    description: 'Analysis of a single object.',
    engine: 'WDL',
    required: { input: 'S3 URI of the object' },
  },
  {
    id: '4974161',
    name: 'NVIDIA Parabricks FQ2BAM WGS for up to 30X',
    description: 'Alignment of whole-genome reads with Parabricks FQ2BAM.',
    type: 'READY2RUN',
    engine: 'WDL',
    required: { inputFASTQ_1: 'S3 URI of the first reads', inputFASTQ_2: 'S3 URI of the second reads' },
    optional: {
      sampleName: 'Sample name',
      readGroup: 'Read group',
      referenceTarball: 'S3 URI of the indexed reference',
    },
    publisher: 'NVIDIA',
  },
  {
    id: '9500764',
    name: 'GATK-BP Germline fq2vcf for 30x genome',
    description: 'GATK best practices from reads to variants.',
    type: 'READY2RUN',
    engine: 'WDL',
    required: { sample_name: 'Sample name', fastq_pairs: 'List of read pairs' },
    optional: { scatter_mode: 'Scatter mode' },
    publisher: 'Broad Institute',
  },
  {
    id: '1830181',
    name: 'ESMFold for up to 800 residues',
    description: 'Protein structure prediction.',
    type: 'READY2RUN',
    engine: 'NEXTFLOW',
    required: { fasta_path: 'S3 URI of the FASTA file' },
    publisher: 'Meta Research',
  },
];

/** Their uuids are the same at each start. */
export function seedWorkflows(): Workflow[] {
  return SEEDS.map((seed, i) => {
    const digest = createHash('sha256').update(`seeded workflow ${seed.id}`).digest('hex');
    const parameters = [
      ...Object.entries(seed.required).map(([name, description]) => [name, { description }] as const),
      ...Object.entries(seed.optional ?? {}).map(
        ([name, description]) => [name, { description, optional: true }] as const,
      ),
    ];
    return {
      seq: i + 1,
      key: seed.id,
      id: seed.id,
      uuid: `${digest.slice(0, 8)}-${digest.slice(8, 12)}-4${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`,
      name: seed.name,
      description: seed.description,
      type: seed.type ?? 'PRIVATE',
      status: 'ACTIVE',
      createdMs: CREATED_MS,
      engine: seed.engine,
      main: seed.engine === 'WDL' ? 'main.wdl' : 'main.nf',
      digest,
      definitionUri: `s3://omics-seeded-workflows/${seed.id}.zip`,
      parameterTemplate: Object.fromEntries(parameters),
      tags: {},
      ...(seed.publisher === undefined ? {} : { metadata: { publisher: seed.publisher } }),
    };
  });
}
