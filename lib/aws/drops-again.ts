/** Sends objects that became other ones back to the drops queue. */
import type { DropsAgain } from '../lifecycle/ports.ts';
import { writeDropAgain } from '../routing/drop-again-message.ts';
import { sendToDrops } from './drops-queue.ts';

/** The queue did not take every object. Retriable: one that is sent twice is taken once. */
export class DropsNotSentAgain extends Error {
  override readonly name = 'DropsNotSentAgain';
  constructor(count: number, code: string | undefined) {
    super(`The drops queue did not take ${count} objects that changed (${code ?? 'no code'}). The step comes back.`);
  }
}

export function createDropsAgain(): DropsAgain {
  return {
    send: (dropIds) =>
      sendToDrops(
        dropIds.map((dropId) => ({ MessageBody: writeDropAgain(dropId) })),
        (count, code) => new DropsNotSentAgain(count, code),
      ),
  };
}
