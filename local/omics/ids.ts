/** Numeric ids, as HealthOmics gives them. */
const LOWEST = 1_000_000;
const COUNT = 9_000_000;
const TRIES = 50;

/** Seven digits that are not taken. */
export function freeId(random: () => number, isTaken: (id: string) => boolean): string {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const id = String(LOWEST + Math.floor(random() * COUNT));
    if (!isTaken(id)) return id;
  }
  for (let number = LOWEST; number < LOWEST + COUNT; number += 1) {
    if (!isTaken(String(number))) return String(number);
  }
  throw new Error('All nine million ids are taken; delete something first.');
}
