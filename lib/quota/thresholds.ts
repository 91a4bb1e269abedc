/** When the share of the quota that RETAIN runs hold passes a threshold: told once, and again only after it fell well below. */

export interface Crossing {
  /** How often this threshold was passed; the crossing's identity. */
  readonly number: number;
  /** Whether the share is taken to be above it now. */
  readonly isAbove: boolean;
}

/** By threshold in percent. */
export type Crossings = Readonly<Record<string, Crossing>>;

/** The share must fall so many percentage points below a threshold before passing it counts as another crossing. */
const HYSTERESIS_POINTS = 2;

/** In percent of the quota: the share is surely not under the one nor over the other. */
export interface ShareBounds {
  readonly least: number;
  readonly most: number;
}

export interface Crossed {
  /** The very object from before when nothing changed. */
  readonly crossings: Crossings;
  /** What was passed just now, lowest first. */
  readonly passed: readonly { readonly threshold: number; readonly number: number }[];
}

/** What the bounds leave open stays as it was. */
export function crossThresholds(before: Crossings, share: ShareBounds, thresholds: readonly number[]): Crossed {
  const crossings: Record<string, Crossing> = { ...before };
  const passed: { threshold: number; number: number }[] = [];
  let fell = false;
  for (const threshold of [...thresholds].sort((a, b) => a - b)) {
    const known = before[threshold] ?? { number: 0, isAbove: false };
    if (!known.isAbove && share.least >= threshold) {
      crossings[threshold] = { number: known.number + 1, isAbove: true };
      passed.push({ threshold, number: known.number + 1 });
    } else if (known.isAbove && share.most < threshold - HYSTERESIS_POINTS) {
      crossings[threshold] = { ...known, isAbove: false };
      fell = true;
    }
  }
  return { crossings: fell || passed.length > 0 ? crossings : before, passed };
}
