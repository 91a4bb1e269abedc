/** Task tokens of executions that wait: for their start, or for the end of their run. A set, keyed by execution. */
import type { Table } from './table.ts';

export type TokenPurpose = 'start' | 'watch';

export interface TokenRecord {
  readonly identity: string;
  readonly purpose: TokenPurpose;
  readonly executionName: string;
  readonly attempt: number;
  readonly token: string;
}

/** A year: no execution lives longer. An expired token that is still read is found spent when it is answered. */
const TOKEN_LIFE_SECONDS = 365 * 24 * 3600;

export interface Tokens {
  /** An execution waits in one state at a time: its newest token replaces the one before. */
  put(token: TokenRecord, nowMs: number): Promise<void>;
  list(identity: string, purpose: TokenPurpose): Promise<readonly TokenRecord[]>;
  /** Removes this token, not a newer one of the same execution. */
  remove(token: TokenRecord): Promise<void>;
}

export function createTokens(table: Table): Tokens {
  const key = ({ identity, purpose, executionName }: TokenRecord) => ({
    pk: `REQUEST#${identity}`,
    sk: `TOKEN#${purpose}#${executionName}`,
  });
  return {
    async put(token, nowMs) {
      await table.put({ ...key(token), ...token, expiresAt: Math.floor(nowMs / 1000) + TOKEN_LIFE_SECONDS });
    },
    async list(identity, purpose) {
      const items = await table.partition(`REQUEST#${identity}`, `TOKEN#${purpose}#`);
      return items.map(({ pk: _pk, sk: _sk, expiresAt: _at, ...token }) => token as unknown as TokenRecord);
    },
    async remove(token) {
      await table.removeIf(key(token), {
        expression: 'attribute_not_exists(pk) OR #token = :token',
        names: { '#token': 'token' },
        values: { ':token': token.token },
      });
    },
  };
}
