import { loadRouteFile, type RouteFile } from '../../lib/routing/route-file.ts';
import { sha256 } from '../../lib/runs/identity.ts';
import { ROUTES } from './world.ts';

const SHEETS = `  - name: cohort
    on: { bucket: drops, key: 'sheets/{cohort}.csv' }
    each: row
    sheet: { maxSize: 1MB }
    run: { workflowId: "1234567", parameters: { sample: '{row.sample}', fastq_1: '{row.fastq}' } }
  - name: trio
    on: { bucket: drops, key: 'trios/{cohort}.csv' }
    each: { group: patient }
    run: { workflowId: "1234567", parameters: { patient: '{row.patient}', fastqs: '{rows.fastq}' } }
  - name: again
    on: { bucket: drops, key: 'again/{cohort}.csv' }
    each: row
    identity: version
    run: { workflowId: "1234567", parameters: { sample: '{row.sample}' } }
`;

/** The world's routes, with some that read sheets. `change` edits the text of those. */
export function sheetRoutes(change = (text: string) => text): RouteFile {
  const text = ROUTES.replace('schedules:', `${change(SHEETS)}schedules:`);
  return loadRouteFile(text, { fileName: 'rundrop.yaml', environment: {}, hash: sha256 });
}
