import { type RowFormat, textFormat } from './format.js';
import { HeldLine, type Line, problemOf } from './held-line.js';

const newline = 10;
const carriageReturn = 13;
const quote = 34;

/**
 * Cuts bytes into lines, each as soon as its line end is there. In CSV a line end inside a quoted
 * field is part of the field. Lines without text are passed over. Holds at most `longest` bytes.
 * The first line end tells whether lines end with CR alone, as old Macs and some devices write.
 *
 * csv-parse's own stream is no use here: it keeps every record back until the next one begins.
 */
export class LineCutter {
  /** Known at the first byte that is not white space. */
  format: RowFormat | undefined;
  /** The line that has no end yet. */
  readonly #held: HeldLine;
  readonly #longest: number;
  readonly #delimiter: string;
  #line = 1;
  #innerLines = 0;
  /** The last byte of a line end, once one has been seen. */
  #lineEnd: number | undefined;
  /** A CR at the end of a chunk, which may be half of the first line end. */
  #heldBack: Buffer = Buffer.alloc(0);
  /** Of CSV: inside a quoted field; the byte before; whether that closed a field. */
  #quoted = false;
  #before = newline;
  #closed = false;

  constructor(format: RowFormat | undefined, longest: number, delimiter = ',') {
    this.format = format;
    this.#longest = longest;
    this.#delimiter = delimiter;
    this.#held = new HeldLine(longest);
  }

  /** The lines that end in this chunk. */
  cut(bytes: Buffer): Line[] {
    this.format ??= textFormat(bytes);
    const chunk = this.#holdBack(bytes);
    const lines: Line[] = [];
    const held = this.#held;
    let start = held.isEmpty ? this.#cutPlain(chunk, 0, lines) : 0;
    let tried = start > 0;
    let from = start;
    while (from < chunk.length) {
      const end = this.#nextLineEnd(chunk, from);
      const until = end < 0 ? chunk.length : end;
      if (this.#isQuotable && !held.tooLong) this.#followQuotes(chunk, from, until);
      held.refuse(until - start, this.#line, lines);
      if (end < 0) break;
      from = end + 1;
      this.#before = newline;
      if (this.#quoted && !held.tooLong) {
        this.#innerLines++;
        continue;
      }
      this.#lineEnd ??= chunk[end];
      this.#finish(chunk.subarray(start, end), lines);
      start = from = tried ? from : this.#cutPlain(chunk, from, lines);
      tried = true;
    }
    held.keep(chunk.subarray(start));
    return lines;
  }

  /** The last line, which needs no line end. */
  end(): Line[] {
    const lines: Line[] = [];
    this.#finish(this.#heldBack, lines);
    return lines;
  }

  get #isQuotable(): boolean {
    return this.format !== 'ndjson';
  }

  /**
   * The fast way for the lines that end in a chunk, from a line's beginning on, if none of them has
   * a quote or a problem; where the next line begins.
   */
  #cutPlain(chunk: Buffer, from: number, lines: Line[]): number {
    const end = chunk.lastIndexOf(newline);
    const part = chunk.subarray(from, Math.max(from, end));
    const isPlain =
      part.length > 0 &&
      this.#lineEnd === newline &&
      part.length <= this.#longest &&
      !(this.#isQuotable && part.includes(quote)) &&
      problemOf(part) === undefined;
    if (!isPlain) return from;
    for (const text of part.toString().split('\n')) this.#push(this.#line++, text, lines);
    return end + 1;
  }

  /** Until the first line end is known, a CR at the end of a chunk waits for the next byte. */
  #holdBack(bytes: Buffer): Buffer {
    const chunk = this.#heldBack.length ? Buffer.concat([this.#heldBack, bytes]) : bytes;
    const waits = this.#lineEnd === undefined && chunk.at(-1) === carriageReturn;
    const cut = waits ? chunk.length - 1 : chunk.length;
    this.#heldBack = chunk.subarray(cut);
    return chunk.subarray(0, cut);
  }

  #nextLineEnd(chunk: Buffer, from: number): number {
    if (this.#lineEnd !== undefined) return chunk.indexOf(this.#lineEnd, from);
    for (let i = from; i < chunk.length; i++) {
      if (chunk[i] === newline) return i;
      if (chunk[i] === carriageReturn && chunk[i + 1] !== newline) return i;
    }
    return -1;
  }

  /** A quote opens a field only where a field begins; `""` inside one closes and opens it again. */
  #followQuotes(chunk: Buffer, from: number, until: number): void {
    const delimiter = this.#delimiter.charCodeAt(0);
    for (let i = from; i < until; i++) {
      const byte = chunk[i];
      if (byte === quote) {
        const opens = this.#before === delimiter || this.#before === newline || this.#closed;
        this.#closed = this.#quoted;
        this.#quoted = !this.#quoted && opens;
      } else {
        this.#closed = false;
      }
      this.#before = byte;
    }
  }

  #finish(rest: Buffer, lines: Line[]): void {
    const line = this.#held.take(rest, this.#line);
    if (line?.problem) lines.push(line);
    else if (line) this.#push(line.line, line.text, lines);
    this.#line += 1 + this.#innerLines;
    this.#innerLines = 0;
    this.#quoted = false;
    this.#closed = false;
  }

  /** Adds a line without the other half of a line end, before or after, if it is not blank. */
  #push(line: number, given: string, lines: Line[]): void {
    const ended = given.charCodeAt(given.length - 1) === carriageReturn;
    const begun = given.charCodeAt(0) === newline;
    const text = ended || begun ? given.slice(begun ? 1 : 0, ended ? -1 : undefined) : given;
    if (text.charCodeAt(0) > 0x20 || !this.#isBlank(text)) lines.push({ line, text });
  }

  /** A line of tabs alone has fields, if those are what delimits them. */
  #isBlank(text: string): boolean {
    return text.trim() === '' && (this.format === 'ndjson' || !text.includes(this.#delimiter));
  }
}
