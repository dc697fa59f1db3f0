import { HeldLine, type Line } from './held-line.js';

const newline = 0x0a;
const quote = 0x22;
const comma = 0x2c;
const bracket = 0x5b;
const backslash = 0x5c;
const closingBracket = 0x5d;
const brace = 0x7b;
const closingBrace = 0x7d;

/**
 * Cuts one JSON array into its elements, each as soon as it has come: the array need not fit into
 * the memory. Holds at most `longest` bytes. Whether an element is JSON its reader tells.
 */
export class JsonArrayCutter {
  readonly format = 'json';
  readonly #held: HeldLine;
  /** Arrays and objects that are open, the array of rows among them. */
  #depth = 0;
  #place: 'before' | 'within' | 'after' | 'lost' = 'before';
  #isString = false;
  #isEscaped = false;
  #elements = 0;
  /** Of the byte that comes next, and of the element's first byte. */
  #line = 1;
  #begin = 1;

  constructor(longest: number) {
    this.#held = new HeldLine(longest);
  }

  /** The elements that end in this chunk. */
  cut(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (byte === newline) this.#line++;
      if (this.#place !== 'within') {
        if (byte > 0x20) this.#outside(byte, lines);
        start = i + 1;
      } else if (this.#isString) this.#inString(byte);
      else if (byte === quote) this.#isString = true;
      else if (byte === brace || byte === bracket) this.#depth++;
      else if (this.#depth > 1) {
        if (byte === closingBrace || byte === closingBracket) this.#depth--;
      } else if (byte === comma || byte === closingBracket) {
        this.#finish(chunk.subarray(start, i), byte === comma, lines);
        start = i + 1;
      }
    }
    if (this.#place !== 'within') return lines;
    this.#held.refuse(chunk.length - start, this.#begin, lines);
    this.#held.keep(chunk.subarray(start));
    return lines;
  }

  /** What is wrong with the end, if the array has none. */
  end(): Line[] {
    if (this.#place !== 'within') return [];
    const problem = 'expected ] after the last row, got the end of the file; is it cut off?';
    return [{ line: this.#line, text: '', problem, lost: true }];
  }

  /** A byte that is no white space, before the array or after it. */
  #outside(byte: number, lines: Line[]): void {
    if (this.#place === 'lost') return;
    if (this.#place === 'before' && byte === bracket) {
      this.#place = 'within';
      this.#depth = 1;
      this.#begin = this.#line;
      return;
    }
    const [expected, got] =
      this.#place === 'before'
        ? ['one JSON array of rows', 'something else']
        : ['nothing after the array', 'more'];
    const hint = 'if each line is a row, --input-format ndjson';
    const problem = `expected ${expected}, got ${got}; ${hint}`;
    lines.push({ line: this.#line, text: '', problem, lost: true });
    this.#place = 'lost';
  }

  #inString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === backslash) this.#isEscaped = true;
    else if (byte === quote) this.#isString = false;
  }

  #finish(rest: Buffer, goesOn: boolean, lines: Line[]): void {
    this.#held.refuse(rest.length, this.#begin, lines);
    const line = this.#held.take(rest, this.#begin);
    const text = line?.text.trim();
    // `[]` has no element, and `[1,]` one too many.
    if (line && (goesOn || this.#elements > 0 || text || line.problem)) {
      const lead = /^\s*/.exec(line.text)?.[0].split('\n').length ?? 1;
      lines.push({ ...line, line: line.line + lead - 1, text: text as string });
    }
    this.#elements++;
    this.#begin = this.#line;
    if (!goesOn) this.#place = 'after';
  }
}
