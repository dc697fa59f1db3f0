import fc from 'fast-check';
import {
  EMPTY,
  endWith,
  from,
  map,
  NEVER,
  Observable,
  of,
  Subject,
  startWith,
  take,
  throwError,
} from 'rxjs';
import { describe, expect, test } from 'vitest';
import { type EventOperator, frame, overlapAdd, RecurError } from '../../src/index.js';
import { sameBits } from '../laws/bits.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { law } from '../laws/law.js';
import { emitted } from '../laws/nets.js';
import { generator, signal, someSeed } from '../laws/streams.js';

nothingIsThrownLate();

/** `overlapAdd` for arguments that no type knows. */
const overlapAddOf = overlapAdd as unknown as (
  ...args: unknown[]
) => EventOperator<unknown, Float32Array>;

/** What an observable notifies: arrays of numbers, then 'complete' or the error. */
function notified(source: Observable<Float32Array>): unknown[] {
  const seen: unknown[] = [];
  source.subscribe({
    next: y => seen.push([...y]),
    error: error => seen.push(error),
    complete: () => seen.push('complete'),
  });
  return seen;
}

const joined = (chunks: readonly unknown[]) =>
  Float32Array.from((chunks as Float32Array[]).flatMap(chunk => [...chunk]));

const someSize = fc.integer({ min: 1, max: 12 });

law(
  'a sample is the sum, in double precision, of the frames over it',
  [someSize, someSize, fc.nat(7), someSeed],
  (size, other, count, seed) => {
    const hop = Math.min(size, other);
    const frames = signal(seed, size, count).map(values => Float32Array.from(values));
    const total = count && (count - 1) * hop + size;
    const wanted = Float32Array.from({ length: total }, (_, t) => {
      let sum = -0;
      for (let k = 0; k < count; k++) sum += frames[k][t - k * hop] ?? -0;
      return sum;
    });
    const chunks = emitted(overlapAdd(size, hop) as never, frames) as Float32Array[];
    sameBits(joined(chunks), wanted);
    const lengths = chunks.map(({ length }) => length);
    expect(lengths.slice(0, -1)).toEqual(lengths.slice(0, -1).fill(hop));
  },
);

law(
  'it undoes frames side by side, bit for bit',
  [someSize, fc.nat(40), someSeed],
  (size, count, seed) => {
    const samples = Float32Array.from(signal(seed, count, 1)[0]);
    const there = emitted(frame(size, size, { flush: true }) as never, [samples]);
    const back = joined(emitted(overlapAdd(size) as never, there));
    sameBits(back.slice(0, count), samples);
  },
);

/** Sine windows, squared: their sum over hops of half a frame is 1 (Princen and Bradley, 1986). */
const sine = (size: number) =>
  Float64Array.from({ length: size }, (_, i) => Math.sin((Math.PI * (i + 0.5)) / size));

test('windows whose squares sum to 1 reconstruct the signal, all but its rounding', () => {
  const [size, hop] = [960, 480];
  const random = generator(1);
  const samples = Float32Array.from({ length: 5000 }, () => 2 * random() - 1);
  const window = sine(size);
  const windowed = map((values: Float32Array) => values.map((v, i) => v * window[i]));
  const out: number[] = [];
  from([samples.subarray(0, 7), samples.subarray(7, 3000), samples.subarray(3000)])
    .pipe(
      startWith(new Float32Array(size - hop)),
      endWith(new Float32Array(size - hop)),
      frame(size, hop, { flush: true }),
      windowed,
      windowed,
      overlapAdd(size, hop),
    )
    .subscribe(chunk => out.push(...chunk));
  const off = samples.map((sample, t) => Math.abs(out[t + size - hop] - sample));
  // Three roundings of numbers up to 1.
  expect(Math.max(...off)).toBeLessThanOrEqual(3 * 2 ** -24);
});

describe('overlapAdd', () => {
  const frames = [
    [1, 1, 1],
    [2, 2, 2],
    [3, 3, 3],
  ];

  test('values', () => {
    expect(notified(from(frames).pipe(overlapAdd(3, 1)))).toEqual([
      [1],
      [3],
      [6],
      [5],
      [3],
      'complete',
    ]);
    expect(notified(from(frames).pipe(overlapAdd(3, 2)))).toEqual([
      [1, 1],
      [3, 2],
      [5, 3],
      [3],
      'complete',
    ]);
    expect(notified(from(frames).pipe(overlapAdd(3)))).toEqual([...frames, 'complete']);
  });

  test('empty', () => {
    expect(notified(EMPTY.pipe(overlapAdd(4, 2)))).toEqual(['complete']);
  });

  test('never', () => {
    expect(notified(NEVER.pipe(overlapAdd(4, 2)))).toEqual([]);
  });

  test('error: the tail is lost', () => {
    const error = new Error('gone');
    const source = new Subject<number[]>();
    const seen = notified(source.pipe(overlapAdd(3, 1)));
    source.next([1, 2, 3]);
    source.error(error);
    expect(seen).toEqual([[1], error]);
    expect(notified(throwError(() => error).pipe(overlapAdd(2)))).toEqual([error]);
  });

  test('unending: a chunk comes in the turn of its frame', () => {
    const source = new Subject<number[]>();
    const seen = notified(source.pipe(overlapAdd(3, 1)));
    source.next([1, 2, 3]);
    expect(seen).toEqual([[1]]);
    source.next([1, 2, 3]);
    expect(seen).toEqual([[1], [3]]);
  });

  test('early disposal: an endless source is pulled no further than asked', () => {
    let [pulled, disposed] = [0, 0];
    const source = new Observable<number[]>(subscriber => {
      subscriber.add(() => disposed++);
      while (!subscriber.closed) subscriber.next([pulled++, 0]);
    });
    expect(notified(source.pipe(overlapAdd(2, 1), take(2)))).toEqual([[0], [1], 'complete']);
    expect([pulled, disposed]).toEqual([2, 1]);
    // Of a tail of three chunks.
    expect(notified(of([1, 2, 3, 4]).pipe(overlapAdd(4, 1), take(2)))).toEqual([
      [1],
      [2],
      'complete',
    ]);
  });

  test('each subscription begins a signal', () => {
    const source = new Subject<number[]>();
    const summed = source.pipe(overlapAdd(2, 1));
    const first = notified(summed);
    source.next([1, 2]);
    const second = notified(summed);
    source.next([3, 4]);
    source.complete();
    expect([first, second]).toEqual([
      [[1], [5], [4], 'complete'],
      [[3], [4], 'complete'],
    ]);
  });

  test('wrong arguments throw at the call', () => {
    for (const args of [[0], [4, 0], [4, 5], [2.5], []]) {
      expect(() => overlapAddOf(...args)).toThrow(RecurError);
    }
    expect(() => overlapAdd(4, 5)).toThrow('overlapAdd.hop: expected a whole number from 1 to 4');
  });

  test('a frame that is none is an error notification', () => {
    for (const wrong of [[1], 1, [1, Number.NaN], 'ab', null, [[1, 2]]]) {
      const seen = notified(from([[1, 2], wrong, [5, 6]]).pipe(overlapAddOf(2)));
      expect(seen).toEqual([[1, 2], expect.any(RecurError)]);
      expect(seen[1]).toMatchObject({ where: 'overlapAdd', step: 1 });
    }
    const [error] = notified(of([1]).pipe(overlapAdd(2))) as [RecurError];
    expect(error.message).toBe(
      'overlapAdd: expected a frame of 2 numbers, got an array of length 1',
    );
  });
});
