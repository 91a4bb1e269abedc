/** What changes a real account needs that account to be named. */
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { UsageError } from './errors.ts';
import { ledgerTableOf, type Target } from './target.ts';

/**
 * Nothing on the laptop. On a real account the ledger that is about to be changed has to be of the account that `--account`
 * names.
 *
 * @throws UsageError when it is not named, or is another one.
 */
export async function requireAccount(
  target: Target,
  account: string | undefined,
  documents: DynamoDBDocumentClient,
): Promise<void> {
  if (account !== undefined && !/^\d{12}$/.test(account)) {
    throw new UsageError(`--account "${account}" is not twelve digits`);
  }
  if (target.kind === 'laptop') return;
  if (account === undefined) {
    throw new UsageError(
      'This would change a real AWS account. Add --account ID with the number of the one that you mean.',
    );
  }
  const { Table } = await documents.send(new DescribeTableCommand({ TableName: ledgerTableOf(target) }));
  const owner = Table?.TableArn?.split(':')[4];
  if (owner !== account) {
    throw new UsageError(
      `--account says ${account}, and the ledger is of account ${owner ?? 'unknown'}. Nothing was changed.`,
    );
  }
}
