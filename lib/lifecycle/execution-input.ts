/** What an execution of run-lifecycle can be started with. */
import { didYouMean } from '../routing/did-you-mean.ts';

/** The input is not one that the machine takes. Permanent: ASL does not retry it. */
export class InvalidInput extends Error {
  override readonly name = 'InvalidInput';
}

/** There is no run of that id in HealthOmics. Permanent. */
export class RunNotFound extends Error {
  override readonly name = 'RunNotFound';
  readonly runId: string;
  constructor(runId: string) {
    super(`HealthOmics has no run ${runId} in this account and region. Check the id with "aws omics list-runs".`);
    this.runId = runId;
  }
}

/** The object starts nothing, for a reason that is in the message. Permanent until something about it changes. */
export class DropNotStarted extends Error {
  override readonly name = 'DropNotStarted';
}

/** The object is a sheet: its rows have requests, and executions, of their own. The machine ends well on it. */
export class SheetTaken extends Error {
  override readonly name = 'SheetTaken';
}

export type ExecutionInput =
  /** A request that is in the ledger: how Rundrop itself starts executions, and what a retry goes round with. */
  | { readonly kind: 'request'; readonly identity: string }
  /** A StartRun request, by hand. */
  | { readonly kind: 'run'; readonly run: Readonly<Record<string, unknown>> }
  /** A run that exists, to be followed. */
  | { readonly kind: 'runId'; readonly runId: string }
  /** An object, to be taken as its event would have been. */
  | { readonly kind: 'drop'; readonly drop: DropInput };

export interface DropInput {
  readonly bucket: string;
  /** Raw, never URL-encoded. */
  readonly key: string;
  readonly versionId?: string;
}

const ACCEPTED =
  'Accepted are {"run": {…a StartRun request, without requestId…}} to start a run, ' +
  '{"runId": "1234567"} to follow a run that exists, ' +
  'or {"drop": {"bucket": "…", "key": "…"}} to take an object as if it had just arrived (with "versionId" for an older version).';
const FORMS = ['request', 'run', 'runId', 'drop'];
const DROP_MEMBERS = ['bucket', 'key', 'versionId'] as const;
/** S3's own limits. */
const LONGEST: Readonly<Record<(typeof DROP_MEMBERS)[number], number>> = { bucket: 63, key: 1024, versionId: 1024 };

/** @throws InvalidInput, with a message that says what is accepted. */
export function parseExecutionInput(input: unknown): ExecutionInput {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new InvalidInput(`The execution input is ${describe(input)}, not an object. ${ACCEPTED}`);
  }
  const members = input as Record<string, unknown>;
  const given = FORMS.filter((name) => Object.hasOwn(members, name));
  if (given.length !== 1) {
    const found = given.length === 0 ? `has ${memberList(members)}` : `has both ${given.join(' and ')}`;
    throw new InvalidInput(`The execution input ${found}. ${ACCEPTED}`);
  }
  const { request, run, runId, drop } = members;
  if (typeof request === 'string' && request !== '') return { kind: 'request', identity: request };
  if (typeof run === 'object' && run !== null && !Array.isArray(run)) {
    return { kind: 'run', run: run as Record<string, unknown> };
  }
  if (typeof runId === 'string' && /^[0-9]{1,18}$/.test(runId)) return { kind: 'runId', runId };
  if (typeof drop === 'object' && drop !== null && !Array.isArray(drop)) {
    return { kind: 'drop', drop: parseDrop(drop as Record<string, unknown>) };
  }
  const name = given[0] ?? 'input';
  throw new InvalidInput(`The execution input's ${name} is ${describe(members[name])}. ${ACCEPTED}`);
}

function parseDrop(drop: Readonly<Record<string, unknown>>): DropInput {
  const refuse = (what: string) => new InvalidInput(`The execution input's drop ${what}. ${ACCEPTED}`);
  const unknown = Object.keys(drop).find((name) => !DROP_MEMBERS.some((member) => member === name));
  if (unknown !== undefined) {
    const meant = didYouMean(unknown, DROP_MEMBERS);
    throw refuse(
      `has the member ${JSON.stringify(unknown.slice(0, 40))}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`,
    );
  }
  for (const name of DROP_MEMBERS) {
    const value = drop[name];
    if (value === undefined && name === 'versionId') continue;
    if (value === undefined) throw refuse(`has no ${name}`);
    if (typeof value !== 'string' || value === '' || value.length > LONGEST[name]) {
      throw refuse(`has a ${name} that is ${describe(value)}, not a text of 1 to ${LONGEST[name]} characters`);
    }
  }
  const { bucket, key, versionId } = drop as unknown as DropInput;
  return { bucket, key, ...(versionId === undefined ? {} : { versionId }) };
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? `the text ${JSON.stringify(value.slice(0, 40))}` : String(value);
}

function memberList(members: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(members).slice(0, 5);
  if (names.length === 0) return 'no members';
  const meant = didYouMean(names[0] ?? '', ['run', 'runId', 'drop']);
  const only = `only ${names.map((name) => JSON.stringify(name.slice(0, 40))).join(', ')}`;
  return meant === undefined ? only : `${only} (did you mean ${meant}?)`;
}
