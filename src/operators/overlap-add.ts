import { concatMap, defer, endWith, map } from 'rxjs';
import type { NdArray } from '../arrays/ndarray.js';
import type { EventOperator } from './layer.js';
import { checkSize, samplesReader } from './samples.js';
import { checkSource } from './source.js';

const end = Symbol('end');

/**
 * Makes a signal of frames that begin every `hop` samples, at most `size`: each sample is the sum
 * of the frames over it, in double precision, rounded once. With windows whose sum over the hops is
 * 1 it undoes `frame`.
 *
 * An event is a vector `[size]`; it is copied. An emission is a Float32Array `[hop]`, yours: the
 * samples that later frames can't reach, one for each event. On completion what is left of the last
 * frames, `size − hop` samples, comes in chunks of `hop` too, of which the last may be shorter.
 *
 * Throws a RecurError for wrong arguments; an event that is no vector of `size` finite numbers
 * becomes an error notification of that class.
 *
 * @example
 * from([[1, 1, 1], [2, 2, 2]]).pipe(overlapAdd(3, 2)).subscribe(y => console.log(y.join(' ')));
 * // → 1 1, 3 2, 2
 */
export function overlapAdd(
  size: number,
  hop: number = size,
): EventOperator<ArrayLike<number> | NdArray, Float32Array> {
  checkSize('overlapAdd.size', size);
  checkSize('overlapAdd.hop', hop, size);
  return source => {
    checkSource('overlapAdd', source, 'from(…) makes one');
    return defer(() => {
      const read = samplesReader('overlapAdd', size);
      /** Of the frames so far, from the first sample that is not out yet; −0 changes no sum. */
      const sums = new Float64Array(size).fill(-0);
      let left = 0;
      return source.pipe(
        map(event => read(event)),
        endWith(end),
        concatMap(samples => (samples === end ? tail() : [add(samples as Float32Array)])),
      );

      function add(samples: Float32Array): Float32Array {
        for (let i = 0; i < size; i++) sums[i] += samples[i];
        left = size - hop;
        return shift(hop);
      }

      function* tail(): Generator<Float32Array> {
        for (; left > 0; left -= hop) yield shift(Math.min(left, hop));
      }

      function shift(count: number): Float32Array {
        const out = Float32Array.from(sums.subarray(0, count));
        sums.copyWithin(0, hop).fill(-0, size - hop);
        return out;
      }
    });
  };
}
