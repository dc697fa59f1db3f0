import Pbf from 'pbf';
import { mismatch } from '../../errors.js';
import { quoted } from '../json.js';

/** How a field lies in the bytes, as protocol buffers number it. */
const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Readers of a message's fields by number; what is not named is passed over. */
export type Fields = Readonly<Record<number, (wire: Wire) => void>>;

/**
 * Nodes, attributes, names and dimensions that a file may have: an object is a hundred times as
 * large as the two bytes that can ask for one.
 */
const mostParts = 2 ** 17;

const utf8 = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true });

/**
 * Protocol buffers of a stranger: every length is held against the bytes that its message has
 * before anything is read. Throws a RecurError.
 */
export class Wire {
  readonly #pbf: Pbf;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #end: number;
  #type = 0;
  #parts = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#pbf = new Pbf(bytes);
    // pbf's own view begins at the start of the buffer, of which the bytes may be a part.
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.byteLength;
  }

  /** Reads the fields up to the end of the message. */
  fields(read: Fields): void {
    const pbf = this.#pbf;
    while (pbf.pos < this.#end) {
      const key = this.#varint();
      const field = Math.floor(key / 8);
      this.#type = key % 8;
      if (field === 0) throw this.#bad('fields numbered from 1', 'field 0');
      if (Object.hasOwn(read, field)) read[field](this);
      else this.#skip();
    }
  }

  /** A message within this one. */
  message(read: Fields): void {
    this.#count();
    const outer = this.#end;
    this.#end = this.#rangeEnd();
    this.fields(read);
    this.#end = outer;
  }

  /** A view of the field's bytes. */
  bytes(): Uint8Array {
    const end = this.#rangeEnd();
    const bytes = this.#bytes.subarray(this.#pbf.pos, end);
    this.#pbf.pos = end;
    return bytes;
  }

  text(): string {
    this.#count();
    const bytes = this.bytes();
    if (bytes.length > 2 ** 16) throw this.#bad('names of at most 65536 bytes', `${bytes.length}`);
    try {
      return utf8.decode(bytes);
    } catch {
      throw this.#bad('text in UTF-8', quoted(String.fromCharCode(...bytes.subarray(0, 20))));
    }
  }

  /** A signed integer; beyond ±2⁵³ it is rounded. */
  integer(): number {
    this.#expect(wireTypes.varint);
    return this.#varint(true);
  }

  float(): number {
    this.#expect(wireTypes.fixed32);
    return this.#view.getFloat32(this.#take(4), true);
  }

  /** Integers, packed or one by one. */
  integers(into: number[]): void {
    this.#repeated(wireTypes.varint, () => into.push(this.#varint(true)));
  }

  floats(into: number[]): void {
    this.#repeated(wireTypes.fixed32, () => into.push(this.#view.getFloat32(this.#take(4), true)));
  }

  doubles(into: number[]): void {
    this.#repeated(wireTypes.fixed64, () => into.push(this.#view.getFloat64(this.#take(8), true)));
  }

  /** True if the field holds many numbers at once. */
  get isPacked(): boolean {
    return this.#type === wireTypes.bytes;
  }

  #repeated(type: number, read: () => void): void {
    if (!this.isPacked) {
      this.#expect(type);
      this.#count();
      read();
      return;
    }
    const outer = this.#end;
    this.#end = this.#rangeEnd();
    while (this.#pbf.pos < this.#end) {
      this.#count();
      read();
    }
    this.#end = outer;
  }

  #varint(signed = false): number {
    const pbf = this.#pbf;
    // pbf would go on for ten bytes, past the end.
    let last = pbf.pos;
    while (last < this.#end && this.#bytes[last] > 0x7f && last < pbf.pos + 9) last++;
    if (last >= this.#end) throw this.#cut();
    if (this.#bytes[last] > 0x7f) throw this.#bad('integers of at most 10 bytes', 'a longer one');
    return pbf.readVarint(signed);
  }

  /** Where the bytes of this field end. */
  #rangeEnd(): number {
    this.#expect(wireTypes.bytes);
    const length = this.#varint();
    if (length > this.#end - this.#pbf.pos) throw this.#cut();
    return this.#pbf.pos + length;
  }

  /** Passes over `length` bytes and returns where they begin. */
  #take(length: number): number {
    const at = this.#pbf.pos;
    if (length > this.#end - at) throw this.#cut();
    this.#pbf.pos = at + length;
    return at;
  }

  #skip(): void {
    if (this.#type === wireTypes.varint) this.#varint();
    else if (this.#type === wireTypes.bytes) this.#take(this.#varint());
    else if (this.#type === wireTypes.fixed32) this.#take(4);
    else if (this.#type === wireTypes.fixed64) this.#take(8);
    else throw this.#bad('fields of types 0, 1, 2 and 5', `type ${this.#type}`);
  }

  #expect(type: number): void {
    if (this.#type !== type) throw this.#bad(`a field of type ${type}`, `type ${this.#type}`);
  }

  #count(): void {
    if (++this.#parts > mostParts) throw this.#bad(`at most ${mostParts} parts`, 'more');
  }

  #cut() {
    return this.#bad('as many bytes as the file says', 'fewer');
  }

  #bad(expected: string, got: string) {
    const hint = `at byte ${this.#pbf.pos}; the file is cut short, or another`;
    return mismatch('onnx', expected, got, hint);
  }
}

/** The shortest decimal that a float32 stands for: 1e-5, not 0.000009999999747378752. */
export function decimal(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
