/**
 * Task tokens: unguessable, signed, and not stored. A token that this service signed but that nobody waits for any more
 * is a spent one, also after a restart, because with a data folder the key is kept in it.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { AwsError } from '../aws-error.ts';
import type { StateFailure } from './failures.ts';

/** The attempt of a task that waits for its token. */
export interface TokenHolder {
  succeed(output: unknown): void;
  fail(failure: StateFailure): void;
  heartbeat(): void;
}

const ID_BYTES = 18;
const SIGNATURE_BYTES = 18;
const TOKEN = /^[\w-]{48}$/;
const MOST_TOKEN_CHARACTERS = 2048;

export const TOKEN_KEY_BYTES = 32;

export class TaskTokens {
  readonly #key: Buffer;
  readonly #holders = new Map<string, TokenHolder>();

  constructor(key: Buffer) {
    this.#key = key;
  }

  mint(): string {
    const id = randomBytes(ID_BYTES);
    return Buffer.concat([id, this.#sign(id)]).toString('base64url');
  }

  hold(token: string, holder: TokenHolder): void {
    this.#holders.set(token, holder);
  }

  spend(token: string): void {
    this.#holders.delete(token);
  }

  /** @throws AwsError `InvalidToken`, `TaskDoesNotExist` or `TaskTimedOut` unless a task waits for the token. */
  holder(token: string): TokenHolder {
    const holder = this.#holders.get(token);
    if (holder !== undefined) return holder;
    if (!TOKEN.test(token) || token.length > MOST_TOKEN_CHARACTERS)
      throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
    const bytes = Buffer.from(token, 'base64url');
    if (!timingSafeEqual(this.#sign(bytes.subarray(0, ID_BYTES)), bytes.subarray(ID_BYTES))) {
      throw new AwsError('TaskDoesNotExist', "Task does not exist: 'The token was not issued here'");
    }
    throw new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
  }

  #sign(id: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(id).digest().subarray(0, SIGNATURE_BYTES);
  }
}
