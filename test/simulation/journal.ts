/** The recorded history of one simulation: every call, in order. Two runs of a seed have the same hash. */
import { createHash } from 'node:crypto';

const LINES_AT_ONCE = 500;

export class Journal {
  readonly lines: string[] = [];
  readonly #hash = createHash('sha256');
  #pending: string[] = [];
  readonly #keeps: boolean;

  /** `keeps`: the lines stay, for a person to read. */
  constructor(keeps: boolean) {
    this.#keeps = keeps;
  }

  write(nowMs: number, line: string): void {
    this.#pending.push(`${nowMs} ${line}`);
    if (this.#pending.length >= LINES_AT_ONCE) this.#flush();
  }

  /** Ends the journal. */
  digest(): string {
    this.#flush();
    return this.#hash.digest('hex').slice(0, 16);
  }

  #flush(): void {
    this.#hash.update(this.#pending.join('\n'));
    if (this.#keeps) this.lines.push(...this.#pending);
    this.#pending = [];
  }
}
