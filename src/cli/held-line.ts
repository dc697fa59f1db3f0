import { isUtf8 } from 'node:buffer';

/** What one row is written on: a line, the lines of a CSV record, an element of a JSON array. */
export interface Line {
  /** Of its first line, from 1. */
  readonly line: number;
  /** Without the line end. */
  readonly text: string;
  /** Why it can't be read, if it can't. */
  readonly problem?: string;
  /** True where rows after it were lost with it, so that it can't just be skipped. */
  readonly lost?: boolean;
}

/** Bytes for which the room is kept. */
const small = 65_536;

/** The bytes of a row whose end has not come yet, at most `longest`. */
export class HeldLine {
  readonly #longest: number;
  #bytes = Buffer.alloc(0);
  #length = 0;
  /** True once it has been said that there are more than may be. */
  tooLong = false;

  constructor(longest: number) {
    this.#longest = longest;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Says at once that with so many bytes more the row is too long: it may have no end. */
  refuse(more: number, line: number, lines: Line[]): void {
    if (this.#length + more <= this.#longest) return;
    if (!this.tooLong) {
      lines.push({ line, text: '', problem: `longer than ${this.#longest} bytes` });
    }
    this.tooLong = true;
  }

  keep(rest: Buffer): void {
    const length = this.#length + rest.length;
    if (!this.tooLong) {
      if (length > this.#bytes.length) {
        const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, length));
        this.#bytes.copy(larger, 0, 0, this.#length);
        this.#bytes = larger;
      }
      rest.copy(this.#bytes, this.#length);
    }
    this.#length = length;
  }

  /** The row that ends with these bytes, and nothing is held; undefined if it was too long. */
  take(rest: Buffer, line: number): Line | undefined {
    const held = this.#bytes.subarray(0, this.#length);
    const bytes = this.#length && !this.tooLong ? Buffer.concat([held, rest]) : rest;
    const taken = this.tooLong ? undefined : asLine(line, bytes);
    if (this.#bytes.length > small) this.#bytes = Buffer.alloc(0);
    this.#length = 0;
    this.tooLong = false;
    return taken;
  }
}

/** Why bytes are no text; undefined if they are. */
export function problemOf(bytes: Buffer): string | undefined {
  if (!isUtf8(bytes)) return 'not UTF-8';
  return bytes.includes(0) ? 'a NUL byte, which is no text' : undefined;
}

function asLine(line: number, bytes: Buffer): Line {
  const problem = problemOf(bytes);
  return problem ? { line, text: '', problem } : { line, text: bytes.toString() };
}
