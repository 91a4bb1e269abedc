/**
 * Which StartRun request made which run, as bytes in order of age: as many are remembered as runs are started in a day,
 * and as objects they would take more memory than the runs themselves.
 */
import type { RememberedRequest } from './request-memory.ts';
import { uuidText } from './runs/run-records.ts';

/** Where each part is in a record. Texts of base64url are kept as the bytes that they stand for. */
const AT = { token: 0, fingerprint: 20, id: 40, previous: 44, atMs: 48, seq: 56, uuid: 64 } as const;
const RECORD_BYTES = 80;
const PRINT_BYTES = 20;
const UUID_BYTES = 16;
const FIRST_CAPACITY = 1024;
/** Numbers of records begin at 1, so that 0 is none. They stay below 2 ** 32 for 27 years at five runs a second. */
const NONE = 0;

export class RunRequests {
  #ring = Buffer.alloc(FIRST_CAPACITY * RECORD_BYTES);
  #capacity = FIRST_CAPACITY;
  #first = 1;
  #next = 1;
  /** The latest record of each beginning of a token; `previous` leads to earlier ones. */
  readonly #latest = new Map<number, number>();

  /** `token` and `fingerprint` are fingerprints; `made` is a run's sequence number, id and uuid. */
  add({ token, fingerprint, atMs, made }: RememberedRequest): void {
    if (this.#next - this.#first === this.#capacity) this.#grow();
    const offset = this.#offsetOf(this.#next);
    const [seq, id, uuid] = made;
    this.#ring.write(token, offset + AT.token, PRINT_BYTES, 'base64url');
    this.#ring.write(fingerprint, offset + AT.fingerprint, PRINT_BYTES, 'base64url');
    this.#ring.writeUInt32LE(Number(id), offset + AT.id);
    this.#ring.writeDoubleLE(atMs, offset + AT.atMs);
    this.#ring.writeDoubleLE(Number(seq), offset + AT.seq);
    this.#ring.write(String(uuid).replaceAll('-', ''), offset + AT.uuid, UUID_BYTES, 'hex');
    const key = this.#ring.readInt32LE(offset);
    this.#ring.writeUInt32LE(this.#latest.get(key) ?? NONE, offset + AT.previous);
    this.#latest.set(key, this.#next);
    this.#next += 1;
  }

  /** The latest request with this token. */
  find(token: string): RememberedRequest | undefined {
    const wanted = Buffer.from(token, 'base64url');
    let number = this.#latest.get(wanted.readInt32LE(0)) ?? NONE;
    while (number >= this.#first) {
      const offset = this.#offsetOf(number);
      if (this.#ring.compare(wanted, 0, PRINT_BYTES, offset, offset + PRINT_BYTES) === 0) return this.#read(offset);
      number = this.#ring.readUInt32LE(offset + AT.previous);
    }
    return undefined;
  }

  forgetBefore(oldestMs: number): void {
    for (; this.#first < this.#next; this.#first += 1) {
      const offset = this.#offsetOf(this.#first);
      if (this.#ring.readDoubleLE(offset + AT.atMs) >= oldestMs) return;
      const key = this.#ring.readInt32LE(offset);
      if (this.#latest.get(key) === this.#first) this.#latest.delete(key);
    }
  }

  /** Oldest first. */
  *all(): Generator<RememberedRequest> {
    for (let number = this.#first; number < this.#next; number += 1) yield this.#read(this.#offsetOf(number));
  }

  #read(offset: number): RememberedRequest {
    const ring = this.#ring;
    return {
      token: ring.toString('base64url', offset, offset + PRINT_BYTES),
      fingerprint: ring.toString('base64url', offset + AT.fingerprint, offset + AT.fingerprint + PRINT_BYTES),
      atMs: ring.readDoubleLE(offset + AT.atMs),
      made: [
        ring.readDoubleLE(offset + AT.seq),
        String(ring.readUInt32LE(offset + AT.id)),
        uuidText(ring.toString('hex', offset + AT.uuid, offset + AT.uuid + UUID_BYTES)),
      ],
    };
  }

  #offsetOf(number: number): number {
    return (number % this.#capacity) * RECORD_BYTES;
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    const ring = Buffer.alloc(capacity * RECORD_BYTES);
    for (let number = this.#first; number < this.#next; number += 1) {
      const offset = this.#offsetOf(number);
      this.#ring.copy(ring, (number % capacity) * RECORD_BYTES, offset, offset + RECORD_BYTES);
    }
    this.#ring = ring;
    this.#capacity = capacity;
  }
}
