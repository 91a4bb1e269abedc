/**
 * Judges a simulation by what is on record: the invariants of docs/architecture.md, by number. It shares no code with
 * the product, and reads the ledger's items as plain data.
 */
import { checkBatches, checkBounds, checkNames, checkStarts, checkUnwanted } from './oracle-calls.ts';
import { checkCounts } from './oracle-counts.ts';
import { checkDecisions } from './oracle-decisions.ts';
import { checkDrops } from './oracle-drops.ts';
import { LedgerWatch, requestsIn } from './oracle-ledger.ts';
import { checkDailyLimits, checkNobodyHeld } from './oracle-limits.ts';
import { LineWatch } from './oracle-line.ts';
import { checkAnnouncements, checkExecutions, checkRuns, checkSettled, checkTruth } from './oracle-runs.ts';
import { checkDeleted, checkSwept } from './oracle-sweeps.ts';
import { checkAllTold, checkTold } from './oracle-telling.ts';
import type { World } from './world.ts';

export interface OracleOptions {
  /** Nothing went wrong, so nothing may be late or need a second net. */
  readonly strict: boolean;
}

/** One kind of violation may show thousands of times. */
const MOST_VIOLATIONS = 20;

export class Oracle {
  readonly #world: World;
  readonly #options: OracleOptions;
  readonly #line: LineWatch;
  readonly #violations = new Set<string>();

  constructor(world: World, options: OracleOptions) {
    this.#world = world;
    this.#options = options;
    const watch = new LedgerWatch(world, (text) => this.violate(text));
    this.#line = new LineWatch(world);
    world.store.observers.push((before, after) => {
      watch.written(before, after);
      this.#line.written(before, after);
    });
  }

  readonly violate = (text: string): void => {
    if (this.#violations.size >= MOST_VIOLATIONS) return;
    this.#violations.add(text);
    this.#world.journal.write(this.#world.timeline.nowMs, `VIOLATION ${text}`);
  };

  /** Nothing has gone wrong for hours. */
  atRest(): void {
    this.#check();
    checkAllTold(this.#world, requestsIn(this.#world), this.violate);
    checkSettled(this.#world, requestsIn(this.#world), this.#options.strict, this.violate);
  }

  /** The last late event has come. */
  atEnd(): void {
    this.#check();
    // Without reconciliation nobody nudges the starter on the next day.
    if (!this.#options.strict) checkNobodyHeld(requestsIn(this.#world), this.violate);
    checkExecutions(this.#world, requestsIn(this.#world), this.violate);
    checkSwept(this.#world, this.violate);
  }

  /** Sets have expired, and some of their drops have come again. */
  afterYears(): void {
    this.#check();
    const requests = requestsIn(this.#world);
    checkAllTold(this.#world, requests, this.violate);
    checkSettled(this.#world, requests, this.#options.strict, this.violate);
    checkExecutions(this.#world, requests, this.violate);
  }

  #check(): void {
    const requests = requestsIn(this.#world);
    checkRuns(this.#world, this.violate);
    checkCounts(this.#world, this.violate);
    checkTruth(this.#world, requests, this.violate);
    checkDecisions(this.#world, requests, this.violate);
    checkDrops(this.#world, requests, this.violate);
    checkAnnouncements(this.#world, requests, this.violate);
    checkTold(this.#world, requests, this.violate);
    checkStarts(this.#world, this.violate);
    checkUnwanted(this.#world, this.violate);
    checkBounds(this.#world, this.violate);
    this.#line.check(this.violate);
    checkDailyLimits(requests, this.violate);
    checkBatches(this.#world, this.violate);
    checkDeleted(this.#world, requests, this.violate);
    checkNames(this.#world, this.violate);
  }

  verdict(): readonly string[] {
    return [...this.#violations];
  }
}
