/** Every service of the laptop AWS, made and told of each other; nothing is declared in them yet. */
import type { ClosingSteps } from './closing-steps.ts';
import { createDynamodb } from './dynamodb/dynamodb.ts';
import { createEventBridge } from './eventbridge/eventbridge.ts';
import { createFauxqsApp } from './fauxqs-app.ts';
import { LateLambda } from './late-lambda.ts';
import { createOmics } from './omics/omics.ts';
import type { FailureRule } from './omics/runs/failure-rules.ts';
import type { OmicsSettings } from './omics/settings.ts';
import type { TargetPort } from './ports.ts';
import { createS3 } from './s3/s3.ts';
import { createScheduler } from './scheduler/scheduler.ts';
import { createServiceQuotas, type InitialQuotas } from './servicequotas/servicequotas.ts';
import { createSns } from './sns/sns.ts';
import { createSqs } from './sqs/sqs.ts';
import { createStepFunctions } from './stepfunctions/stepfunctions.ts';
import type { SurroundingsFor } from './surroundings.ts';
import { createTargetDelivery } from './target-delivery.ts';

export interface ServiceOptions {
  /** Emulated seconds of a HealthOmics run that pass in one real second. */
  readonly speed: number;
  /** Decides durations of runs and every other chance; absent: another one each time. */
  readonly seed?: number;
  /** Applied values by quota code, for example `{ 'L-C9679DBC': 100 }`. */
  readonly quotas?: InitialQuotas;
  readonly failures?: readonly FailureRule[];
  /** How HealthOmics behaves beyond that: switches, faults, throttling. */
  readonly omics?: OmicsSettings;
}

export type Services = ReturnType<typeof createServices>;

export function createServices(options: ServiceOptions, surroundings: SurroundingsFor, closing: ClosingSteps) {
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
