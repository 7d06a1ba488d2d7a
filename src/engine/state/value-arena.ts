import { BinaryReader } from './binary.js';
import { grown } from './columns.js';

/** Places are numbers of 32 bits: a chunk, and where in it, in words of 4 bytes. */
const WORD = 4;
const OFFSET_BITS = 18;
const OFFSET_MASK = 2 ** OFFSET_BITS - 1;
const MAX_CHUNK_BYTES = 2 ** OFFSET_BITS * WORD;
const MIN_CHUNK_BYTES = 4 * 1024;
const MAX_CHUNKS = 2 ** (32 - OFFSET_BITS) - 1;
const NOWHERE = 0xffff_ffff;
/** Before each value: whose it is, and its length in bytes. */
const HEADER_WORDS = 2;
/** Up to here a loop copies quicker than a call. */
const LOOP_WORDS = 128;
/** Dead bytes may be so much of those alive; less would mean to move more: four bytes for each new one at worst. */
const MAX_DEAD = 0.25;
const SLACK_WORDS = 2048;

interface Chunk {
  readonly bytes: Buffer;
  readonly words: Uint32Array;
  /** Words taken, and those of them that are alive. */
  taken: number;
  alive: number;
}

/**
 * Byte strings by small number, in chunks that are only appended to: a million values are a few hundred objects
 * to the garbage collector. When too much of what is held is dead, the chunk with the least alive is emptied into
 * the newest (log-structured memory, Rumble et al., FAST 2014). No chunk is written over, so a view of a value
 * stays true for as long as it is held.
 */
export class ValueArena {
  readonly #chunks: (Chunk | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  #newest = -1;
  #places = new Uint32Array();
  #heldWords = 0;
  #aliveWords = 0;

  /** Bytes of all chunks. */
  get heldBytes(): number {
    return this.#heldWords * WORD;
  }

  /** Bytes of the values with their headers. */
  get aliveBytes(): number {
    return this.#aliveWords * WORD;
  }

  has(number: number): boolean {
    return number < this.#places.length && this.#places[number] !== NOWHERE;
  }

  /** Copies the value; there must be none of that number. */
  set(number: number, value: Uint8Array): void {
    if (number >= this.#places.length) this.#places = grown(this.#places, number + 1, NOWHERE);
    const words = wordsOf(value.length);
    this.#places[number] = this.#append(number, value, words);
    this.#aliveWords += words;
  }

  /** There must be one. */
  delete(number: number): void {
    const place = this.#places[number];
    this.#places[number] = NOWHERE;
    const chunkNumber = place >>> OFFSET_BITS;
    const chunk = this.#chunks[chunkNumber] as Chunk;
    const words = wordsOf(chunk.words[(place & OFFSET_MASK) + 1]);
    chunk.alive -= words;
    this.#aliveWords -= words;
    if (chunk.alive === 0 && chunkNumber !== this.#newest) this.#giveBack(chunkNumber);
    if (this.#aliveWords === 0 && this.#newest >= 0) this.#giveBack(this.#newest);
    this.#tidy();
  }

  /** The chunk that holds the value; from byte `startOf(number)` on. */
  chunkOf(number: number): Buffer {
    return (this.#chunks[this.#places[number] >>> OFFSET_BITS] as Chunk).bytes;
  }

  startOf(number: number): number {
    return ((this.#places[number] & OFFSET_MASK) + HEADER_WORDS) * WORD;
  }

  /** A view of the value. */
  get(number: number): Buffer {
    const start = this.startOf(number);
    return this.chunkOf(number).subarray(start, start + this.#lengthOf(number));
  }

  reader(number: number): BinaryReader {
    const start = this.startOf(number);
    return new BinaryReader(this.chunkOf(number), start, start + this.#lengthOf(number));
  }

  #lengthOf(number: number): number {
    const place = this.#places[number];
    return (this.#chunks[place >>> OFFSET_BITS] as Chunk).words[(place & OFFSET_MASK) + 1];
  }

  #append(number: number, value: Uint8Array, size: number): number {
    const chunk = this.#chunkFor(size);
    chunk.words[chunk.taken] = number;
    chunk.words[chunk.taken + 1] = value.length;
    chunk.bytes.set(value, (chunk.taken + HEADER_WORDS) * WORD);
    return this.#take(chunk, size);
  }

  /** The newest, if it has so much room. */
  #chunkFor(size: number): Chunk {
    const newest = this.#chunks[this.#newest];
    return newest === undefined || newest.taken + size > newest.words.length ? this.#open(size) : newest;
  }

  /** What was written behind the newest's last value is one; returns its place. */
  #take(newest: Chunk, size: number): number {
    const place = placeOf(this.#newest, newest.taken);
    newest.taken += size;
    newest.alive += size;
    return place;
  }

  /** A new newest chunk: of the size of all that is alive, within bounds. */
  #open(words: number): Chunk {
    const before = this.#newest;
    const number = this.#freeNumbers.pop() ?? this.#chunks.length;
    if (number >= MAX_CHUNKS)
      throw new RangeError(`state of one operator takes more than ${MAX_CHUNKS} chunks of ${MAX_CHUNK_BYTES} bytes`);
    const size = Math.max(words * WORD, Math.min(MAX_CHUNK_BYTES, Math.max(MIN_CHUNK_BYTES, this.aliveBytes)));
    const bytes = Buffer.allocUnsafeSlow(size - (size % WORD));
    const chunk: Chunk = { bytes, words: new Uint32Array(bytes.buffer), taken: 0, alive: 0 };
    this.#chunks[number] = chunk;
    this.#heldWords += chunk.words.length;
    this.#newest = number;
    if (this.#chunks[before]?.alive === 0) this.#giveBack(before);
    return chunk;
  }

  #giveBack(number: number): void {
    this.#heldWords -= (this.#chunks[number] as Chunk).words.length;
    this.#chunks[number] = undefined;
    this.#freeNumbers.push(number);
    if (number === this.#newest) this.#newest = -1;
  }

  /** Empties one chunk when too much is dead: a piece of work of at most a chunk's size, so that nothing waits long for it. */
  #tidy(): void {
    const newest = this.#chunks[this.#newest];
    const free = newest === undefined ? 0 : newest.words.length - newest.taken;
    if (this.#heldWords - free - this.#aliveWords <= this.#aliveWords * MAX_DEAD + SLACK_WORDS) return;
    const emptied = this.#mostDead();
    // What moves goes into another one.
    if (emptied === this.#newest) this.#newest = -1;
    this.#moveAll(emptied);
    this.#giveBack(emptied);
  }

  #mostDead(): number {
    let most = this.#newest;
    let words = -1;
    this.#chunks.forEach((chunk, number) => {
      if (chunk === undefined) return;
      // What is free in the newest will be taken; in others it never is.
      const dead = (number === this.#newest ? chunk.taken : chunk.words.length) - chunk.alive;
      if (dead > words) [most, words] = [number, dead];
    });
    return most;
  }

  #moveAll(emptied: number): void {
    const { words, taken } = this.#chunks[emptied] as Chunk;
    for (let at = 0; at < taken; ) {
      const number = words[at];
      const size = wordsOf(words[at + 1]);
      if (this.#places[number] === placeOf(emptied, at)) this.#move(number, words, at, size);
      at += size;
    }
  }

  #move(number: number, from: Uint32Array, at: number, size: number): void {
    const chunk = this.#chunkFor(size);
    const { words, taken } = chunk;
    if (size > LOOP_WORDS) words.set(from.subarray(at, at + size), taken);
    else for (let i = 0; i < size; i++) words[taken + i] = from[at + i];
    this.#places[number] = this.#take(chunk, size);
  }
}

function placeOf(chunk: number, at: number): number {
  return ((chunk << OFFSET_BITS) | at) >>> 0;
}

/** Words that a value of so many bytes takes. */
function wordsOf(length: number): number {
  return HEADER_WORDS + Math.ceil(length / WORD);
}
