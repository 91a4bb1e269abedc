/** The schedules and their groups, kept in a journal. */
import { AwsError } from '../aws-error.ts';
import type { KeyedJournal } from '../keyed-journal.ts';
import { DEFAULT_GROUP, invalid, type ScheduleDefinition } from './schedule-input.ts';

export interface KeptSchedule {
  readonly definition: ScheduleDefinition;
  readonly createdMs: number;
  readonly modifiedMs: number;
  readonly clientToken?: string;
}

export interface ScheduleGroup {
  readonly name: string;
  readonly createdMs: number;
}

export class ScheduleStore {
  readonly #groups = new Map<string, ScheduleGroup>();
  readonly #schedules = new Map<string, KeptSchedule>();
  readonly #journal: KeyedJournal;

  constructor(journal: KeyedJournal, startedMs: number) {
    this.#journal = journal;
    this.#groups.set(DEFAULT_GROUP, { name: DEFAULT_GROUP, createdMs: startedMs });
    for (const [key, value] of journal.loaded) {
      if (key.startsWith('group ')) this.#groups.set(key.slice('group '.length), value as ScheduleGroup);
      else this.#schedules.set(key.slice('schedule '.length), value as KeptSchedule);
    }
  }

  schedules(): KeptSchedule[] {
    return [...this.#schedules.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, kept]) => kept);
  }

  find(groupName: string, name: string): KeptSchedule | undefined {
    return this.#schedules.get(`${groupName}/${name}`);
  }

  /** @throws AwsError ResourceNotFoundException */
  get(groupName: string, name: string): KeptSchedule {
    const kept = this.find(groupName, name);
    if (kept !== undefined) return kept;
    throw notFound(`Schedule ${name} does not exist.`);
  }

  /** @throws AwsError ResourceNotFoundException when the group does not exist. */
  keep(kept: KeptSchedule): void {
    const { GroupName: groupName, Name: name } = kept.definition;
    this.group(groupName);
    this.#journal.put(`schedule ${groupName}/${name}`, kept);
    this.#schedules.set(`${groupName}/${name}`, kept);
  }

  remove({ definition }: KeptSchedule): void {
    const key = `${definition.GroupName}/${definition.Name}`;
    this.#journal.remove(`schedule ${key}`);
    this.#schedules.delete(key);
  }

  groups(): ScheduleGroup[] {
    return [...this.#groups.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws AwsError ResourceNotFoundException */
  group(name: string): ScheduleGroup {
    const group = this.#groups.get(name);
    if (group !== undefined) return group;
    throw notFound(`Schedule group ${name} does not exist.`);
  }

  /** @throws AwsError ConflictException */
  createGroup(group: ScheduleGroup): void {
    if (this.#groups.has(group.name)) throw conflict(`Schedule group ${group.name} already exists.`);
    this.#journal.put(`group ${group.name}`, group);
    this.#groups.set(group.name, group);
  }

  /** Deletes the group with its schedules. */
  deleteGroup(name: string): void {
    if (name === DEFAULT_GROUP) throw invalid('The default schedule group cannot be deleted.');
    this.group(name);
    for (const kept of this.schedules()) if (kept.definition.GroupName === name) this.remove(kept);
    this.#journal.remove(`group ${name}`);
    this.#groups.delete(name);
  }

  close(): void {
    this.#journal.close();
  }
}

export function conflict(message: string): AwsError {
  return new AwsError('ConflictException', message, { statusCode: 409 });
}

function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message, { statusCode: 404 });
}
