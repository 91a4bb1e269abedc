/**
 * `npm run lint:template`: packages the service as a user would, plain and with every setting set, and has cfn-lint,
 * cfn-guard and asl-validator judge the templates. deploy/accepted-findings.yml has what is accepted, and why; an
 * entry there that fits nothing any more fails too.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parse } from 'yaml';
import { SetupError } from '../../cli/processes.mjs';
import { ALL_SETTINGS, packageService } from '../serverless/package-service.ts';
import { cfnGuard } from './cfn-guard.ts';
import { cfnLint } from './cfn-lint.ts';
import { type Finding, judge, readAccepted } from './findings.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const ACCEPTED_FILE = path.join('deploy', 'accepted-findings.yml');
const REGIONS = ['us-east-1', 'eu-west-2'];
const FEWEST_RULES_APPLIED = 10;

const ENVIRONMENT = { HEALTHOMICS_ROLE_ARN: 'arn:aws:iam::123456789012:role/HealthOmicsService' };
/** What is packaged: nothing set, all that can be, and what both lack: own buckets without a key, every kind of grant. */
const VARIANTS = [
  { name: 'plain', settings: {} },
  { name: 'every setting', settings: ALL_SETTINGS },
  {
    name: 'own buckets, all kinds of routes',
    settings: { createBuckets: true },
    routesFile: path.join(ROOT, 'test', 'permissions', 'routes.yaml'),
  },
] as const;

try {
  process.exitCode = await lintTemplates();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = error.exitStatus;
}

async function lintTemplates(): Promise<number> {
  const findings = new Map<string, Finding>();
  for (const variant of VARIANTS) {
    for (const finding of await lintVariant(variant)) {
      findings.set(JSON.stringify([finding.linter, finding.rule, finding.resource, finding.message]), finding);
    }
  }
  const entries = readAccepted(parse(readFileSync(path.join(ROOT, ACCEPTED_FILE), 'utf8')));
  const { refused, accepted, stale } = judge([...findings.values()], entries);
  for (const { linter, rule, resource, message } of refused) say(`${linter} ${rule} ${resource}: ${message}`);
  for (const entry of stale) say(`${ACCEPTED_FILE} accepts ${entry}, which is not found any more: take it out`);
  say(`${refused.length} findings; ${accepted.length} accepted with their reasons in ${ACCEPTED_FILE}`);
  return refused.length + stale.length === 0 ? 0 : 1;
}

async function lintVariant({ name, ...options }: (typeof VARIANTS)[number]): Promise<Finding[]> {
  const packaged = await packageService({ environment: ENVIRONMENT, ...options });
  try {
    const file = path.join(packaged.directory, 'template.json');
    writeFileSync(file, JSON.stringify(packaged.template, null, 1));
    const lint = await cfnLint(file, REGIONS);
    const guard = await cfnGuard(file);
    // A rule set that looks at nothing finds nothing.
    if (guard.applied < FEWEST_RULES_APPLIED) throw new Error(`cfn-guard applied ${guard.applied} rules only.`);
    const asl = Object.entries(packaged.template.Resources).flatMap(([resource, { Type, Properties }]) =>
      Type === 'AWS::StepFunctions::StateMachine' ? aslFindings(resource, String(Properties?.DefinitionString)) : [],
    );
    say(
      `${name}: cfn-lint ${lint.length}, cfn-guard ${guard.findings.length} of ${guard.applied} rules, ASL ${asl.length}`,
    );
    return [...lint, ...guard.findings, ...asl];
  } finally {
    await packaged.remove();
  }
}

function aslFindings(resource: string, definition: string): Finding[] {
  const validate = createRequire(import.meta.url)('asl-validator') as (definition: unknown) => {
    readonly isValid: boolean;
    readonly errors: readonly { readonly 'Error code'?: string; readonly Message?: string }[];
  };
  const { isValid, errors } = validate(JSON.parse(definition));
  if (isValid) return [];
  return errors.map((error) => ({
    linter: 'asl-validator',
    rule: error['Error code'] ?? 'invalid',
    resource,
    message: error.Message ?? JSON.stringify(error),
  }));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
