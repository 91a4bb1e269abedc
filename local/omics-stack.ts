/**
 * HealthOmics alone on one port, with what its run API leans on: Service Quotas, and S3 for definitions and run settings
 * that are objects. S3 takes no time and next to no memory until the first request for it.
 */
import { type ClosingSteps, startClosable } from './closing-steps.ts';
import { openDataDir } from './data-dir.ts';
import { type EventEnvelope, envelopeOf } from './event-envelope.ts';
import { createFauxqsApp } from './fauxqs-app.ts';
import { startGateway } from './gateway/gateway.ts';
import { keepingMemory } from './memory-keeper.ts';
import { createOmics } from './omics/omics.ts';
import type { OmicsSettings } from './omics/settings.ts';
import { createS3 } from './s3/s3.ts';
import { createServiceQuotas } from './servicequotas/servicequotas.ts';
import { surroundingsFor } from './surroundings.ts';

export interface OmicsStackOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Where state is kept; absent: in memory, and gone with the stack. */
  readonly dataDir?: string;
  readonly settings: OmicsSettings;
  /** Applied values by quota code, for example `{ 'L-C9679DBC': 100 }`. */
  readonly quotas?: Readonly<Record<string, number>>;
  /** One line for the person who runs it. */
  readonly report: (line: string) => void;
  /** Takes each status event, as EventBridge would deliver it. */
  readonly onEvent?: (event: EventEnvelope) => void;
}

export interface OmicsStack {
  /** For `AWS_ENDPOINT_URL`. */
  readonly endpoint: string;
  readonly port: number;
  /** Ends everything. What was acknowledged is on disk then, when there is a data folder. */
  close(): Promise<void>;
}

/** @throws PortInUseError, DataDirInUseError, RangeError for settings out of range, AwsError for an unknown quota code. */
export async function startOmicsStack(options: OmicsStackOptions): Promise<OmicsStack> {
  return startClosable((closing) => start(options, closing), options.report);
}

async function start(options: OmicsStackOptions, closing: ClosingSteps): Promise<OmicsStack> {
  const { settings, report, onEvent } = options;
  const dataDir = options.dataDir === undefined ? undefined : openDataDir(options.dataDir);
  closing.add('data folder', async () => dataDir?.release());
  const { seed } = settings;
  const surroundings = surroundingsFor({ report, ...(seed === undefined ? {} : { seed }) }, dataDir);
  const s3 = createS3(surroundings('s3'), { app: createFauxqsApp(), events: { put: async () => undefined } });
  closing.add('S3', () => s3.close());
  const quotas = createServiceQuotas(surroundings('servicequotas'), { initial: options.quotas ?? {} });
  closing.add('Service Quotas', () => quotas.close());
  const own = surroundings('omics');
  const emulator = createOmics(own, {
    events: { put: async (event) => onEvent?.(envelopeOf(event, own)) },
    quota: (code) => quotas.value(code),
    readObject: (uri) => s3.readObject(uri),
    settings,
  });
  const omics = keepingMemory(emulator, own.clock);
  closing.add('HealthOmics', () => omics.close());
  const services = [omics, quotas, s3];
  const gateway = await startGateway({ port: options.port, services, surroundings: surroundings('stack') });
  closing.add('gateway', () => gateway.close());
  return { endpoint: gateway.endpoint, port: gateway.port, close: () => closing.run() };
}
