/** Service Quotas, for the quotas of HealthOmics. An increase is granted at once, unlike on AWS. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { AwsError } from '../aws-error.ts';
import { answerAwsJson, type JsonObject, type JsonOperations } from '../aws-json.ts';
import { forgetfulJournal, type KeyedJournal, openKeyedJournal } from '../keyed-journal.ts';
import type { LocalService, Surroundings } from '../ports.ts';
import { OMICS_QUOTAS, type QuotaDefinition, SERVICE_CODE, SERVICE_NAME } from './quota-table.ts';

export interface ServiceQuotas extends LocalService {
  /** The applied value. @throws AwsError NoSuchResourceException for a code that HealthOmics does not have. */
  value(quotaCode: string): number;
  /** Calls `listener` after each change of an applied value. */
  onChange(listener: (change: { readonly quotaCode: string; readonly value: number }) => void): void;
}

const JOURNAL_FILE = 'quotas.jsonl';

/** `default-only`: Service Quotas tells of AWS's default, and of no applied value, as for some quotas of real accounts. */
export type InitialQuotas = Readonly<Record<string, number | 'default-only'>>;

/** @param options.initial applied values by quota code that stand in for the defaults until an increase is granted. */
export function createServiceQuotas(
  surroundings: Surroundings,
  options: { readonly initial?: InitialQuotas } = {},
): ServiceQuotas {
  const quotas = new AppliedQuotas(surroundings, options.initial ?? {});
  const operations = operationsOn(quotas, surroundings);
  return {
    signingNames: ['servicequotas'],
    handle: (request, response) =>
      answerAwsJson(request, response, {
        serviceName: 'Service Quotas',
        version: '1.1',
        operations,
        bodyLimitBytes: 64 * 1024,
        report: surroundings.report,
      }),
    close: async () => quotas.close(),
    value: (quotaCode) => quotas.value(findQuota(quotaCode)),
    onChange: (listener) => quotas.onChange(listener),
  };
}

class AppliedQuotas {
  readonly #granted: Map<string, number>;
  readonly #initial: InitialQuotas;
  readonly #journal: KeyedJournal;
  #closed = false;
  readonly #listeners: ((change: { quotaCode: string; value: number }) => void)[] = [];

  constructor(surroundings: Surroundings, initial: InitialQuotas) {
    for (const code of Object.keys(initial)) findQuota(code);
    this.#initial = initial;
    const folder = surroundings.dataDir;
    this.#journal = folder === undefined ? forgetfulJournal : openKeyedJournal(join(folder, JOURNAL_FILE));
    this.#granted = new Map(knownValues(this.#journal.loaded));
  }

  value(quota: QuotaDefinition): number {
    const initial = this.#initial[quota.code];
    return this.#granted.get(quota.code) ?? (typeof initial === 'number' ? initial : quota.defaultValue);
  }

  isApplied(quota: QuotaDefinition): boolean {
    return this.#granted.has(quota.code) || this.#initial[quota.code] !== 'default-only';
  }

  grant(quota: QuotaDefinition, value: number): void {
    this.#journal.put(quota.code, value);
    this.#granted.set(quota.code, value);
    for (const listener of this.#listeners) listener({ quotaCode: quota.code, value });
  }

  onChange(listener: (change: { quotaCode: string; value: number }) => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    if (!this.#closed) this.#journal.close();
    this.#closed = true;
  }
}

function knownValues(loaded: ReadonlyMap<string, unknown>): [string, number][] {
  return [...loaded].filter(
    (entry): entry is [string, number] =>
      typeof entry[1] === 'number' && OMICS_QUOTAS.some((quota) => quota.code === entry[0]),
  );
}

function operationsOn(quotas: AppliedQuotas, surroundings: Surroundings): JsonOperations {
  const describe = (quota: QuotaDefinition, value: number) => described(quota, value, surroundings);
  return {
    GetServiceQuota: (input) => {
      const quota = quotaOf(input);
      if (!quotas.isApplied(quota)) throw noSuchResource(`No applied value of ${quota.code} is available.`);
      return { Quota: describe(quota, quotas.value(quota)) };
    },
    GetAWSDefaultServiceQuota: (input) => {
      const quota = quotaOf(input);
      return { Quota: describe(quota, quota.defaultValue) };
    },
    ListServiceQuotas: (input) => {
      const applied = quotasOf(input).filter((quota) => quotas.isApplied(quota));
      const { items, ...next } = pageOf(input, applied);
      return { Quotas: items.map((quota) => describe(quota, quotas.value(quota))), ...next };
    },
    ListAWSDefaultServiceQuotas: (input) => {
      const { items, ...next } = pageOf(input, quotasOf(input));
      return { Quotas: items.map((quota) => describe(quota, quota.defaultValue)), ...next };
    },
    ListServices: () => ({ Services: [{ ServiceCode: SERVICE_CODE, ServiceName: SERVICE_NAME }] }),
    RequestServiceQuotaIncrease: (input) => ({ RequestedQuota: grantIncrease(input, quotas, surroundings) }),
  };
}

function grantIncrease(input: JsonObject, quotas: AppliedQuotas, surroundings: Surroundings): JsonObject {
  const quota = quotaOf(input);
  const value = input.DesiredValue;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0 || value > 10_000_000_000) {
    throw illegal('DesiredValue must be a number from 0 to 10000000000.');
  }
  if (value <= quotas.value(quota)) {
    throw illegal(`You must provide a quota value greater than the current quota value of ${quotas.value(quota)}.`);
  }
  quotas.grant(quota, value);
  const nowSeconds = surroundings.clock.nowMs() / 1000;
  return {
    Id: randomUUID().replaceAll('-', ''),
    ServiceCode: SERVICE_CODE,
    ServiceName: SERVICE_NAME,
    QuotaCode: quota.code,
    QuotaName: quota.name,
    DesiredValue: value,
    Status: 'APPROVED',
    Created: nowSeconds,
    LastUpdated: nowSeconds,
    QuotaArn: quotaArn(quota, surroundings),
    GlobalQuota: false,
    Unit: quota.unit,
  };
}

function quotaOf(input: JsonObject): QuotaDefinition {
  checkService(input);
  return findQuota(requiredString(input, 'QuotaCode'));
}

function quotasOf(input: JsonObject): readonly QuotaDefinition[] {
  checkService(input);
  return OMICS_QUOTAS;
}

function checkService(input: JsonObject): void {
  const serviceCode = requiredString(input, 'ServiceCode');
  if (serviceCode !== SERVICE_CODE) {
    throw noSuchResource(`The service code ${serviceCode} is not known to this laptop AWS; it has ${SERVICE_CODE}.`);
  }
}

function findQuota(code: string): QuotaDefinition {
  const quota = OMICS_QUOTAS.find((candidate) => candidate.code === code);
  if (quota === undefined) throw noSuchResource(`The quota code ${code} of service ${SERVICE_CODE} does not exist.`);
  return quota;
}

function requiredString(input: JsonObject, name: string): string {
  const value = input[name];
  if (typeof value !== 'string' || value === '' || value.length > 128) throw illegal(`${name} is required.`);
  return value;
}

/** `NextToken` is the index of the next quota. */
function pageOf(
  input: JsonObject,
  all: readonly QuotaDefinition[],
): { items: readonly QuotaDefinition[]; NextToken?: string } {
  const size = input.MaxResults ?? 100;
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1 || size > 100) {
    throw illegal('MaxResults must be a whole number from 1 to 100.');
  }
  const token = input.NextToken ?? '0';
  if (typeof token !== 'string' || !/^\d{1,4}$/.test(token)) {
    throw new AwsError('InvalidPaginationTokenException', 'NextToken is not one that this laptop AWS gave.');
  }
  const end = Number(token) + size;
  const items = all.slice(Number(token), end);
  return end < all.length ? { items, NextToken: String(end) } : { items };
}

function described(quota: QuotaDefinition, value: number, surroundings: Surroundings): JsonObject {
  return {
    ServiceCode: SERVICE_CODE,
    ServiceName: SERVICE_NAME,
    QuotaArn: quotaArn(quota, surroundings),
    QuotaCode: quota.code,
    QuotaName: quota.name,
    Value: value,
    Unit: quota.unit,
    Adjustable: quota.adjustable,
    GlobalQuota: false,
    QuotaAppliedAtLevel: 'ACCOUNT',
  };
}

function quotaArn(quota: QuotaDefinition, surroundings: Surroundings): string {
  return `arn:aws:servicequotas:${surroundings.region}:${surroundings.accountId}:${SERVICE_CODE}/${quota.code}`;
}

function illegal(message: string): AwsError {
  return new AwsError('IllegalArgumentException', message);
}

function noSuchResource(message: string): AwsError {
  return new AwsError('NoSuchResourceException', message);
}
