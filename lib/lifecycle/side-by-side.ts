/**
 * Does something with each item, at most so many at a time, and answers in the items' order. When some fail the others
 * are still done, and then the first failure is thrown: nothing goes on behind the caller's back.
 */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  each: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const failures: unknown[] = [];
  const next = items.entries();
  const work = async () => {
    for (const [place, item] of next) {
      try {
        results[place] = await each(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
  if (failures.length > 0) throw failures[0];
  return results;
}
