/** The settings of a batch's runs: inline, or a JSON array in S3. */
import { AwsError } from '../../aws-error.ts';
import { invalid } from '../errors.ts';
import { omicsModel } from '../protocol/model.ts';
import { validateInput } from '../protocol/validate.ts';
import type { StartRequest } from '../runs/duplicate-run.ts';
import type { Batch, BatchMember, DefaultRunSetting, InlineSetting } from './batch.ts';

const MOST_S3_SETTINGS = 100_000;

/** @throws AwsError ValidationException for a repeated runSettingId, or a run without outputUri. */
export function checkSettings(settings: readonly InlineSetting[], defaults: DefaultRunSetting): void {
  const seen = new Set<string>();
  for (const { runSettingId, outputUri } of settings) {
    if (seen.has(runSettingId)) throw invalid(`runSettingId ${runSettingId} is given more than once`);
    seen.add(runSettingId);
    if (outputUri === undefined && defaults.outputUri === undefined) {
      throw invalid(`outputUri is missing, both in defaultRunSetting and for runSettingId ${runSettingId}`);
    }
  }
}

/** @throws AwsError ValidationException when the file is not a JSON array of run settings. */
export function parseSettingsFile(content: Buffer): InlineSetting[] {
  let value: unknown;
  try {
    value = JSON.parse(content.toString('utf8'));
  } catch (cause) {
    throw new AwsError('ValidationException', 'The file of s3UriSettings is not JSON', { cause });
  }
  if (!Array.isArray(value) || value.length === 0)
    throw invalid('The file of s3UriSettings is not a JSON array with entries');
  if (value.length > MOST_S3_SETTINGS)
    throw invalid(`The file of s3UriSettings has more than ${MOST_S3_SETTINGS} entries`);
  return value.map((item: unknown) => {
    if (typeof item !== 'object' || item === null) throw invalid('An entry of s3UriSettings is not a JSON object');
    return validateInput(omicsModel(), 'InlineSetting', item as Record<string, unknown>) as unknown as InlineSetting;
  });
}

/** The StartRun request of one run: the default, overlaid with its own setting; parameters and tags are merged. */
export function requestFor(batch: Batch, member: BatchMember): StartRequest {
  const { runTags, parameters, ...defaults } = batch.defaultRunSetting;
  const { runSettingId: _, runTags: ownTags, parameters: ownParameters, ...own } = member.setting;
  const merged = mergeParameters(parameters, ownParameters);
  return {
    ...(defaults as Omit<StartRequest, 'requestId' | 'outputUri'>),
    ...own,
    outputUri: own.outputUri ?? defaults.outputUri ?? '',
    requestId: `${batch.uuid}/${member.key}`,
    tags: { ...runTags, ...ownTags },
    ...(merged === undefined ? {} : { parameters: merged }),
  };
}

function mergeParameters(defaults: unknown, own: unknown): unknown {
  const mergeable = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  return mergeable(defaults) && mergeable(own) ? { ...defaults, ...own } : (own ?? defaults);
}
