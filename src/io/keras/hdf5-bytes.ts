import { mismatch } from '../../errors.js';
import { quoted } from '../json.js';

/** Messages, names and nodes in all, a thousand layers' worth; dimensions of an array. */
const limits = { pieces: 2 ** 15, dimensions: 8 };

/** Classes of numbers and strings, by the format's numbers, of those that Keras writes. */
export const classes = { float: 1, string: 3, variable: 9 };

/** The bytes of an HDF5 file: what is read from beyond them, or too often, is a RecurError. */
export class Hdf5Bytes {
  readonly #view: DataView;
  readonly #where: string;
  readonly #reached = new Set<number>();
  #pieces = 0;

  constructor(where: string, file: Uint8Array) {
    // No other thread may write to what was checked.
    const { buffer, byteOffset, byteLength } =
      file.buffer instanceof ArrayBuffer ? file : new Uint8Array(file);
    this.#where = where;
    this.#view = new DataView(buffer, byteOffset, byteLength);
  }

  get length(): number {
    return this.#view.byteLength;
  }

  u8(at: number): number {
    this.within(at, 1);
    return this.#view.getUint8(at);
  }

  u16(at: number): number {
    this.within(at, 2);
    return this.#view.getUint16(at, true);
  }

  u32(at: number): number {
    this.within(at, 4);
    return this.#view.getUint32(at, true);
  }

  /** An address or a length; beyond 2⁵³ it loses digits, and is still far beyond the file. */
  u64(at: number): number {
    this.within(at, 8);
    return Number(this.#view.getBigUint64(at, true));
  }

  text(begin: number, end: number): string {
    return new TextDecoder().decode(this.part(begin, end - begin));
  }

  /** Bytes of the file itself, not copied. */
  part(at: number, size: number): Uint8Array {
    this.within(at, size);
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, size);
  }

  within(at: number, size: number): void {
    const ok = at + size <= this.length;
    this.demand(ok, `all within ${this.length} bytes`, `${size} from byte ${at} on`);
  }

  /** A structure with a signature begins here, and has at least so many bytes. */
  expect(at: number, signature: string, size: number): void {
    this.within(at, size);
    this.spend();
    const got = this.text(at, at + 4);
    this.demand(got === signature, `${signature} at byte ${at}`, quoted(got));
  }

  /** A place that may be reached once. */
  reach(at: number): void {
    this.demand(!this.#reached.has(at), 'no circle', `byte ${at} again`);
    this.#reached.add(at);
  }

  /** Counts something that is read, of which there is a limit. */
  spend(): void {
    this.#pieces += 1;
    this.demand(this.#pieces <= limits.pieces, `at most ${limits.pieces} pieces`, 'more');
  }

  /** Sizes of a dataspace; none of a scalar. */
  shape(at: number, size: number): readonly number[] {
    this.demand(size >= 4, 'a dataspace', `${size} bytes`);
    const [version, count] = [this.u8(at), this.u8(at + 1)];
    const head = version === 1 ? 8 : 4;
    const ok = (version === 1 || version === 2) && count <= limits.dimensions;
    this.demand(ok && head + 8 * count <= size, 'a dataspace of at most 8 sizes', `${count}`);
    return Array.from({ length: count }, (_, i) => {
      const dimension = this.u64(at + head + 8 * i);
      this.demand(dimension < 2 ** 31, 'sizes below 2³¹', `${dimension}`);
      return dimension;
    });
  }

  demand(ok: boolean, expected: string, got: string, hint?: string): void {
    if (!ok) this.refuse(expected, got, hint);
  }

  refuse(expected: string, got: string, hint?: string): never {
    throw mismatch(this.#where, expected, got, hint);
  }
}

/** A length with what fills it up to a multiple of `step`. */
export function padded(length: number, step: number): number {
  return Math.ceil(length / step) * step;
}

/** True for the eight bytes that an HDF5 file begins with. */
export function isHdf5(bytes: Uint8Array): boolean {
  return [137, 72, 68, 70, 13, 10, 26, 10].every((byte, i) => bytes[i] === byte);
}
