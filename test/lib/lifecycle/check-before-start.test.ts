import { describe, expect, it } from 'vitest';
import { type CheckPorts, checkBeforeStart } from '../../../lib/lifecycle/check-before-start.ts';

const asked: string[] = [];
const ports: CheckPorts = {
  objects: {
    async someUnder({ bucket, prefix }) {
      asked.push(`${bucket}/${prefix}`);
      if (bucket === 'elsewhere') return 'unknown';
      return prefix.startsWith('there') ? 'yes' : 'no';
    },
  },
  runs: {
    async parameterTemplate({ workflowId }) {
      return workflowId === '1' ? { reads: {}, sample: { optional: true } } : undefined;
    },
  },
};

const check = (parameters: object, workflowId = '1') =>
  checkBeforeStart(ports, { requestId: 'r', workflowId, parameters });

describe('the check before a start', () => {
  it('finds nothing where nothing is wrong', async () => {
    expect(await check({ reads: 's3://ours/there.fastq.gz' })).toEqual([]);
  });

  it('names every parameter that is missing or unknown', async () => {
    expect(await check({ read: 1 })).toEqual([
      'The parameter reads, which workflow 1 requires, is missing.',
      'The parameter read is none of workflow 1, which takes reads, sample.',
    ]);
  });

  it('leaves a workflow without a template to HealthOmics', async () => {
    expect(await check({ anything: true }, '2')).toEqual([]);
  });

  it('looks for inputs wherever they are nested, and names the place without the key', async () => {
    const problems = await check({ reads: [{ fastq: 's3://ours/gone.fastq.gz' }, 's3://ours/there.bam'] });
    expect(problems).toEqual([
      "The input of parameter reads.0.fastq is not there: no object's name begins with its URI.",
    ]);
  });

  it('takes what it may not look at, places to write to, and what is no URI for given', async () => {
    expect(await check({ reads: ['s3://elsewhere/x.bam', 's3://ours/out/', 's3://ours', 'gone'] })).toEqual([]);
  });

  it('looks for at most a hundred inputs', async () => {
    asked.length = 0;
    await check({ reads: Array.from({ length: 500 }, (_, number) => `s3://ours/there-${number}.bam`) });
    expect(asked).toHaveLength(100);
  });
});
