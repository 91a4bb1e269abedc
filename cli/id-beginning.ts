/** A shorter beginning would mean too many ids. */
const SHORTEST_BEGINNING = 4;

/** Whether a person who typed `text` may mean that id: the whole of it, or its beginning. */
export function mayMean(text: string, id: string): boolean {
  return text === id || (text.length >= SHORTEST_BEGINNING && id.startsWith(text));
}
