import { concatMap, defer, endWith, map } from 'rxjs';
import type { NdArray } from '../arrays/ndarray.js';
import { checkNames, demand } from '../errors.js';
import type { EventOperator } from './layer.js';
import { checkSize, samplesReader } from './samples.js';
import { checkSource } from './source.js';

/** A piece of a signal: samples one after the other, however many, or one alone. */
export type Samples = number | ArrayLike<number> | NdArray;

/** Configuration of `frame`. */
export interface FrameConfig {
  /** True: on completion, samples that no frame has had yet come in one that ends in zeros. */
  readonly flush?: boolean | undefined;
}

const end = Symbol('end');

/**
 * Cuts a signal into frames of `size` samples that begin every `hop` samples, whatever pieces it
 * comes in: frame k holds the samples from k·hop on. A hop above `size` leaves samples out.
 *
 * An event is a vector of any length, also 0, or a number; it is copied. An emission is a
 * Float32Array `[size]`, yours, in the same turn as the sample that makes it whole. A new
 * subscription begins a new signal. On completion an incomplete frame is dropped, unless `flush`.
 *
 * Throws a RecurError for wrong arguments; an event that is no vector of finite numbers becomes an
 * error notification of that class, and none of its samples are used.
 *
 * @example
 * from([[1, 2, 3], [4], [5, 6]]).pipe(frame(3, 2)).subscribe(f => console.log(f.join(' ')));
 * // → 1 2 3, 3 4 5
 */
export function frame(
  size: number,
  hop: number = size,
  config: FrameConfig = {},
): EventOperator<Samples, Float32Array> {
  checkSize('frame.size', size);
  checkSize('frame.hop', hop);
  checkNames('frame', config, ['flush']);
  const { flush = false } = config;
  demand(typeof flush === 'boolean', 'frame.flush', 'true or false', flush);
  return source => {
    checkSource('frame', source, 'from(…) makes one');
    return defer(() => {
      const read = samplesReader('frame');
      const cut = cutter(size, hop);
      // concatMap, not a hand-written observer: it pulls nothing that nobody asked for, and what a
      // frame's own subscriber feeds back comes after the other frames of its event.
      return source.pipe(
        map(event => read(event)),
        endWith(end),
        concatMap(samples => (samples === end ? last() : cut.frames(samples as Float32Array))),
      );

      function last(): Float32Array[] {
        const rest = flush && cut.rest();
        return rest ? [rest] : [];
      }
    });
  };
}

/** Frames of the signal so far; `held` is the beginning of the next one. */
function cutter(size: number, hop: number) {
  const held = new Float32Array(size);
  let filled = 0;
  /** How many of the first of `held` an emitted frame has had. */
  let seen = 0;
  /** Samples to leave out before the next frame begins. */
  let skipped = 0;
  return {
    *frames(samples: Float32Array): Generator<Float32Array> {
      for (let from = 0; from < samples.length; ) {
        if (skipped > 0) {
          const left = Math.min(skipped, samples.length - from);
          skipped -= left;
          from += left;
          continue;
        }
        const part = samples.subarray(from, from + size - filled);
        held.set(part, filled);
        filled += part.length;
        from += part.length;
        if (filled < size) return;
        const whole = held.slice();
        held.copyWithin(0, hop);
        filled = seen = Math.max(0, size - hop);
        skipped = Math.max(0, hop - size);
        yield whole;
      }
    },
    /**
     * What no frame has had, with what overlaps it, zeros behind; undefined if there is nothing.
     */
    rest(): Float32Array | undefined {
      return filled > seen ? held.slice().fill(0, filled) : undefined;
    },
  };
}
