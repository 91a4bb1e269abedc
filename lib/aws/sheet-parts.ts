/** Sends a sheet of many rows back to the drops queue, in parts. */
import type { SheetParts } from '../lifecycle/ports.ts';
import { writeSheetMessage } from '../routing/sheet-message.ts';
import { sendToDrops } from './drops-queue.ts';

/** The queue did not take all parts of a sheet. Retriable: parts that were taken are found done, or sent twice, which is harmless. */
export class SheetPartsNotSent extends Error {
  override readonly name = 'SheetPartsNotSent';
  constructor(count: number, code: string | undefined) {
    super(`The drops queue did not take ${count} parts of a sheet (${code ?? 'no code'}). The drop comes back.`);
  }
}

export function createSheetParts(): SheetParts {
  return {
    send: (parts) =>
      sendToDrops(
        parts.map(({ afterSeconds, ...place }) => ({
          MessageBody: writeSheetMessage(place),
          DelaySeconds: afterSeconds,
        })),
        (count, code) => new SheetPartsNotSent(count, code),
      ),
  };
}
