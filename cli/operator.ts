/** Who changes something by hand, in which account, and why: asked for before anything is changed, kept with what is. */
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { Act } from '../lib/runs/request-record.ts';
import { openSts } from './clients.ts';
import { UsageError } from './errors.ts';
import type { Target } from './target.ts';

export interface OperatorOptions {
  readonly account?: string;
  readonly reason?: string;
}

export interface Operator {
  readonly account: string;
  readonly arn: string;
  /** One act of this command. */
  act(what: Act['what'], note?: string): Act;
}

const LONGEST_REASON = 500;

/**
 * Asks STS who calls. Of a real account the number has to be given, and has to be the caller's, and so has the reason; on
 * the laptop both may be left out.
 *
 * @throws UsageError when they are missing or wrong.
 */
export async function openOperator(
  target: Target,
  { account, reason }: OperatorOptions,
  nowMs: number,
): Promise<Operator> {
  checkOptions(target, { ...(account === undefined ? {} : { account }), ...(reason === undefined ? {} : { reason }) });
  const sts = await openSts(target);
  const { Account: callers = 'unknown', Arn: arn = 'unknown' } = await sts.send(new GetCallerIdentityCommand({}));
  if (account !== undefined && callers !== account) {
    throw new UsageError(`--account says ${account}, and the caller is of account ${callers}. Nothing was changed.`);
  }
  const at = new Date(nowMs).toISOString();
  return {
    account: callers,
    arn,
    act: (what, note) => ({
      what,
      at,
      by: arn,
      ...(reason === undefined ? {} : { reason }),
      ...(note === undefined ? {} : { note }),
    }),
  };
}

function checkOptions(target: Target, { account, reason }: OperatorOptions): void {
  if (account !== undefined && !/^\d{12}$/.test(account)) {
    throw new UsageError(`--account "${account}" is not twelve digits`);
  }
  if (reason !== undefined && (reason.trim() === '' || reason.length > LONGEST_REASON)) {
    throw new UsageError(`--reason must have 1 to ${LONGEST_REASON} characters`);
  }
  if (target.kind === 'laptop') return;
  if (account === undefined) {
    throw new UsageError(
      'This would change a real AWS account. Add --account ID with the number of the one that you mean.',
    );
  }
  if (reason === undefined) throw new UsageError('Say why with --reason TEXT: it is kept in the ledger.');
}
