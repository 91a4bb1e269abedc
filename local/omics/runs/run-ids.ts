import { freeId } from '../ids.ts';

/** Ids for new runs: those of deleted runs first when the switch says so. */
export class RunIds {
  readonly #freed: string[] = [];
  readonly #reuse: boolean;
  readonly #random: () => number;
  readonly #isTaken: (id: string) => boolean;

  constructor(options: { reuse: boolean; random: () => number; isTaken: (id: string) => boolean }) {
    this.#reuse = options.reuse;
    this.#random = options.random;
    this.#isTaken = options.isTaken;
  }

  take(): string {
    const freed = this.#freed.shift();
    return freed !== undefined && !this.#isTaken(freed) ? freed : freeId(this.#random, this.#isTaken);
  }

  /** The run with this id is gone. A few are kept: enough to meet the reuse that AWS warns of. */
  free(id: string): void {
    if (this.#reuse && this.#freed.length < 100) this.#freed.push(id);
  }
}
