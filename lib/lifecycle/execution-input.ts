/** What an execution of run-lifecycle can be started with. */

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

export type ExecutionInput =
  /** A request that is in the ledger: how Rundrop itself starts executions, and what a retry goes round with. */
  | { readonly kind: 'request'; readonly identity: string }
  /** A StartRun request, by hand. */
  | { readonly kind: 'run'; readonly run: Readonly<Record<string, unknown>> }
  /** A run that exists, to be followed. */
  | { readonly kind: 'runId'; readonly runId: string };

const ACCEPTED =
  'Accepted are {"run": {…a StartRun request, without requestId…}} to start a run, ' +
  'or {"runId": "1234567"} to follow a run that exists.';

/** @throws InvalidInput, with a message that says what is accepted. */
export function parseExecutionInput(input: unknown): ExecutionInput {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new InvalidInput(`The execution input is ${describe(input)}, not an object. ${ACCEPTED}`);
  }
  const members = input as Record<string, unknown>;
  const given = ['request', 'run', 'runId'].filter((name) => Object.hasOwn(members, name));
  if (given.length !== 1) {
    const found = given.length === 0 ? `has ${memberList(members)}` : `has both ${given.join(' and ')}`;
    throw new InvalidInput(`The execution input ${found}. ${ACCEPTED}`);
  }
  const { request, run, runId } = members;
  if (typeof request === 'string' && request !== '') return { kind: 'request', identity: request };
  if (typeof run === 'object' && run !== null && !Array.isArray(run)) {
    return { kind: 'run', run: run as Record<string, unknown> };
  }
  if (typeof runId === 'string' && /^[0-9]{1,18}$/.test(runId)) return { kind: 'runId', runId };
  const name = given[0] ?? 'input';
  throw new InvalidInput(`The execution input's ${name} is ${describe(members[name])}. ${ACCEPTED}`);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? `the text ${JSON.stringify(value.slice(0, 40))}` : String(value);
}

function memberList(members: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(members).slice(0, 5);
  return names.length === 0
    ? 'no members'
    : `only ${names.map((name) => JSON.stringify(name.slice(0, 40))).join(', ')}`;
}
