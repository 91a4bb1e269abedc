/** Of much unfinished work only a part is looked at in each pass, another part each minute, so that all has its turn. */

const MINUTE_MS = 60_000;

/** Those whose turn it is: all while there are at most `most`, else about that many. Identities are hexadecimal. */
export function byTurns(identities: readonly string[], most: number, nowMs: number): readonly string[] {
  const turns = Math.ceil(identities.length / most);
  if (turns <= 1) return identities;
  const turn = Math.floor(nowMs / MINUTE_MS) % turns;
  return identities.filter((identity) => Number.parseInt(identity.slice(0, 8), 16) % turns === turn);
}
