/** Which of what is stuck is meant. Pure. */
import { STUCK_KINDS, type Stuck } from '../../lib/lifecycle/list-stuck.ts';
import { CommandError, UsageError } from '../errors.ts';
import { mayMean } from '../id-beginning.ts';
import { printable } from '../text.ts';
import type { FoundLetter } from './dead-letters.ts';
import type { StuckRow } from './views.ts';

export type Found =
  | { readonly row: StuckRow; readonly item: Stuck }
  | {
      readonly row: StuckRow;
      readonly letter: FoundLetter;
      /** It has been sent or removed, so that there is nothing to put back. */
      isGone: boolean;
    };

export interface Choice {
  readonly all?: boolean;
  readonly only?: string;
  readonly discard?: boolean;
  readonly dryRun?: boolean;
}

const KINDS: readonly string[] = [...STUCK_KINDS, 'message'];

/**
 * By id or the beginning of one; else, with `--all`, everything that can be sent round without a decision; else everything.
 *
 * @throws CommandError when an id is of nothing that is stuck, or of several, or needs a decision
 */
export function chooseItems(found: readonly Found[], ids: readonly string[], choice: Choice): readonly Found[] {
  if (ids.length > 0) return ids.map((id) => byId(found, id, choice));
  const wanted = kindsOf(choice.only);
  const ofKind = found.filter(({ row }) => wanted.includes(row.kind));
  return choice.all === true ? ofKind.filter(isDriven) : ofKind;
}

/** Not what a person has to decide, nor what would come back at once. */
function isDriven(found: Found): boolean {
  return 'letter' in found ? found.letter.goesTo !== 'stays' : found.row.kind !== 'uncertain';
}

function byId(found: readonly Found[], id: string, { discard }: Choice): Found {
  const matching = found.filter(({ row }) => mayMean(id, row.id));
  const [one, ...others] = matching;
  if (one === undefined) {
    throw new CommandError(`Nothing that is stuck has the id "${printable(id)}". \`rundrop replay\` lists what is.`);
  }
  if (others.length > 0) {
    throw new CommandError(
      `"${printable(id)}" can be ${matching.map(({ row }) => `${row.id} (${row.kind})`).join(' or ')}; give more of the id.`,
    );
  }
  if (discard === true && !('letter' in one)) {
    throw new CommandError(
      `${one.row.id} is no message of a dead-letter queue (${one.row.kind}): only those can be removed.`,
    );
  }
  if (discard !== true && !isDriven(one)) {
    throw new CommandError(`${one.row.id} needs a decision: ${one.row.commands.join(', or ')}`);
  }
  return one;
}

function kindsOf(only: string | undefined): readonly string[] {
  if (only === undefined) return KINDS;
  const kinds = only.split(',').map((kind) => kind.trim().replaceAll('-', ' '));
  const wrong = kinds.find((kind) => !KINDS.includes(kind));
  if (wrong === undefined) return kinds;
  throw new UsageError(
    `--only "${printable(wrong)}" is none of ${KINDS.map((kind) => kind.replaceAll(' ', '-')).join(', ')}`,
  );
}
