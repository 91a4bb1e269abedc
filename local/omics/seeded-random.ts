/** Randomness that a seed and a few names decide, so that the same history can be had again. */
/** An endless stream in [0, 1) for these names. */
export function seededRandom(...names: readonly (string | number)[]): () => number {
  let state = hashOf(names.join('\u0000'));
  // mulberry32: small, fast, and even enough for durations and shares.
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** FNV-1a with a final mix. In plain JavaScript, as plans are made so often that native hash objects would pile up. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
