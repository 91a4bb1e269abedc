import { describe, expect, it } from 'vitest';
import { loadRouteFile, RouteFileError } from '../../../lib/routing/route-file.ts';
import { sha256 } from '../../../lib/runs/identity.ts';

function problemsOf(text: string) {
  try {
    loadRouteFile(text, { fileName: 'rundrop.yaml', environment: {}, hash: sha256 });
  } catch (error) {
    if (error instanceof RouteFileError) return error.problems;
    throw error;
  }
  return [];
}

describe('common slips in YAML', () => {
  for (const line of [
    'on: { bucket: acme, key: fastq/{sample}.txt }',
    'on: { bucket: acme, key: {sample}.txt }',
    'on: { bucket: acme, key: fastq/{sample}_R{read,[12]}.gz }',
    'run: { workflowId: "1", parameters: { a: {uri:read=1}x, b: 1 } }',
  ]) {
    it(`a placeholder without quotes gets one problem that says so: ${line}`, () => {
      const problems = problemsOf(`version: 1\nroutes:\n  - name: a\n    ${line}\n`);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatchObject({ line: 4, message: expect.stringContaining('put it in single ones') });
    });
  }

  it.each([
    ["on: { bucket: acme, key: 'fastq/{sample}.txt }", 'a quotation mark is opened'],
    ['run: { name: x }\n      outputUri: s3://acme/{route}/\n       retry: 3', 'are indented'],
  ])('a placeholder is not blamed for another slip: %s', (lines, message) => {
    expect(problemsOf(`version: 1\nroutes:\n  - name: a\n    ${lines}\n`)[0]?.message).toContain(message);
  });

  it('another syntax error shows at most its first three consequences', () => {
    const problems = problemsOf('version: 1\nroutes: [ { name: a,, ] } ]\nfoo: ]\nbar: }\nbaz: [\n');
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.length).toBeLessThanOrEqual(3);
    expect(problems[0]?.message).toContain('not valid YAML');
  });
});
