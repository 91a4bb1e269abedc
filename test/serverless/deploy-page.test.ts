/** What docs/deploy.md and docs/runbook.md name is there. That names are those of the package, package.test.ts holds. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readServerlessFile } from '../../local/wiring/serverless-file.ts';
import { filesUnder } from '../source-tree.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const PAGES = ['docs/deploy.md', 'docs/runbook.md', 'docs/settings.md'];

let template: string;
beforeAll(async () => {
  const environment = { HEALTHOMICS_ROLE_ARN: 'arn:aws:iam::123456789012:role/HealthOmicsService' };
  const file = path.join(ROOT, 'serverless.yml');
  const serverless = await readServerlessFile({ file, stage: 'dev', routesFile: 'rundrop.yaml', environment });
  const dashboard = createRequire(import.meta.url)(path.join(ROOT, 'deploy', 'dashboard.cjs')) as (
    options: object,
  ) => Promise<object>;
  const resolveConfigurationProperty = (keys: readonly string[]) => serverless.value(keys.join('.'));
  template = JSON.stringify([serverless.template, await dashboard({ resolveConfigurationProperty })]);
});

describe('what the pages about deploying name', () => {
  it.each(PAGES)('%s: every resource is in the template', (page) => {
    const names = new Set(
      [...read(page).matchAll(/rundrop-dev(?:-[a-z-]+(?:\.fifo)?)?(?![\w-])/g)].map(([name]) => name),
    );
    for (const name of names) {
      // A name that ends in a hyphen goes on with something of the account's.
      const end = name.endsWith('-') ? '' : '"';
      expect(template.includes(`"${name}${end}`) || template.includes(`:${name}:`), name).toBe(true);
    }
    if (page === 'docs/deploy.md') expect(names.size).toBeGreaterThan(20);
  });

  it.each(PAGES)('%s: every JSON is JSON, and each policy of a kind that IAM takes', (page) => {
    const blocks = [...read(page).matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(
      ([, text = '']) => JSON.parse(text) as Record<string, unknown>,
    );
    for (const block of blocks.filter(({ Version }) => Version !== undefined)) {
      expect(block.Version).toBe('2012-10-17');
      for (const statement of block.Statement as Record<string, unknown>[]) {
        expect(Object.keys(statement)).toEqual(expect.arrayContaining(['Effect', 'Action']));
        // Only an account's own administration of a key is without bounds.
        const isAdministration = statement.Sid === 'AccountAdministers';
        if (!isAdministration) expect(JSON.stringify(statement.Action)).not.toContain('*');
      }
    }
    if (page === 'docs/deploy.md') expect(blocks).toHaveLength(4);
  });

  it.each(PAGES)('%s: every link leads somewhere', (page) => {
    for (const [, file, anchor] of read(page).matchAll(/\]\(([\w./-]*)(?:#([\w-]+))?\)/g)) {
      const target = file === '' || file === undefined ? page : path.join('docs', file);
      const headings = [...read(target).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
        title
          .toLowerCase()
          .replaceAll(/[^\w\s-]/g, '')
          .trim()
          .replaceAll(/\s/g, '-'),
      );
      if (anchor !== undefined) expect(headings, `${page} → ${target}#${anchor}`).toContain(anchor);
    }
  });

  it.each(PAGES)('%s: every command of ours exists', (page) => {
    const commands = filesUnder('cli').map((file) => read(file));
    const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;
    for (const [, name = ''] of read(page).matchAll(/npx rundrop (\w+)/g)) {
      expect(
        commands.some((text) => new RegExp(`(command|define)\\(\\s*'${name}[ ']`).test(text)),
        name,
      ).toBe(true);
    }
    for (const [, name = ''] of read(page).matchAll(/npm run ([\w:]+)/g)) expect(scripts).toHaveProperty([name]);
  });

  it("names the functions whose roles read the objects of routes, for the policy of another account's bucket", async () => {
    const { Resources } = parse(read('deploy/roles.yml'), { logLevel: 'silent' }) as {
      Resources: Record<string, { Properties: { Policies: { PolicyName: string; PolicyDocument: unknown }[] } }>;
    };
    const policies = Object.values(Resources).flatMap(({ Properties }) => Properties.Policies);
    const mayDo = (action: string) =>
      policies
        .filter(({ PolicyDocument }) => {
          const { Statement } = PolicyDocument as { Statement: { Action: unknown; Resource: unknown }[] };
          return Statement.some(
            ({ Action, Resource }) =>
              [Action].flat().includes(action) && String(Resource).includes('routes.objectArns'),
          );
        })
        .map(({ PolicyName }) => `rundrop-dev-${PolicyName}`);
    const [, named = ''] = /lets the roles of ([^;]*?) do `s3:GetObject`/.exec(read('docs/deploy.md')) ?? [];
    const names = [...named.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name);
    expect(names).toEqual(mayDo('s3:GetObject'));
    expect(names.slice(0, 2)).toEqual(mayDo('s3:GetObjectVersion'));
  });

  it('has ten steps', () => {
    const steps = [...read('docs/deploy.md').matchAll(/^\*\*(\d+)\. /gm)].map(([, number]) => Number(number));
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});
