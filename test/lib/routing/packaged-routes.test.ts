import { describe, expect, it } from 'vitest';
import { KeyPattern } from '../../../lib/routing/key-pattern.ts';
import { packageRoutes } from '../../../lib/routing/package-routes.ts';
import { EnvironmentChanged, loadPackagedRoutes, ROLE_AT_DEPLOYMENT } from '../../../lib/routing/packaged-routes.ts';
import type { RouteFile } from '../../../lib/routing/route.ts';
import { load } from './load-routes.ts';

/** Whatever a route file can say. */
const EVERYTHING = `version: 1
defaults:
  roleArn: \${env:HEALTHOMICS_ROLE_ARN}
  outputUri: s3://\${env:RESULTS}/{route}/
  retentionMode: REMOVE
  storageType: DYNAMIC
  tags: { team: "\${env:TEAM, 'genomics'}" }
routes:
  - name: pairs
    on: { bucket: acme-incoming, key: 'fastq/{sample}/{flowcell,[A-Z0-9]+}_R{read,[12]}.fastq.gz' }
    except: { sample: [undetermined, control] }
    when: { size: '>=1MiB', storageClass: STANDARD, tag: { project: [a, b] } }
    gather: { by: [sample, flowcell], needs: { read: ['1', '2'] }, within: 6h }
    retry: { attempts: 2 }
    limits: { maxRunsPerDay: 5, inStatus: { PENDING: 2h } }
    onQuota: reject
    run: { workflowId: '1234567', parameters: { reads: '{uris}', depth: 30, nested: { '{': [null, true] } } }
  - name: lanes
    on: { bucket: acme-incoming, key: 'lanes/{sample}/{lane}.bam' }
    gather: { by: [sample], needs: { marker: 'lanes/{sample}/done' } }
    run: { workflowId: '1234567', parameters: { lanes: '{uris}' } }
  - name: sheets
    on: { bucket: acme-incoming, key: 'sheets/{batch}.csv' }
    each: row
    run: { workflowId: '1234567', parameters: { sample: '{row.sample}' } }
  - name: requests
    on: { bucket: acme-requests, key: '{name}.json' }
    run: { fromObject: true, allow: { workflowIds: ['7654321'], outputUriPrefixes: ['s3://acme-results/free/'] } }
  - name: report
    on: { route: pairs, status: [COMPLETED] }
    run: { workflowId: '2345678', parameters: { bam: '{upstream.outputUri}' } }
schedules:
  - name: nightly
    cron: '0 2 * * ? *'
    timezone: Europe/Berlin
    run: { workflowId: '3456789' }
`;
const ROLE = 'arn:aws:iam::123456789012:role/omics';
const ENVIRONMENT = { HEALTHOMICS_ROLE_ARN: ROLE, RESULTS: 'acme-results' };
const LATE = { ...ENVIRONMENT, HEALTHOMICS_ROLE_ARN: ROLE_AT_DEPLOYMENT.standIn };

function loadPackaged(environment: Readonly<Record<string, string>> = ENVIRONMENT): RouteFile {
  return loadPackagedRoutes(packageRoutes(load(EVERYTHING, LATE), LATE), { fileName: 'rundrop.yaml', environment });
}

describe('a packaged route file', () => {
  it('is what the file itself is, with the role that was given at deployment', () => {
    const loaded = loadPackaged();
    expect(loaded).toStrictEqual({ ...load(EVERYTHING, ENVIRONMENT), warnings: [] });
    expect(JSON.stringify([...(loaded.routes[0]?.run.members ?? [])])).toContain(ROLE);
  });

  it('matches keys, by regexes that were compiled when it was packaged', () => {
    const [pairs, lanes] = loadPackaged().routes;
    expect(pairs?.pattern.match('fastq/S1/HXYZ1_R2.fastq.gz')).toEqual({ sample: 'S1', flowcell: 'HXYZ1', read: '2' });
    expect(pairs?.pattern.match('fastq/S1/HXYZ1_R3.fastq.gz')).toBeUndefined();
    const needs = lanes?.gather?.needs;
    expect(needs?.kind === 'marker' && needs.pattern).toBeInstanceOf(KeyPattern);
  });

  it('is refused by a function that has other variables, and says which and what to do', () => {
    const other = { ...ENVIRONMENT, RESULTS: 'other-results', TEAM: 'somebody' };
    expect(() => loadPackaged(other)).toThrow(EnvironmentChanged);
    expect(() => loadPackaged(other)).toThrow(
      'rundrop.yaml was packaged with another value of RESULTS, TEAM than this function has: package and deploy again',
    );
    expect(() => loadPackaged({ RESULTS: 'acme-results' })).toThrow('another value of HEALTHOMICS_ROLE_ARN');
  });

  it('takes a role for text, whatever is in it', () => {
    const odd = 'arn:aws:iam::123456789012:role/"$&\\';
    const [pairs] = loadPackaged({ ...ENVIRONMENT, HEALTHOMICS_ROLE_ARN: odd }).routes;
    expect(pairs?.run.members.get('roleArn')).toEqual({ kind: 'constant', value: odd });
  });
});
