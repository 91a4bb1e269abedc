import { kindOf } from './json.ts';
import { show } from './problems.ts';

/** What StartRun asks of one member. From the API model of service version 2022-11-28. */
export type MemberRule =
  | {
      readonly type: 'text';
      readonly maxLength: number;
      readonly pattern?: RegExp;
      /** The pattern in words. */
      readonly form?: string;
    }
  | { readonly type: 'choice'; readonly values: readonly string[] }
  | { readonly type: 'integer'; readonly max: number }
  | { readonly type: 'document' }
  | { readonly type: 'tags' };

const ID: MemberRule = { type: 'text', maxLength: 18, pattern: /^[0-9]+$/, form: 'an id of digits' };
/** `[\p{L}||\p{M}||\p{Z}||\p{S}||\p{N}||\p{P}]+`: everything but control, format and unassigned characters. */
const PRINTABLE = /^[\p{L}\p{M}\p{Z}\p{S}\p{N}\p{P}]+$/u;
const VERSION = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const VERSION_FORM = 'letters, digits, ".", "_" and "-", beginning with a letter or digit';

/** Every member of StartRun but requestId, in the order in which requests are written. */
export const START_RUN_MEMBERS = {
  workflowId: ID,
  workflowType: { type: 'choice', values: ['PRIVATE', 'READY2RUN'] },
  workflowOwnerId: { type: 'text', maxLength: 12, pattern: /^[0-9]{12}$/, form: 'an account id of 12 digits' },
  workflowVersionName: { type: 'text', maxLength: 64, pattern: VERSION, form: VERSION_FORM },
  runId: ID,
  roleArn: {
    type: 'text',
    maxLength: 128,
    pattern: /^arn:[a-z0-9-]+:iam::[0-9]{12}:role\/[\w+=,.@/-]+$/,
    form: 'the ARN of an IAM role, arn:aws:iam::123456789012:role/name',
  },
  name: { type: 'text', maxLength: 128, pattern: PRINTABLE, form: 'without control characters' },
  cacheId: ID,
  cacheBehavior: { type: 'choice', values: ['CACHE_ON_FAILURE', 'CACHE_ALWAYS'] },
  runGroupId: ID,
  priority: { type: 'integer', max: 100_000 },
  parameters: { type: 'document' },
  storageType: { type: 'choice', values: ['STATIC', 'DYNAMIC'] },
  storageCapacity: { type: 'integer', max: 100_000 },
  scratchStorageMode: { type: 'choice', values: ['LOCAL', 'SHARED'] },
  outputUri: {
    type: 'text',
    maxLength: 750,
    pattern: /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/[\p{L}\p{M}\p{Z}\p{S}\p{N}\p{P}]*)?$/u,
    form: 'an S3 location, s3://bucket/prefix/',
  },
  logLevel: { type: 'choice', values: ['OFF', 'FATAL', 'ERROR', 'ALL'] },
  tags: { type: 'tags' },
  retentionMode: { type: 'choice', values: ['RETAIN', 'REMOVE'] },
  networkingMode: { type: 'choice', values: ['RESTRICTED', 'VPC'] },
  configurationName: { type: 'text', maxLength: 128, pattern: VERSION, form: VERSION_FORM },
  sessionPolicy: {
    type: 'text',
    maxLength: 2048,
    pattern: /^[\p{L}\p{M}\p{Z}\p{S}\p{N}\p{P}\t\n\r]+$/u,
    form: 'a policy as JSON text',
  },
  engineSettings: { type: 'document' },
} as const satisfies Readonly<Record<string, MemberRule>>;

export type StartRunMember = keyof typeof START_RUN_MEMBERS;

export const START_RUN_MEMBER_NAMES = Object.keys(START_RUN_MEMBERS) as readonly StartRunMember[];

export function isStartRunMember(name: string): name is StartRunMember {
  return Object.hasOwn(START_RUN_MEMBERS, name);
}

export function ruleOf(name: StartRunMember): MemberRule {
  return START_RUN_MEMBERS[name];
}

/** StartRun's limit on its parameters, as JSON in UTF-8. */
const PARAMETERS_LIMIT_BYTES = 50 * 1024;
/** A document nested deeper cannot be stored in the ledger. */
const DEPTH_LIMIT = 24;
const TAG_LIMIT = 50;
/** Rundrop tags its runs as well, so that they can be found again. */
const OWN_TAGS = 5;
export const OWN_TAG_PREFIX = 'rundrop:';

/** Every rule that the value of a member breaks, as the end of a sentence that begins with the member's name. */
export function checkMember(name: StartRunMember, value: unknown): readonly string[] {
  const rule = ruleOf(name);
  switch (rule.type) {
    case 'text':
      return checkText(rule, value);
    case 'choice':
      if (typeof value === 'string' && rule.values.includes(value)) return [];
      return [`must be ${rule.values.join(' or ')}, not ${say(value)}`];
    case 'integer':
      if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= rule.max) return [];
      return [`must be a whole number from 0 to ${rule.max}, not ${say(value)}`];
    case 'document':
      return checkDocument(name, value);
    case 'tags':
      return checkTags(value);
    default:
      return rule satisfies never;
  }
}

function checkText(rule: Extract<MemberRule, { type: 'text' }>, value: unknown): readonly string[] {
  if (typeof value !== 'string') return [`must be text, not ${say(value)}`];
  if (value === '') return ['must not be empty'];
  if (value.length > rule.maxLength) return [`must have at most ${rule.maxLength} characters, not ${value.length}`];
  if (rule.pattern !== undefined && !rule.pattern.test(value)) return [`must be ${rule.form}, not ${say(value)}`];
  return [];
}

function checkDocument(name: StartRunMember, value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`must be an object of names and values, not ${say(value)}`];
  }
  const odd = findOdd(value, 0);
  if (odd !== undefined) return [odd];
  if (name !== 'parameters') return [];
  const text = JSON.stringify(value);
  // A UTF-16 code unit is three bytes at most.
  const sizeBytes = text.length * 3 <= PARAMETERS_LIMIT_BYTES ? 0 : new TextEncoder().encode(text).length;
  if (sizeBytes <= PARAMETERS_LIMIT_BYTES) return [];
  return [`must have at most ${PARAMETERS_LIMIT_BYTES} bytes as JSON, not ${sizeBytes}`];
}

function findOdd(value: unknown, depth: number): string | undefined {
  if (depth > DEPTH_LIMIT) return `must not be nested deeper than ${DEPTH_LIMIT} levels`;
  if (typeof value === 'number' && !Number.isFinite(value)) return 'must hold only numbers that JSON can write';
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    if (key === '__proto__') return 'must not have a member named __proto__';
    const odd = findOdd(inner, depth + 1);
    if (odd !== undefined) return odd;
  }
  return undefined;
}

function checkTags(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`must be an object of tag names and values, not ${say(value)}`];
  }
  const entries = Object.entries(value);
  const most = TAG_LIMIT - OWN_TAGS;
  const problems = entries.length > most ? [`must have at most ${most} tags, not ${entries.length}`] : [];
  for (const [key, tag] of entries) problems.push(...checkTag(key, tag));
  return problems;
}

/** AWS: letters, digits, spaces and `_ . : / = + - @`. */
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

function checkTag(key: string, value: unknown): readonly string[] {
  const at = `has the tag ${show(key)}, which`;
  if (key === '' || key.length > 128) return [`${at} must have 1 to 128 characters`];
  if (/^aws:/i.test(key)) return [`${at} must not begin with aws:`];
  if (key.toLowerCase().startsWith(OWN_TAG_PREFIX))
    return [`${at} must not begin with ${OWN_TAG_PREFIX}: Rundrop sets those`];
  if (key === '__proto__' || !TAG_TEXT.test(key))
    return [`${at} may have letters, digits, spaces and _ . : / = + - @ only`];
  if (typeof value !== 'string') return [`${at} must be text, not ${say(value)}`];
  if (value.length > 256) return [`${at} must have at most 256 characters, not ${value.length}`];
  return TAG_TEXT.test(value)
    ? []
    : [`${at} may have letters, digits, spaces and _ . : / = + - @ only, not ${say(value)}`];
}

function say(value: unknown): string {
  if (typeof value === 'string') return show(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return kindOf(value);
}
