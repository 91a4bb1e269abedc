import { S3Client } from '@aws-sdk/client-s3';
import { createFauxqsApp } from '../../../local/fauxqs-app.ts';
import type { BusEvent } from '../../../local/ports.ts';
import { createS3 } from '../../../local/s3/s3.ts';
import { behindGateway, clientSettings, testSurroundings } from '../gateway/behind-gateway.ts';

export const BUCKET = 'acme-incoming';

/** S3 behind the gateway with one bucket, a client, and a bus that remembers what it was sent. */
export async function startS3(options: { dataDir?: string; put?: (event: BusEvent) => Promise<void> } = {}) {
  const surroundings = testSurroundings(options);
  const events: BusEvent[] = [];
  const remember = async (event: BusEvent) => {
    events.push(event);
  };
  const s3 = createS3(surroundings, { app: createFauxqsApp(), events: { put: options.put ?? remember } });
  const gateway = await behindGateway(surroundings, [s3]);
  await s3.createBucket(BUCKET);
  const client = new S3Client({ ...clientSettings(gateway), forcePathStyle: true });
  return { s3, gateway, client, events, surroundings };
}

export function sequencerOf(event: BusEvent | undefined): string {
  const object = event?.detail.object as { sequencer: string } | undefined;
  return object?.sequencer ?? '';
}
