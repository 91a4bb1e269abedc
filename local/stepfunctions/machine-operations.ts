/** The API's operations on state machines. */
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { AwsError } from '../aws-error.ts';
import type { JsonObject, JsonOperations } from '../aws-json.ts';
import type { Surroundings } from '../ports.ts';
import { readDefinition } from './definition.ts';
import type { Engine } from './engine.ts';
import { checkMachineArn, checkName, machineName, splitQualifiedArn } from './names.ts';
import type { Machine, Revision } from './records.ts';
import { oneOf, optionalText, page, requiredText, tagsOf } from './requests.ts';
import type { Store } from './store.ts';

export interface MachineChange {
  readonly name: string;
  readonly definition: string;
  readonly roleArn: string;
}

const require = createRequire(import.meta.url);
const LONGEST_DEFINITION = 1_048_576;
const ROLE_ARN = /^arn:aws[\w-]*:iam::\d{12}:role\/.+$/;
const MOST_TAGS = 50;

export class Machines {
  readonly #surroundings: Surroundings;
  readonly #store: Store;
  readonly #engine: Engine;
  /** ARNs of machines, each with an alias behind it. Declared anew at every start. */
  readonly #aliases = new Set<string>();

  constructor(surroundings: Surroundings, store: Store, engine: Engine) {
    this.#surroundings = surroundings;
    this.#store = store;
    this.#engine = engine;
  }

  /** Creates the machine or gives it another definition; does nothing when it is as asked. */
  put(change: MachineChange, tags: Record<string, string> = {}): Machine {
    const name = checkName(change.name);
    const { accountId, region, clock } = this.#surroundings;
    const arn = `arn:aws:states:${region}:${accountId}:stateMachine:${name}`;
    const before = this.#store.machines.get(arn);
    const revision = before === undefined ? undefined : this.#store.revisions.get(before.revisionId);
    if (before?.deleting === false && revision?.definition === change.definition && revision.roleArn === change.roleArn)
      return before;
    readDefinition(change.definition);
    const { definition, roleArn } = change;
    const next: Revision = { id: randomUUID(), definition, roleArn, updatedMs: clock.nowMs() };
    const base = before ?? { arn, name, createdMs: clock.nowMs(), deleting: false, tags };
    const machine = { ...base, revisionId: next.id, deleting: false };
    this.#store.putRevision(next);
    this.#store.putMachine(machine);
    return machine;
  }

  /** An alias always points to the newest definition; what runs goes on with the one that it began with. */
  putAlias(machineName: string, alias: string): void {
    const { accountId, region } = this.#surroundings;
    this.#aliases.add(`arn:aws:states:${region}:${accountId}:stateMachine:${machineName}:${checkName(alias)}`);
  }

  /** By the machine's ARN, or by that of an alias. @throws AwsError `InvalidArn` or `StateMachineDoesNotExist` */
  findToStart(arn: string): Machine {
    const qualified = splitQualifiedArn(arn);
    if (qualified === undefined) return this.find(arn);
    if (this.#aliases.has(arn)) return this.find(qualified.machineArn);
    throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
  }

  /** @throws AwsError `InvalidArn` or `StateMachineDoesNotExist` */
  find(arn: string): Machine {
    const machine = this.#store.machines.get(checkMachineArn(arn));
    if (machine !== undefined) return machine;
    throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
  }

  revision(id: string): Revision {
    const revision = this.#store.revisions.get(id);
    if (revision === undefined) throw new Error(`The journal has no definition ${id}.`);
    return revision;
  }

  operations(): JsonOperations {
    return {
      CreateStateMachine: (request) => this.#create(request),
      UpdateStateMachine: (request) => this.#update(request),
      DeleteStateMachine: (request) => this.#delete(request),
      DescribeStateMachine: (request) => this.#describe(request),
      ListStateMachines: (request) => this.#list(request),
      ValidateStateMachineDefinition: validate,
      TagResource: (request) => this.#tag(request),
      UntagResource: (request) => this.#untag(request),
      ListTagsForResource: (request) => {
        const { tags } = this.#tagged(request);
        return { tags: Object.entries(tags).map(([key, value]) => ({ key, value })) };
      },
    };
  }

  #create(request: JsonObject): JsonObject {
    const name = checkName(requiredText(request, 'name'));
    const definition = definitionOf(request);
    const roleArn = roleOf(request);
    if (oneOf(request, 'type', ['STANDARD', 'EXPRESS']) === 'EXPRESS') {
      throw new AwsError(
        'StateMachineTypeNotSupported',
        `State Machine Type Not Supported: '${name}' is EXPRESS; only STANDARD runs here.`,
      );
    }
    const tags = tagsOf(request);
    checkWhole(definition);
    const { accountId, region } = this.#surroundings;
    const before = this.#store.machines.get(`arn:aws:states:${region}:${accountId}:stateMachine:${name}`);
    if (before !== undefined) this.#refuseOther(before, definition, roleArn);
    const machine = this.put({ name, definition, roleArn }, tags);
    return { stateMachineArn: machine.arn, creationDate: machine.createdMs / 1000 };
  }

  /** Creating again what is there is no error; creating something else under its name is. */
  #refuseOther(before: Machine, definition: string, roleArn: string): void {
    if (before.deleting) throw new AwsError('StateMachineDeleting', `State Machine Deleting: '${before.arn}'`);
    const current = this.revision(before.revisionId);
    if (current.definition === definition && current.roleArn === roleArn) return;
    throw new AwsError('StateMachineAlreadyExists', `State Machine Already Exists: '${before.arn}'`);
  }

  #update(request: JsonObject): JsonObject {
    const arn = requiredText(request, 'stateMachineArn');
    const given = request.definition === undefined ? undefined : definitionOf(request);
    if (given === undefined && request.roleArn === undefined) {
      throw new AwsError('MissingRequiredParameter', 'Either the definition or the roleArn must be given.');
    }
    if (given !== undefined) checkWhole(given);
    const machine = this.#living(arn);
    const current = this.revision(machine.revisionId);
    const roleArn = request.roleArn === undefined ? current.roleArn : roleOf(request);
    const { revisionId } = this.put({ name: machine.name, definition: given ?? current.definition, roleArn });
    const revision = this.revision(revisionId);
    return { updateDate: revision.updatedMs / 1000, revisionId };
  }

  #delete(request: JsonObject): JsonObject {
    const arn = checkMachineArn(requiredText(request, 'stateMachineArn'));
    const machine = this.#store.machines.get(arn);
    if (machine === undefined) return {};
    if (this.#engine.hasRunning(arn)) this.#store.putMachine({ ...machine, deleting: true });
    else this.#store.deleteMachine(arn);
    return {};
  }

  #describe(request: JsonObject): JsonObject {
    const machine = this.find(requiredText(request, 'stateMachineArn'));
    const revision = this.revision(machine.revisionId);
    return {
      stateMachineArn: machine.arn,
      name: machine.name,
      status: machine.deleting ? 'DELETING' : 'ACTIVE',
      definition: revision.definition,
      roleArn: revision.roleArn,
      type: 'STANDARD',
      creationDate: machine.createdMs / 1000,
      loggingConfiguration: { level: 'OFF', includeExecutionData: false },
      tracingConfiguration: { enabled: false },
      revisionId: revision.id,
    };
  }

  #list(request: JsonObject): JsonObject {
    const machines = [...this.#store.machines.values()];
    const numbered = machines.map((machine, index) => ({ machine, index }));
    const { items, next } = page(request, { scope: 'machines', items: numbered, position: ({ index }) => index });
    const stateMachines = items.map(({ machine: { arn, name, createdMs } }) => ({
      stateMachineArn: arn,
      name,
      type: 'STANDARD',
      creationDate: createdMs / 1000,
    }));
    return { stateMachines, ...next };
  }

  #tag(request: JsonObject): JsonObject {
    const machine = this.#tagged(request);
    const tags = { ...machine.tags, ...tagsOf(request) };
    if (Object.keys(tags).length > MOST_TAGS)
      throw new AwsError('TooManyTags', `'${machine.arn}' may have ${MOST_TAGS} tags at most.`);
    this.#store.putMachine({ ...machine, tags });
    return {};
  }

  #untag(request: JsonObject): JsonObject {
    const machine = this.#tagged(request);
    const keys = Array.isArray(request.tagKeys) ? request.tagKeys : [];
    this.#store.putMachine({
      ...machine,
      tags: Object.fromEntries(Object.entries(machine.tags).filter(([key]) => !keys.includes(key))),
    });
    return {};
  }

  #tagged(request: JsonObject): Machine {
    const arn = requiredText(request, 'resourceArn');
    const machine = this.#store.machines.get(checkMachineArn(arn));
    if (machine === undefined)
      throw new AwsError('ResourceNotFound', `Resource not found: '${arn}'`, { members: { resourceName: arn } });
    return machine;
  }

  /** @throws AwsError also `StateMachineDeleting` */
  #living(arn: string): Machine {
    const machine = this.find(arn);
    if (machine.deleting) throw new AwsError('StateMachineDeleting', `State Machine Deleting: '${machineName(arn)}'`);
    return machine;
  }
}

function validate(request: JsonObject): JsonObject {
  try {
    checkWhole(definitionOf(request));
    return { result: 'OK', diagnostics: [], truncated: false };
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'InvalidDefinition') throw error;
    const diagnostic = { severity: 'ERROR', code: 'SCHEMA_VALIDATION_FAILED', message: error.message };
    return { result: 'FAIL', diagnostics: [diagnostic], truncated: false };
  }
}

/** Our own check first, for its better reasons; then the schema's, whose import takes longer than the stack's start may; it has no types. */
function checkWhole(definition: string): void {
  readDefinition(definition);
  const check = require('asl-validator') as AslValidator;
  const { isValid, errorsText } = check(JSON.parse(definition), { checkArn: false, checkPaths: false });
  if (isValid) return;
  throw new AwsError(
    'InvalidDefinition',
    `Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: ${errorsText('; ')}'`,
  );
}

type AslValidator = (
  definition: unknown,
  options: object,
) => { isValid: boolean; errorsText: (separator: string) => string };

function definitionOf(request: JsonObject): string {
  requiredText(request, 'definition');
  return optionalText(request, 'definition', LONGEST_DEFINITION) ?? '';
}

function roleOf(request: JsonObject): string {
  const arn = requiredText(request, 'roleArn');
  if (ROLE_ARN.test(arn)) return arn;
  throw new AwsError('InvalidArn', `Invalid Arn: '${arn}' is not the ARN of a role.`);
}
