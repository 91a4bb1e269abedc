/** `rundrop waiting --release ID`: lets a set start although not every member is newer than when it started before. */
import type { GatherHeader } from '../../lib/ledger/gathers.ts';
import { createLedger, type Ledger } from '../../lib/ledger/ledger.ts';
import { announceTarget, openDocuments } from '../clients.ts';
import { CommandError } from '../errors.ts';
import { mayMean } from '../id-beginning.ts';
import { openOperator } from '../operator.ts';
import { groupText } from '../rows.ts';
import { ledgerTableOf, type Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';
import { printable } from '../text.ts';

export interface ReleaseOptions {
  readonly reason?: string;
  readonly account?: string;
  readonly json?: boolean;
}

/** How many waiting sets are looked through for the beginning of an id. */
const SEARCHED_SETS = 1_000;

export async function releaseSet(
  target: Target,
  terminal: Terminal,
  id: string,
  { reason, account, json }: ReleaseOptions,
  nowMs: number,
): Promise<number> {
  const documents = await openDocuments(target);
  await announceTarget(target, terminal, documents);
  const operator = await openOperator(
    target,
    { ...(account === undefined ? {} : { account }), ...(reason === undefined ? {} : { reason }) },
    nowMs,
  );
  const ledger = createLedger(documents, ledgerTableOf(target));
  const header = await findSet(ledger, id);
  const { gatherId, route, group } = header;
  const at = new Date(nowMs).toISOString();
  const isReleased = await ledger.gathers.release(gatherId, {
    at,
    by: operator.arn,
    ...(reason === undefined ? {} : { reason }),
  });
  if (!isReleased) throw new CommandError(`The set ${gatherId} does not wait any more.`);
  if (json) terminal.out(JSON.stringify({ gatherId, route, group, releasedAt: at, reason }, null, 2));
  else
    terminal.out(
      `Released ${route} ${printable(groupText(group))}: it starts at the next reconciliation, within a minute or two.`,
    );
  return 0;
}

/** @throws CommandError when no set that may be released has that id, or several begin with it. */
async function findSet({ gathers }: Pick<Ledger, 'gathers'>, id: string): Promise<GatherHeader> {
  const { header: exact } = await gathers.read(id);
  const meant = ({ gatherId }: GatherHeader) => mayMean(id, gatherId);
  const found = exact === undefined ? (await gathers.open('GATHERING', SEARCHED_SETS)).filter(meant) : [exact];
  const [header, ...others] = found;
  if (header === undefined) {
    throw new CommandError(`No set that waits has the id "${printable(id)}". \`rundrop waiting\` lists them.`);
  }
  if (others.length > 0) {
    throw new CommandError(
      `"${printable(id)}" can be ${found.map(({ gatherId }) => gatherId).join(' or ')}; give more of the id.`,
    );
  }
  if (header.fired === undefined) {
    throw new CommandError(
      `The set ${header.gatherId} has never started: it lacks ${printable(header.missing.join(', '))}. Only a set that is held because some of its members changed can be released.`,
    );
  }
  return header;
}
