/** The drops queue, to which a sheet of many rows is sent back in parts. */
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SheetParts } from '../lifecycle/ports.ts';
import { writeSheetMessage } from '../routing/sheet-message.ts';
import { config } from './config.ts';
import { traced } from './tracing.ts';

/** SQS takes so many messages a call. */
const BATCH_SIZE = 10;

let client: SQSClient | undefined;

export function createSheetParts(): SheetParts {
  client ??= traced(new SQSClient({}));
  const sqs = client;
  return {
    async send(parts) {
      for (let from = 0; from < parts.length; from += BATCH_SIZE) {
        const Entries = parts.slice(from, from + BATCH_SIZE).map(({ afterSeconds, ...place }, index) => ({
          Id: String(index),
          MessageBody: writeSheetMessage(place),
          DelaySeconds: afterSeconds,
        }));
        const { Failed = [] } = await sqs.send(
          new SendMessageBatchCommand({ QueueUrl: config().dropsQueueUrl, Entries }),
        );
        if (Failed.length > 0) throw new SheetPartsNotSent(Failed.length, Failed[0]?.Code);
      }
    },
  };
}

/** The queue did not take all parts of a sheet. Retriable: parts that were taken are found done, or sent twice, which is harmless. */
export class SheetPartsNotSent extends Error {
  override readonly name = 'SheetPartsNotSent';
  constructor(count: number, code: string | undefined) {
    super(`The drops queue did not take ${count} parts of a sheet (${code ?? 'no code'}). The drop comes back.`);
  }
}
