/** The laptop AWS, put together: every service on one port, wired as serverless.yml says. */
import path from 'node:path';
import { type ClosingSteps, startClosable } from './closing-steps.ts';
import { openDataDir } from './data-dir.ts';
import { declareResources } from './declare-resources.ts';
import type { EventBridge } from './eventbridge/eventbridge.ts';
import { startGateway } from './gateway/gateway.ts';
import { eventSourcesOf, type HostedAs, type HostOptions, hostFunctions } from './host-functions.ts';
import { createEventSource } from './lambda/event-source.ts';
import { createServices, type ServiceOptions, type Services } from './services.ts';
import type { Sns } from './sns/sns.ts';
import { giveBackMemory } from './spare-memory.ts';
import { ACCOUNT_ID, REGION, surroundingsFor } from './surroundings.ts';
import { readWiring } from './wiring/read-wiring.ts';
import { readServerlessFile } from './wiring/serverless-file.ts';

export interface StackOptions extends ServiceOptions, HostOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Where state is kept; absent: in memory, and gone with the stack. */
  readonly dataDir?: string;
  /** Absolute path. */
  readonly routesFile: string;
  /** One line for the person who runs the laptop. */
  readonly report: (line: string) => void;
}

export interface ArrivedObject {
  readonly bucket: string;
  readonly key: string;
  readonly sizeBytes: number;
  /** Without quotation marks. */
  readonly etag: string;
}

export interface Stack {
  /** For `AWS_ENDPOINT_URL`. */
  readonly endpoint: string;
  readonly port: number;
  readonly stage: 'local';
  readonly accountId: string;
  readonly region: string;
  /** Tells of each object that arrives, before its event is on the bus; returns how to stop. */
  onObjectCreated(listener: (object: ArrivedObject) => void): () => void;
  /** Tells of each notification for people, by its subject and its text; returns how to stop. */
  onNotification(listener: (notification: { readonly subject: string; readonly text: string }) => void): () => void;
  /** Tells that something moved: an object, a run, a task, an outcome. Returns how to stop. */
  onActivity(listener: () => void): () => void;
  /** Ends everything, within about a second. What was acknowledged is on disk then, when there is a data folder. */
  close(): Promise<void>;
}

const STAGE = 'local';
/** By then starting is over, and with it the use for most of what it took. */
const SETTLED_MS = 5_000;
const ROOT = path.resolve(import.meta.dirname, '..');
const SERVICE_ROLE_ARN = `arn:aws:iam::${ACCOUNT_ID}:role/HealthOmicsServiceRole`;

/**
 * Starts every service, makes what serverless.yml and the route file name, and goes on where the last stack on the
 * same data folder stopped. Resolves when the first request would be answered.
 * @throws PortInUseError, DataDirInUseError, what the route file's reader throws, WiringError when serverless.yml says
 * what the laptop does not know
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  return startClosable((closing) => start(options, closing), options.report);
}

async function start(options: StackOptions, closing: ClosingSteps): Promise<Stack> {
  const dataDir = options.dataDir === undefined ? undefined : openDataDir(options.dataDir);
  closing.add('data folder', async () => dataDir?.release());
  const services = createServices(options, surroundingsFor(options, dataDir), closing);
  const declared = Promise.withResolvers<void>();
  declared.promise.catch(() => undefined);
  const gateway = await startGateway({
    port: options.port,
    services: services.all.map((service) => ({
      signingNames: service.signingNames,
      // A client that found the port early waits until there is something to find.
      handle: async (request, response) => declared.promise.then(() => service.handle(request, response)),
      close: async () => undefined,
    })),
    surroundings: services.surroundings,
  });
  closing.add('gateway', () => gateway.close());
  const wired = await wire(options, gateway.endpoint);
  const { wiring, bucketNames } = wired;
  closing.add('Lambda', () => services.lambda.close());
  const { surroundings } = services;
  services.lambda.provide(hostFunctions(surroundings, options, { ...wired, root: ROOT, endpoint: gateway.endpoint }));
  await declareResources(services, wiring, bucketNames);
  const eventSources = eventSourcesOf(wiring).map((definition) =>
    createEventSource(surroundings, { ...definition, queues: services.sqs, lambda: services.lambda }),
  );
  closing.add('event sources', async () => {
    await Promise.all(eventSources.map((source) => source.close()));
  });
  declared.resolve();
  services.stepFunctions.resumeExecutions();
  for (const source of eventSources) source.start();
  if (dataDir !== undefined) announceAgain(services, options.report);
  const keepMemory = surroundings.clock.after(SETTLED_MS, giveBackMemory);
  closing.add('spare memory', async () => keepMemory());
  return {
    endpoint: gateway.endpoint,
    port: gateway.port,
    stage: STAGE,
    accountId: ACCOUNT_ID,
    region: REGION,
    onObjectCreated: (listener) => observeObjects(services.eventBridge, listener),
    onNotification: (listener) => observeNotifications(services.sns, listener),
    onActivity: (listener) => services.eventBridge.observe(() => listener()),
    close: () => closing.run(),
  };
}

/** Queues hold nothing over a restart; what they held is on its way again when its objects are announced again. */
function announceAgain({ s3 }: Services, report: (line: string) => void): void {
  s3.announceAll().catch((error: unknown) => report(`S3: objects could not be announced again: ${String(error)}`));
}

function observeObjects(eventBridge: EventBridge, listener: (object: ArrivedObject) => void): () => void {
  return eventBridge.observe(({ event }) => {
    if (event.source !== 'aws.s3' || event['detail-type'] !== 'Object Created') return;
    const { bucket, object } = event.detail as {
      bucket: { name: string };
      object: { key: string; size: number; etag: string };
    };
    listener({ bucket: bucket.name, key: object.key, sizeBytes: object.size, etag: object.etag });
  });
}

function observeNotifications(sns: Sns, listener: Parameters<Stack['onNotification']>[0]): () => void {
  return sns.observe(({ subject = '', message }) => listener({ subject, text: message }));
}

interface Wired extends Pick<HostedAs, 'wiring' | 'settable'> {
  readonly bucketNames: string[];
}

async function wire(options: StackOptions, endpoint: string): Promise<Wired> {
  const { environment = {}, routesFile } = options;
  const roleArn = environment.HEALTHOMICS_ROLE_ARN || SERVICE_ROLE_ARN;
  const serverless = await readServerlessFile({
    file: path.join(ROOT, 'serverless.yml'),
    stage: STAGE,
    routesFile,
    environment: { ...environment, HEALTHOMICS_ROLE_ARN: roleArn },
  });
  const wiring = readWiring(serverless.template, { accountId: ACCOUNT_ID, region: REGION, endpoint, parameters: {} });
  return {
    wiring,
    bucketNames: (await serverless.value('custom.routes.everyBucket')) as string[],
    settable: new Set((await serverless.value('custom.settings.functionVariables')) as string[]),
  };
}
