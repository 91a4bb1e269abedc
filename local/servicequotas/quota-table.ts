/** A quota as Service Quotas describes it. */
export interface QuotaDefinition {
  readonly code: string;
  readonly name: string;
  readonly defaultValue: number;
  readonly adjustable: boolean;
  readonly unit: 'None' | 'Seconds' | 'Gigabytes';
}

export const SERVICE_CODE = 'omics';
export const SERVICE_NAME = 'AWS HealthOmics';

/** The quotas of HealthOmics runs that AWS publishes a code for, with the defaults that it documents. */
export const OMICS_QUOTAS: readonly QuotaDefinition[] = [
  {
    code: 'L-C9679DBC',
    name: 'Workflows - Maximum runs (active and inactive)',
    defaultValue: 100_000,
    adjustable: true,
    unit: 'None',
  },
  {
    code: 'L-BE38079A',
    name: 'Workflows - Maximum concurrent active runs using dynamic run storage',
    defaultValue: 50,
    adjustable: true,
    unit: 'None',
  },
  {
    code: 'L-A30FD31B',
    name: 'Workflows - Maximum concurrent active runs using static run storage',
    defaultValue: 10,
    adjustable: true,
    unit: 'None',
  },
  {
    code: 'L-25504C8C',
    name: 'Workflows - Maximum concurrent tasks per run',
    defaultValue: 25,
    adjustable: true,
    unit: 'None',
  },
  { code: 'L-AFB19B96', name: 'Workflows - Maximum active GPUs', defaultValue: 12, adjustable: true, unit: 'None' },
  {
    code: 'L-7B9E5416',
    name: 'Workflows - Maximum run duration',
    defaultValue: 604_800,
    adjustable: true,
    unit: 'Seconds',
  },
  {
    code: 'L-35CE76C9',
    name: 'Workflows - Maximum static run storage capacity per run',
    defaultValue: 9_600,
    adjustable: true,
    unit: 'Gigabytes',
  },
  {
    code: 'L-24A3B174',
    name: 'Workflows - Maximum StartRun transactions per second',
    defaultValue: 5,
    adjustable: true,
    unit: 'None',
  },
];
