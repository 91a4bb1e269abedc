/**
 * Texts outside the JavaScript heap, in few large blocks: a hundred thousand small strings on the heap cost twice their
 * size and make every garbage collection slow.
 */
const CHUNK_BYTES = 1 << 20;
/** Places are counted in units, so that 32 bits reach far. */
const UNIT_BYTES = 32;
const CHUNK_UNITS = CHUNK_BYTES / UNIT_BYTES;

interface Chunk {
  readonly bytes: Buffer;
  /** Texts in it that are in use. */
  live: number;
  /** Counts how often the chunk was emptied; what was noted as free before that no longer is. */
  generation: number;
}

interface FreePlace {
  readonly unit: number;
  readonly generation: number;
}

export class TextArena {
  readonly #chunks: Chunk[] = [];
  /** Emptied chunks, to be filled anew. */
  readonly #empty: number[] = [];
  /** Places of texts that are gone, by their number of units. */
  readonly #free = new Map<number, FreePlace[]>();
  #fillingChunk = -1;
  #nextUnit = CHUNK_UNITS;

  /**
   * Keeps a text of known length in UTF-8; returns its place.
   * @throws RangeError for a text of more than a mebibyte.
   */
  write(text: string, lengthBytes: number): number {
    const units = unitsOf(lengthBytes);
    if (units > CHUNK_UNITS) throw new RangeError(`A text of ${lengthBytes} bytes is too long to keep.`);
    const place = this.#reuse(units) ?? this.#extend(units);
    const chunk = this.#chunkOf(place);
    chunk.live += 1;
    chunk.bytes.write(text, (place % CHUNK_UNITS) * UNIT_BYTES, 'utf8');
    return place;
  }

  /** Part of the text at a place, in bytes from its start. */
  read(place: number, start: number, end: number): string {
    const offset = (place % CHUNK_UNITS) * UNIT_BYTES;
    return this.#chunkOf(place).bytes.toString('utf8', offset + start, offset + end);
  }

  release(place: number, lengthBytes: number): void {
    const chunkIndex = Math.floor(place / CHUNK_UNITS);
    const chunk = this.#chunkOf(place);
    chunk.live -= 1;
    if (chunk.live === 0 && chunkIndex !== this.#fillingChunk) {
      chunk.generation += 1;
      this.#empty.push(chunkIndex);
      return;
    }
    const units = unitsOf(lengthBytes);
    const places = this.#free.get(units);
    const free = { unit: place, generation: chunk.generation };
    if (places === undefined) this.#free.set(units, [free]);
    else places.push(free);
  }

  #reuse(units: number): number | undefined {
    const places = this.#free.get(units);
    for (let free = places?.pop(); free !== undefined; free = places?.pop()) {
      if (this.#chunkOf(free.unit).generation === free.generation) return free.unit;
    }
    return undefined;
  }

  #extend(units: number): number {
    if (this.#nextUnit + units > CHUNK_UNITS) {
      this.#fillingChunk = this.#empty.pop() ?? this.#addChunk();
      this.#nextUnit = 0;
    }
    const place = this.#fillingChunk * CHUNK_UNITS + this.#nextUnit;
    this.#nextUnit += units;
    return place;
  }

  #addChunk(): number {
    this.#chunks.push({ bytes: Buffer.allocUnsafeSlow(CHUNK_BYTES), live: 0, generation: 0 });
    return this.#chunks.length - 1;
  }

  #chunkOf(place: number): Chunk {
    const chunk = this.#chunks[Math.floor(place / CHUNK_UNITS)];
    if (chunk === undefined) throw new RangeError(`There is no text at ${place}.`);
    return chunk;
  }
}

/** An empty text takes a place too. */
function unitsOf(lengthBytes: number): number {
  return Math.max(1, Math.ceil(lengthBytes / UNIT_BYTES));
}
