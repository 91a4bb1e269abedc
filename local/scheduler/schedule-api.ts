/** The operations of Scheduler, and the schedules that a deployment declares. */
import type { JsonObject } from '../aws-json.ts';
import type { Surroundings } from '../ports.ts';
import { jsonBody, type RestAnswer, type RestRequest, type RestRoute } from '../rest-json.ts';
import type { DueTimer } from './due-timer.ts';
import { checkName, DEFAULT_GROUP, invalid, readSchedule, type ScheduleTarget } from './schedule-input.ts';
import { conflict, type KeptSchedule, type ScheduleGroup, type ScheduleStore } from './schedule-store.ts';

/** CreateSchedule's own members, without the flexible time window; dates are seconds since 1970. */
export interface DeclaredSchedule {
  readonly Name: string;
  readonly GroupName?: string;
  readonly ScheduleExpression: string;
  readonly ScheduleExpressionTimezone?: string;
  readonly State?: 'ENABLED' | 'DISABLED';
  readonly StartDate?: number;
  readonly EndDate?: number;
  readonly Description?: string;
  readonly Target: ScheduleTarget;
}

const PAGE_LIMIT = 100;
/** AWS takes a StartDate that lies a little in the past. */
const START_DATE_GRACE_MS = 5 * 60_000;

export function scheduleArn({ region, accountId }: Surroundings, { definition }: KeptSchedule): string {
  return `arn:aws:scheduler:${region}:${accountId}:schedule/${definition.GroupName}/${definition.Name}`;
}

export class ScheduleApi {
  readonly #surroundings: Surroundings;
  readonly #store: ScheduleStore;
  readonly #timer: DueTimer;

  constructor(surroundings: Surroundings, store: ScheduleStore, timer: DueTimer) {
    this.#surroundings = surroundings;
    this.#store = store;
    this.#timer = timer;
  }

  routes(): RestRoute[] {
    const schedule = '/schedules/{Name}';
    const group = '/schedule-groups/{Name}';
    return [
      { operation: 'CreateSchedule', method: 'POST', path: schedule, answer: (request) => this.#create(request) },
      {
        operation: 'GetSchedule',
        method: 'GET',
        path: schedule,
        answer: (request) => ok(this.#describe(this.#find(request))),
      },
      { operation: 'UpdateSchedule', method: 'PUT', path: schedule, answer: (request) => this.#update(request) },
      { operation: 'DeleteSchedule', method: 'DELETE', path: schedule, answer: (request) => this.#delete(request) },
      { operation: 'ListSchedules', method: 'GET', path: '/schedules', answer: (request) => this.#list(request) },
      {
        operation: 'CreateScheduleGroup',
        method: 'POST',
        path: group,
        answer: (request) => this.#createGroup(request),
      },
      {
        operation: 'GetScheduleGroup',
        method: 'GET',
        path: group,
        answer: ({ path }) => ok(this.#describeGroup(this.#store.group(path.Name ?? ''))),
      },
      {
        operation: 'DeleteScheduleGroup',
        method: 'DELETE',
        path: group,
        answer: (request) => this.#deleteGroup(request),
      },
      {
        operation: 'ListScheduleGroups',
        method: 'GET',
        path: '/schedule-groups',
        answer: (request) => this.#listGroups(request),
      },
      { operation: 'ListTagsForResource', method: 'GET', path: '/tags/{ResourceArn}' },
      { operation: 'TagResource', method: 'POST', path: '/tags/{ResourceArn}' },
      { operation: 'UntagResource', method: 'DELETE', path: '/tags/{ResourceArn}' },
    ];
  }

  declare(schedule: DeclaredSchedule): void {
    const definition = readSchedule(schedule.Name, { ...schedule, FlexibleTimeWindow: { Mode: 'OFF' } });
    const existing = this.#store.find(definition.GroupName, definition.Name);
    if (existing !== undefined && JSON.stringify(existing.definition) === JSON.stringify(definition)) return;
    this.#store.keep({ definition, createdMs: this.#nowMs(), modifiedMs: this.#nowMs() });
    this.#timer.rearm();
  }

  declareGroup(name: string, scheduleNames: readonly string[]): void {
    if (!this.#store.groups().some((group) => group.name === name)) {
      this.#store.createGroup({ name: checkName(name, 'groupName'), createdMs: this.#nowMs() });
    }
    for (const kept of this.#store.schedules()) {
      const { GroupName, Name } = kept.definition;
      if (GroupName === name && !scheduleNames.includes(Name)) this.#store.remove(kept);
    }
    this.#timer.rearm();
  }

  #nowMs(): number {
    return this.#surroundings.clock.nowMs();
  }

  #create(request: RestRequest): RestAnswer {
    const input = jsonBody(request);
    const definition = readSchedule(request.path.Name ?? '', input);
    const clientToken = typeof input.ClientToken === 'string' ? input.ClientToken : undefined;
    const existing = this.#store.find(definition.GroupName, definition.Name);
    if (existing !== undefined) {
      if (clientToken === undefined || existing.clientToken !== clientToken) {
        throw conflict(`Schedule ${definition.Name} already exists.`);
      }
      return ok({ ScheduleArn: scheduleArn(this.#surroundings, existing) });
    }
    this.#checkStart(definition.StartDate);
    const nowMs = this.#nowMs();
    const kept = {
      definition,
      createdMs: nowMs,
      modifiedMs: nowMs,
      ...(clientToken === undefined ? {} : { clientToken }),
    };
    this.#store.keep(kept);
    this.#timer.rearm(kept);
    return ok({ ScheduleArn: scheduleArn(this.#surroundings, kept) });
  }

  #checkStart(startDate: number | undefined): void {
    if (startDate === undefined || startDate * 1000 >= this.#nowMs() - START_DATE_GRACE_MS) return;
    throw invalid('The StartDate you specify cannot be earlier than 5 minutes ago.');
  }

  /** Every member that is not given falls back to its default, as on AWS. */
  #update(request: RestRequest): RestAnswer {
    const definition = readSchedule(request.path.Name ?? '', jsonBody(request));
    const existing = this.#store.get(definition.GroupName, definition.Name);
    const kept = { ...existing, definition, modifiedMs: this.#nowMs() };
    this.#store.keep(kept);
    this.#timer.rearm();
    return ok({ ScheduleArn: scheduleArn(this.#surroundings, kept) });
  }

  #find({ path: { Name }, query }: RestRequest): KeptSchedule {
    return this.#store.get(query.get('groupName') ?? DEFAULT_GROUP, Name ?? '');
  }

  #delete(request: RestRequest): RestAnswer {
    this.#store.remove(this.#find(request));
    this.#timer.rearm();
    return ok({});
  }

  #describe(kept: KeptSchedule): JsonObject {
    return {
      ...kept.definition,
      Arn: scheduleArn(this.#surroundings, kept),
      CreationDate: kept.createdMs / 1000,
      LastModificationDate: kept.modifiedMs / 1000,
    };
  }

  #list({ query }: RestRequest): RestAnswer {
    const group = query.get('ScheduleGroup');
    const prefix = query.get('NamePrefix') ?? '';
    const state = query.get('State');
    const schedules = this.#store
      .schedules()
      .filter(
        ({ definition }) =>
          (group === null || definition.GroupName === group) &&
          (state === null || definition.State === state) &&
          definition.Name.startsWith(prefix),
      );
    const summaries = schedules.map((kept) => {
      const { Name, GroupName, State, Arn, CreationDate, LastModificationDate } = this.#describe(kept);
      return {
        Name,
        GroupName,
        State,
        Arn,
        CreationDate,
        LastModificationDate,
        Target: { Arn: kept.definition.Target.Arn },
      };
    });
    return page('Schedules', summaries, query);
  }

  #createGroup({ path: { Name } }: RestRequest): RestAnswer {
    const group = { name: checkName(Name, 'name'), createdMs: this.#nowMs() };
    this.#store.createGroup(group);
    return ok({ ScheduleGroupArn: this.#describeGroup(group).Arn });
  }

  #describeGroup({ name, createdMs }: ScheduleGroup): JsonObject {
    const { region, accountId } = this.#surroundings;
    const date = createdMs / 1000;
    const arn = `arn:aws:scheduler:${region}:${accountId}:schedule-group/${name}`;
    return { Name: name, Arn: arn, State: 'ACTIVE', CreationDate: date, LastModificationDate: date };
  }

  #deleteGroup({ path: { Name } }: RestRequest): RestAnswer {
    this.#store.deleteGroup(Name ?? '');
    this.#timer.rearm();
    return ok({});
  }

  #listGroups({ query }: RestRequest): RestAnswer {
    const prefix = query.get('NamePrefix') ?? '';
    const groups = this.#store.groups().filter(({ name }) => name.startsWith(prefix));
    return page(
      'ScheduleGroups',
      groups.map((group) => this.#describeGroup(group)),
      query,
    );
  }
}

function ok(body: JsonObject): RestAnswer {
  return { statusCode: 200, body };
}

/** A page of a list; the token is the position at which the next one begins. */
function page(member: string, items: readonly JsonObject[], query: URLSearchParams): RestAnswer {
  const start = Number(query.get('NextToken') ?? 0);
  const limit = Number(query.get('MaxResults') ?? PAGE_LIMIT);
  if (!Number.isSafeInteger(start) || start < 0 || !Number.isSafeInteger(limit) || limit < 1 || limit > PAGE_LIMIT) {
    throw invalid('NextToken or MaxResults is not valid.');
  }
  const end = start + limit;
  return ok({ [member]: items.slice(start, end), ...(end < items.length ? { NextToken: String(end) } : {}) });
}
