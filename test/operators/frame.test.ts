import fc from 'fast-check';
import { EMPTY, from, NEVER, Observable, of, Subject, take, throwError } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { NdView } from '../../src/arrays/ndarray.js';
import { type EventOperator, frame, RecurError, type Samples } from '../../src/index.js';
import { sameBits } from '../laws/bits.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { law } from '../laws/law.js';
import { emitted } from '../laws/nets.js';
import { generator, inForm, signal, someForm, someSeed } from '../laws/streams.js';

nothingIsThrownLate();

/** `frame` for arguments that no type knows. */
const frameOf = frame as unknown as (...args: unknown[]) => EventOperator<unknown, Float32Array>;

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

const someSize = fc.integer({ min: 1, max: 9 });
const someLengths = fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 12 });

law(
  'frame k is samples k·hop to k·hop + size, however the signal is cut, bit for bit',
  [someSize, someSize, someLengths, someForm, fc.boolean(), someSeed],
  (size, hop, lengths, form, flush, seed) => {
    const random = generator(seed);
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const samples = signal(seed, total, 1)[0];
    const wanted: Float32Array[] = [];
    let covered = 0;
    for (let start = 0; start < total; start += hop) {
      const whole = start + size <= total;
      if (!whole && (!flush || covered >= total)) break;
      covered = start + size;
      wanted.push(Float32Array.from({ length: size }, (_, i) => samples[start + i] ?? 0));
    }
    let at = 0;
    const pieces = lengths.map(length => {
      const piece = samples.slice(at, at + length);
      at += length;
      return inForm(form, piece, random);
    });
    const operator = frameOf(size, hop, { flush });
    sameBits(emitted(operator as never, pieces), wanted);
    sameBits(emitted(operator as never, samples), wanted);
    sameBits(emitted(operator as never, [samples]), wanted);
  },
);

describe('frame', () => {
  const chunks: Samples[] = [[1, 2, 3], 4, Float32Array.of(5, 6), []];

  test('values: overlapping, side by side, with gaps', () => {
    expect(notified(from(chunks).pipe(frame(3, 1)))).toEqual([
      [1, 2, 3],
      [2, 3, 4],
      [3, 4, 5],
      [4, 5, 6],
      'complete',
    ]);
    expect(notified(from(chunks).pipe(frame(2)))).toEqual([[1, 2], [3, 4], [5, 6], 'complete']);
    expect(notified(from(chunks).pipe(frame(1, 4)))).toEqual([[1], [5], 'complete']);
  });

  test('the incomplete last frame is dropped, or ends in zeros', () => {
    expect(notified(from(chunks).pipe(frame(4)))).toEqual([[1, 2, 3, 4], 'complete']);
    const flushed = (size: number, hop: number, ...samples: Samples[]) =>
      notified(from(samples).pipe(frame(size, hop, { flush: true })));
    expect(flushed(4, 4, ...chunks)).toEqual([[1, 2, 3, 4], [5, 6, 0, 0], 'complete']);
    expect(flushed(4, 3, 1, 2, 3, 4)).toEqual([[1, 2, 3, 4], 'complete']);
    expect(flushed(4, 3, 1, 2, 3, 4, 5)).toEqual([[1, 2, 3, 4], [4, 5, 0, 0], 'complete']);
    expect(flushed(4, 3, 1)).toEqual([[1, 0, 0, 0], 'complete']);
    expect(flushed(2, 4, 1, 2, 3, 4)).toEqual([[1, 2], 'complete']);
    expect(flushed(2, 4, [1, 2, 3, 4, 5])).toEqual([[1, 2], [5, 0], 'complete']);
  });

  test('empty', () => {
    expect(notified(EMPTY.pipe(frame(4)))).toEqual(['complete']);
    expect(notified(EMPTY.pipe(frame(4, 2, { flush: true })))).toEqual(['complete']);
    expect(notified(of([]).pipe(frame(4, 2, { flush: true })))).toEqual(['complete']);
  });

  test('never', () => {
    expect(notified(NEVER.pipe(frame(4)))).toEqual([]);
  });

  test('error: what came before is out, the rest is lost', () => {
    const error = new Error('the microphone is gone');
    const source = new Subject<number[]>();
    const seen = notified(source.pipe(frame(2, 2, { flush: true })) as never);
    source.next([1, 2, 3]);
    source.error(error);
    expect(seen).toEqual([[1, 2], error]);
    expect(notified(throwError(() => error).pipe(frame(2)))).toEqual([error]);
  });

  test('unending: a frame comes in the turn of its last sample', () => {
    const source = new Subject<number>();
    const seen = notified(source.pipe(frame(2)));
    source.next(1);
    expect(seen).toEqual([]);
    source.next(2);
    expect(seen).toEqual([[1, 2]]);
    source.next(3);
    expect(seen).toHaveLength(1);
  });

  test('early disposal: an endless source is pulled no further than asked', () => {
    let [pulled, disposed] = [0, 0];
    const source = new Observable<number>(subscriber => {
      subscriber.add(() => disposed++);
      while (!subscriber.closed) subscriber.next(pulled++);
    });
    expect(notified(source.pipe(frame(3, 2), take(2)))).toEqual([[0, 1, 2], [2, 3, 4], 'complete']);
    expect([pulled, disposed]).toEqual([5, 1]);
    // One chunk that holds more frames than are asked for.
    const ones = new Float32Array(1000).fill(1);
    expect(notified(of(ones).pipe(frame(2), take(1)))).toEqual([[1, 1], 'complete']);
  });

  test('each subscription begins a signal', () => {
    const source = new Subject<number>();
    const framed = source.pipe(frame(2));
    const first = notified(framed);
    source.next(1);
    const second = notified(framed);
    source.next(2);
    source.next(3);
    expect([first, second]).toEqual([[[1, 2]], [[2, 3]]]);
  });

  test('events that are fed back while a frame is out come after its own event', () => {
    const source = new Subject<number[]>();
    const seen: number[][] = [];
    source.pipe(frame(1)).subscribe(([y]) => {
      seen.push([y]);
      if (y === 1) source.next([10, 11]);
    });
    source.next([1, 2]);
    expect(seen.flat()).toEqual([1, 2, 10, 11]);
  });

  test('nothing is changed behind anybody’s back', () => {
    const buffer = new Float32Array(2);
    const source = new Subject<Float32Array>();
    const seen: Float32Array[] = [];
    source.pipe(frame(3, 1)).subscribe(y => {
      seen.push(y.slice());
      y.fill(99);
    });
    for (let n = 0; n < 6; n += 2) {
      buffer.set([n, n + 1]);
      source.next(buffer);
    }
    expect(seen.map(y => [...y])).toEqual([
      [0, 1, 2],
      [1, 2, 3],
      [2, 3, 4],
      [3, 4, 5],
    ]);
    expect([...buffer]).toEqual([4, 5]);
  });

  test('wrong arguments throw at the call', () => {
    const thrown = (...args: unknown[]) => {
      try {
        frameOf(...args);
      } catch (error) {
        expect(error).toBeInstanceOf(RecurError);
        return (error as Error).message;
      }
    };
    const whole = 'expected a whole number from 1 to 2²⁴';
    expect(thrown(0)).toBe(`frame.size: ${whole}, got 0`);
    expect(thrown(4, 0.5)).toBe(`frame.hop: ${whole}, got 0.5`);
    expect(thrown(4, 2, { pad: 1 })).toBe("frame: expected options named flush, got 'pad'");
    expect(thrown(4, 2, { flush: 1 })).toBe('frame.flush: expected true or false, got 1');
  });

  test('a wrong event is an error notification, and none of its samples are used', () => {
    const matrix = new NdView(new Float32Array(4), [2, 2]);
    for (const wrong of [[3, Number.NaN], 1e300, 'text', undefined, { length: 1 }, [[1]], matrix]) {
      const seen = notified(from([[1, 2], wrong, [5, 6]]).pipe(frameOf(2)));
      expect(seen).toEqual([[1, 2], expect.any(RecurError)]);
      expect(seen[1]).toMatchObject({ where: 'frame', step: 1 });
    }
    const message = (event: unknown) =>
      (notified(of(event).pipe(frameOf(2)))[0] as RecurError).message;
    expect(message([3, Number.NaN])).toBe('frame: expected finite numbers, got NaN at [1]');
    expect(message(['1'])).toBe("frame: expected a number or an array of numbers, got '1' at [0]");
  });
});
