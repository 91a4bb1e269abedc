import { describe, expect, it } from 'vitest';
import { load, ROLE_ARN } from './load-routes.ts';

/** The warnings about the file names of one route. */
function warningsOf(key: string, gather = ''): readonly string[] {
  const text = `version: 1
defaults: { roleArn: ${ROLE_ARN}, retentionMode: REMOVE, storageType: DYNAMIC, outputUri: s3://acme-results/out/ }
routes:
  - name: r
    on: { bucket: acme-incoming, key: '${key}' }
    ${gather}
    run: { workflowId: "1", name: x }
`;
  return load(text)
    .warnings.filter(({ message }) => /looks like|nearly/.test(message))
    .map(({ line, column, message, suggestion }) => `${line}:${column} ${message} → ${suggestion ?? ''}`);
}

describe('a pattern that looks like the FASTQ names of BCL Convert and matches none', () => {
  it.each([
    [
      'the last _001 is missing',
      'f/{_s}_S{_n,[0-9]+}_L{_l,[0-9]{3}}_R{_r,[12]}.fastq.gz',
      "'1_001.fastq.gz' does not match '{_r,[12]}.fastq.gz'",
    ],
    [
      'the lane has one digit',
      'f/{_s}_S{_n}_L{_l,[0-9]}_R{_r,[12]}_001.fastq.gz',
      "'004_R1_001.fastq.gz' does not match '{_l,[0-9]}_R'",
    ],
    ['the lane has one digit and needs no regex', 'f/{_s}_S{_n}_L1_R{_r}_001.fastq.gz', 'does not match'],
    ['the ending is .fq.gz', 'f/{_s}_R{_r}_001.fq.gz', "'1_001.fastq.gz' does not match '{_r}_001.fq.gz'"],
    ['the letter of the read is said twice', 'f/{_s}_S{_n}_R{_r,R[12]}_001.fastq.gz', 'does not match'],
    ['the letters are small', 'f/{_s}_s{_n}_l{_l}_r{_r}_001.fastq.gz', 'does not begin with'],
    ['the sample has a name of its own', 'f/{_s,LAB-[0-9]{6}}_S{_n}_L{_l}_R{_r,[12]}.fastq.gz', "'1_001.fastq.gz'"],
  ])('is warned of: %s', (_, key, reason) => {
    const [warning, ...others] = warningsOf(key);
    expect(warning).toMatch(/^5:\d+ the key of "r" looks like the FASTQ names of BCL Convert/);
    expect(warning).toContain(reason);
    expect(others).toEqual([]);
  });

  it('is warned of when the needed lanes are not written as BCL Convert writes them', () => {
    const key = 'f/{s}_S{_n}_L{l}_R{r}_001.fastq.gz';
    const needs = (lanes: string) => warningsOf(key, `gather: { by: [s], needs: { l: [${lanes}], r: ["1", "2"] } }`);
    expect(needs('"1", "2"')).toHaveLength(1);
    expect(needs('"001", "002"')).toEqual([]);
  });
});

describe('a pattern that could match them', () => {
  it.each([
    'fastq/{_f}/{_s}_S{_n,[0-9]+}_L{_l,[0-9]{3}}_R{_r,[12]}_001.fastq.gz',
    'fastq/{_s}_S{_n}_R{_r}_001.fastq.gz',
    'fastq/{_s}_{_lane,L[0-9]{3}}_{_read,R[12]}_001.fastq.gz',
    'fastq/{_s,LAB-[0-9]{6}}_S{_n}_L{_l,00[1-4]}_I{_r}_001.fastq.gz',
    'fastq/{_s}_S{_n}_L001_R{_r}_001.fastq.ora',
    'fastq/Undetermined_S0_L{_l}_R{_r}_001.fastq.gz',
    '{_p,.+}_S{_n}_{_rest}.fastq.gz',
  ])('is not warned of: %s', (key) => {
    expect(warningsOf(key)).toEqual([]);
  });

  it.each(['{_s}_R{_r,[12]}.fastq.gz', '{_s}_{_r,[12]}.fq.gz', 'S{_s}.fastq', '{_s}_Large.fq', 'x/{_s}_L{_l}.bam'])(
    'nor is one that does not look like them: %s',
    (key) => {
      expect(warningsOf(key)).toEqual([]);
    },
  );
});

describe('a name that is nearly one that instruments and pipelines write', () => {
  it.each([
    ['bcl/{_f}/copycomplete.txt', 'CopyComplete.txt'],
    ['bcl/{_f}/{_file,CopyComplete\\.txt|Sample_Sheet\\.csv}', 'SampleSheet.csv'],
    ['vcf/{_s}.hard_filtered.vcf.gz', '.hard-filtered.vcf.gz'],
    ['vcf/{_s}.hard-filtered.vcf', '.hard-filtered.vcf.gz'],
    ['vcf/{_s}.haplotype_caller.filtered.vcf.gz', '.haplotypecaller.filtered.vcf.gz'],
    ['rna/{_s}.markdup_sorted.bam', '.markdup.sorted.bam'],
    ['qc/{_s}.mapping-metrics.csv', '.mapping_metrics.csv'],
  ])('is warned of, with the name: %s', (key, meant) => {
    expect(warningsOf(key)).toEqual([expect.stringContaining(`→ ${meant}`)]);
  });

  it.each([
    'bcl/{_f}/CopyComplete.txt',
    'bcl/{_f}/{_file,CopyComplete\\.txt|SampleSheet\\.csv}',
    'in/samplesheet.csv',
    'vcf/{_s}.hard-filtered.vcf.gz',
    'cram/{_s}.cram',
    'cram/{_s}.recal.cram',
    'qc/{_s}.my_metrics.csv',
  ])('is not warned of when it is one, or none: %s', (key) => {
    expect(warningsOf(key)).toEqual([]);
  });
});
