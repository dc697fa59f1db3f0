import { RecurError } from '../../src/errors.js';
import { mutate } from './mutate.js';
import { Random } from './random.js';

/** A reader of files from strangers, and files of its format. */
export interface Reader {
  readonly name: string;
  /** Small files that are in order: a mutation should hit what matters. */
  seeds(): readonly Uint8Array[];
  /** Throws a RecurError, of itself or nothing. */
  read(bytes: Uint8Array): unknown;
  /**
   * A file with something mutated that lengths and checksums protect, and those made right again;
   * half of the files are such.
   */
  inside?(seed: Uint8Array, mutate: (bytes: Uint8Array) => Uint8Array): Uint8Array;
}

export interface Tally {
  accepted: number;
  refused: number;
}

const limits = { milliseconds: 100, slack: 64 * 2 ** 20 };

/** The file of a number: the same at every run. */
export function fileOf(reader: Reader, seeds: readonly Uint8Array[], number: number): Uint8Array {
  const random = new Random(Math.imul(number, 0x9e3779b1) ^ 0x51ed27);
  // The first numbers of neighbours resemble each other.
  random.next();
  const seed = random.pick(seeds);
  const change = (bytes: Uint8Array) => mutate(bytes, random, seeds);
  return reader.inside && random.next() < 0.5 ? reader.inside(seed, change) : change(seed);
}

/** Reads the files from a number on; throws an Error that names the first that is a fault. */
export function fuzz(reader: Reader, from: number, count: number, gc?: () => void): Tally {
  const seeds = reader.seeds();
  for (const seed of seeds) reader.read(seed);
  const tally: Tally = { accepted: 0, refused: 0 };
  for (let number = from; number < from + count; number++) {
    const bytes = fileOf(reader, seeds, number);
    const fault = faultOf(reader, bytes, tally, gc);
    if (!fault) continue;
    throw new Error(`${reader.name}, file ${number} (${bytes.length} bytes): ${fault}`);
  }
  if (Object.hasOwn(Object.prototype, 'polluted')) throw new Error(`${reader.name} pollutes`);
  return tally;
}

function faultOf(
  reader: Reader,
  bytes: Uint8Array,
  tally: Tally,
  gc?: () => void,
): string | undefined {
  const before = memory();
  const timer = started();
  const { error, accepted } = attempt(reader, bytes);
  const time = timer();
  const taken = memory() - before;
  if (accepted) tally.accepted++;
  else tally.refused++;
  if (!accepted && !isRefusal(error)) return textOf(error);
  if (time > limits.milliseconds) {
    const least = Math.min(time, ...times(reader, bytes));
    if (least > limits.milliseconds) return `${least.toFixed()} ms`;
  }
  const most = 3 * bytes.length + limits.slack;
  if (taken <= most) return undefined;
  // It may have been the garbage of others.
  gc?.();
  const again = memory();
  attempt(reader, bytes);
  const least = Math.min(taken, memory() - again);
  return least > most ? `${(least / 2 ** 20).toFixed()} MB` : undefined;
}

function attempt(reader: Reader, bytes: Uint8Array): { accepted: boolean; error?: unknown } {
  try {
    reader.read(bytes);
    return { accepted: true };
  } catch (error) {
    return { accepted: false, error };
  }
}

/** The library's own error, and not one that hides a fault of the library. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof RecurError)) return false;
  const { cause } = error;
  return !(cause instanceof TypeError || cause instanceof ReferenceError);
}

function textOf(error: unknown): string {
  const { cause } = Object(error) as { cause?: unknown };
  return [error, cause].map(e => (e instanceof Error ? e.stack : String(e))).join('\n');
}

/** Other programs share the machine: a slow call is tried again. */
function times(reader: Reader, bytes: Uint8Array): number[] {
  return Array.from({ length: 5 }, () => {
    const timer = started();
    attempt(reader, bytes);
    return timer();
  });
}

/** Tells the milliseconds since, by the clock or by what this process has used if that is less. */
function started(): () => number {
  const [time, usage] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(usage);
    return Math.min(performance.now() - time, (user + system) / 1000);
  };
}

function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
