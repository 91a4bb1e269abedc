/** The laptop AWS, put together: every service on one port, wired as serverless.yml says. */
import path from 'node:path';
import { type ClosingSteps, startClosable } from './closing-steps.ts';
import { openDataDir } from './data-dir.ts';
import { declareResources } from './declare-resources.ts';
import { createDynamodb } from './dynamodb/dynamodb.ts';
import { createEventBridge, type EventBridge } from './eventbridge/eventbridge.ts';
import { createFauxqsApp } from './fauxqs-app.ts';
import { startGateway } from './gateway/gateway.ts';
import { createEventSource } from './lambda/event-source.ts';
import { createLambdaHost, type EventSourceDefinition } from './lambda/lambda-host.ts';
import { LateLambda } from './late-lambda.ts';
import { createOmics } from './omics/omics.ts';
import type { FailureRule } from './omics/runs/failure-rules.ts';
import type { OmicsSettings } from './omics/settings.ts';
import type { TargetPort } from './ports.ts';
import { createS3 } from './s3/s3.ts';
import { createScheduler } from './scheduler/scheduler.ts';
import { createServiceQuotas } from './servicequotas/servicequotas.ts';
import { createSns, type Sns } from './sns/sns.ts';
import { giveBackMemory } from './spare-memory.ts';
import { createSqs } from './sqs/sqs.ts';
import { createStepFunctions } from './stepfunctions/stepfunctions.ts';
import { ACCOUNT_ID, REGION, type SurroundingsFor, surroundingsFor } from './surroundings.ts';
import { createTargetDelivery } from './target-delivery.ts';
import { readServerlessFile } from './wiring/serverless-file.ts';
import { type FunctionWiring, readWiring, type Wiring } from './wiring/wiring.ts';

export interface StackOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Where state is kept; absent: in memory, and gone with the stack. */
  readonly dataDir?: string;
  /** Emulated seconds of a HealthOmics run that pass in one real second. */
  readonly speed: number;
  /** Absolute path. */
  readonly routesFile: string;
  /** Decides durations of runs and every other chance; absent: another one each time. */
  readonly seed?: number;
  /** Applied values by quota code, for example `{ 'L-C9679DBC': 100 }`. */
  readonly quotas?: Readonly<Record<string, number>>;
  readonly failures?: readonly FailureRule[];
  /** How HealthOmics behaves beyond that: switches, faults, throttling. */
  readonly omics?: OmicsSettings;
  /** One line for the person who runs the laptop. */
  readonly report: (line: string) => void;
  /** One line that a function printed; undefined for what was printed outside an invocation. */
  readonly functionLog?: (functionName: string | undefined, line: string) => void;
  /**
   * What `${env:NAME}` in the route file means. Of it, the functions get what the route file names, and settings of
   * theirs: `RUNDROP_…` that settings.yml may set or nobody sets, and `POWERTOOLS_…`.
   */
  readonly environment?: Readonly<Record<string, string | undefined>>;
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
/** The functions' settings that are about waiting. */
const WAITS = ['RUNDROP_RETRY_BASE_SECONDS', 'RUNDROP_QUOTA_PROBE_SECONDS'];

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
  services.lambda.provide(hostFunctions(options, { ...wired, endpoint: gateway.endpoint, services }));
  await declareResources(services, wiring, bucketNames);
  const eventSources = eventSourcesOf(wiring).map((definition) =>
    createEventSource(services.surroundings, { ...definition, queues: services.sqs, lambda: services.lambda }),
  );
  closing.add('event sources', async () => {
    await Promise.all(eventSources.map((source) => source.close()));
  });
  declared.resolve();
  services.stepFunctions.resumeExecutions();
  for (const source of eventSources) source.start();
  if (dataDir !== undefined) announceAgain(services, options.report);
  const keepMemory = services.surroundings.clock.after(SETTLED_MS, giveBackMemory);
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

function createServices(options: StackOptions, surroundings: SurroundingsFor, closing: ClosingSteps) {
  const app = createFauxqsApp();
  const lambda = new LateLambda();
  const sqs = createSqs(surroundings('sqs'), { app });
  // Rules and targets know each other; nothing is delivered before both are there.
  const targets: TargetPort = { deliver: (event) => delivery.deliver(event) };
  const sns = createSns(surroundings('sns'), { app });
  const eventBridge = createEventBridge(surroundings('eventbridge'), { targets });
  const ports = { lambda, queues: sqs, events: eventBridge };
  const stepFunctions = createStepFunctions(surroundings('stepfunctions'), ports);
  const delivery = createTargetDelivery(surroundings('targets'), {
    ...ports,
    startExecution: (stateMachineArn, input) => stepFunctions.startExecution({ stateMachineArn, input }),
  });
  const s3 = createS3(surroundings('s3'), { app, events: eventBridge });
  const quotas = createServiceQuotas(surroundings('servicequotas'), { initial: options.quotas ?? {} });
  const dynamodb = createDynamodb(surroundings('dynamodb'));
  const omics = createOmics(surroundings('omics'), {
    events: eventBridge,
    quota: (code) => quotas.value(code),
    readObject: (uri) => s3.readObject(uri),
    settings: {
      ...options.omics,
      speed: options.speed,
      failures: options.failures ?? [],
      ...(options.seed === undefined ? {} : { seed: options.seed }),
    },
  });
  const scheduler = createScheduler(surroundings('scheduler'), { targets });
  const stores = [dynamodb, quotas, s3, sqs, sns];
  const actors = [stepFunctions, eventBridge, omics];
  closing.add('stores', async () => {
    await Promise.all(stores.map((service) => service.close()));
  });
  closing.add('actors', async () => {
    delivery.close();
    await Promise.all(actors.map((service) => service.close()));
  });
  closing.add('schedules', () => scheduler.close());
  const all = [...stores, ...actors, scheduler, lambda];
  return {
    all,
    lambda,
    sqs,
    sns,
    eventBridge,
    stepFunctions,
    s3,
    dynamodb,
    scheduler,
    surroundings: surroundings('stack'),
  };
}

type Services = ReturnType<typeof createServices>;

interface Wired {
  readonly wiring: Wiring;
  readonly bucketNames: string[];
  /** The functions' variables that are settings; all others that serverless.yml sets are the wiring itself. */
  readonly settable: ReadonlySet<string>;
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

function hostFunctions(
  options: StackOptions,
  { wiring, settable, endpoint, services }: Wired & { endpoint: string; services: Services },
) {
  const settings = (prefix: string) =>
    Object.entries(options.environment ?? {}).flatMap(([name, value]): [string, string][] =>
      name.startsWith(prefix) && value !== undefined ? [[name, value]] : [],
    );
  const sooner = (seconds: string | undefined) => String(Math.max(1, Math.round(Number(seconds) / options.speed)));
  const isFree = (name: string, environment: object) => settable.has(name) || !Object.hasOwn(environment, name);
  const definition = ({ name, handler, timeoutSeconds, memoryMb, environment }: FunctionWiring) => ({
    name,
    handlerFile: path.join(ROOT, handler.replace(/\.\w+$/, '.ts')),
    handlerExport: handler.slice(handler.lastIndexOf('.') + 1),
    timeoutSeconds,
    memorySizeMb: memoryMb,
    environment: {
      ...environment,
      // Runs take a fraction of their time here, so what waits between two attempts, or for room, does too.
      ...Object.fromEntries(WAITS.map((name) => [name, sooner(environment[name])])),
      ...Object.fromEntries(settings('RUNDROP_').filter(([name]) => isFree(name, environment))),
      ...Object.fromEntries(settings('POWERTOOLS_')),
    },
  });
  return createLambdaHost(services.surroundings, {
    functions: wiring.functions.map(definition),
    eventSources: eventSourcesOf(wiring),
    sharedEnvironment: () => ({ AWS_ENDPOINT_URL: endpoint }),
    ...(options.functionLog === undefined ? {} : { log: options.functionLog }),
  });
}

function eventSourcesOf({ eventSources, functions }: Wiring): EventSourceDefinition[] {
  return eventSources.map((source) => ({
    queueArn: source.queueArn,
    functionName: functions.find(({ arn }) => arn === source.functionArn)?.name ?? source.functionArn,
    batchSize: source.batchSize,
    maximumBatchingWindowSeconds: source.batchingWindowSeconds,
    reportBatchItemFailures: source.reportBatchItemFailures,
    fifo: source.queueArn.endsWith('.fifo'),
    ...(source.maximumConcurrency === undefined ? {} : { maximumConcurrency: source.maximumConcurrency }),
  }));
}
