import type { RecurError } from '../errors.js';
import type { LogEvent } from './event.js';
import type { Letter, RecordHead } from './record.js';
import { type Output, packOutputs } from './told.js';

type Parts = Pick<RecordHead, 'outputs' | 'letters' | 'gone' | 'dropped'> & {
  readonly values?: Float32Array;
};

/** What the next record tells, and how many bytes that will be. */
export class Pending {
  readonly outputs: Output[] = [];
  readonly letters: Letter[] = [];
  /** Keys whose states were given up; some may have begun anew. */
  readonly #gone = new Set<string>();
  readonly #touched = new Set<string>();
  /** Events that had their turn. */
  done = 0;
  dropped = 0;
  /** The most bytes that all of it can be in a record. */
  bytes = 0;

  /** An event gives no output. */
  letter(kind: Letter['kind'], event: LogEvent, error: RecurError, at = this.done++): void {
    const { offset, key } = event;
    const reason = error.message;
    this.letters.push({ kind, at, offset, key, reason });
    this.bytes += most + textBytes(key) + textBytes(reason);
  }

  output(output: Output): void {
    this.outputs.push(output);
    this.bytes += triple + bytesOf(output.y);
  }

  gone(key: string): void {
    this.#gone.add(key);
    this.bytes += textBytes(key);
  }

  /** A key's state, of so many bytes, will be in the record. */
  touch(key: string, state: number): void {
    if (this.#touched.has(key)) return;
    this.#touched.add(key);
    // The key stands by its state and by its outputs.
    this.bytes += state + 2 * textBytes(key);
  }

  /** All of it, as a record holds it. */
  parts(from: number, isGone: (key: string) => boolean): Parts {
    const { letters, dropped } = this;
    const outputs = this.outputs;
    // They are, unless a key waited for others.
    if (outputs.some(({ at }, i) => i > 0 && at < outputs[i - 1].at)) outputs.sort(inOrder);
    const gone = [...this.#gone].filter(isGone);
    return {
      ...(outputs.length && packOutputs(outputs, from)),
      ...(letters.length && { letters: letters.sort(inOrder) }),
      ...(gone.length && { gone }),
      ...(dropped && { dropped }),
    };
  }
}

const inOrder = (a: { readonly at: number }, b: { readonly at: number }) => a.at - b.at;

/** The three numbers of an output, at most. */
const triple = 24;
/** What JSON has around a letter, at most. */
const most = 100;
/** Each UTF-16 unit is six bytes at most, as an escape. */
const textBytes = (text: string) => 6 * text.length + 8;

/** How many bytes an output can be, at most, as float32 or as JSON. */
function bytesOf(value: unknown): number {
  if (typeof value === 'string') return textBytes(value);
  // As base64, and what says so.
  if (ArrayBuffer.isView(value)) return Math.ceil((4 / 3) * value.byteLength) + 60;
  if (typeof value !== 'object' || !value) return 32;
  let bytes = 32;
  for (const [name, part] of Object.entries(value)) bytes += textBytes(name) + bytesOf(part);
  return bytes;
}
