import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { dense, frame, gru, lstm, overlapAdd, recurBy, stateful } from '../../src/index.js';
import { sameBits } from '../laws/bits.js';
import { emitted, recurOf } from '../laws/nets.js';
import { messageOf } from './models.js';

// Which typed arrays are vectors, of this realm and of others, and what to do with bytes.

describe('typed arrays', () => {
  const numbers = [1, 2, 3, 100];
  const layer = lstm(4, 3, { seed: 1 });
  const want = () => stateful(layer)(numbers);

  test.each([Int8Array, Int16Array, Int32Array, Uint16Array, Uint32Array, Float64Array])(
    'a %o is taken as the numbers that it holds',
    Kind => {
      const x = Kind.from(numbers);
      sameBits(stateful(layer)(x as Int8Array), want());
      sameBits(layer.cell(undefined, x as Int8Array)[1], want());
      sameBits(emitted(recurOf(layer), [x]), [want()]);
      sameBits(emitted(recurBy(layer, { key: () => 0 }), [x]), [want()]);
      sameBits(stateful(layer).map([x as Int8Array]), [want()]);
      const [first] = emitted(frame(4) as never, [x]);
      expect([...(first as Float32Array)]).toEqual(numbers);
    },
  );

  test.each(['Float32Array', 'Float64Array', 'Int16Array', 'Uint32Array', 'Array'])(
    'a %s of another realm is one of this',
    name => {
      const x = runInNewContext(`${name}.from([1, 2, 3, 100])`) as number[];
      expect(x instanceof globalThis[name as 'Array']).toBe(false);
      sameBits(stateful(layer)(x), want());
      sameBits(emitted(recurOf(layer), [x]), [want()]);
      sameBits(stateful(layer).map([x]), [want()]);
      sameBits(emitted(recurBy(layer, { key: () => 0 }), [x]), [want()]);
      const h = { h: x.slice(0, 3), c: x.slice(1) };
      const own = { h: [1, 2, 3], c: [2, 3, 100] };
      sameBits(
        stateful(layer, { initialState: h as never })(numbers),
        stateful(layer, { initialState: own })(numbers),
      );
    },
  );

  const floats = Float32Array.of(0, 0.5, -1, 2, 3);
  const inBytes = floats.subarray(1);
  const bytes = new Uint8Array(inBytes.buffer, inBytes.byteOffset, inBytes.byteLength);
  const asView = 'take new Float32Array(x.buffer, x.byteOffset, x.byteLength / 4)';
  const odd: [string, ArrayBufferView | ArrayBuffer, string][] = [
    ['Uint8Array', bytes, asView],
    ['Uint8ClampedArray', new Uint8ClampedArray(bytes.buffer, 4, 16), asView],
    ['Buffer', Buffer.from(bytes.buffer as ArrayBuffer, 4, 16), asView],
    ['DataView', new DataView(bytes.buffer, 4, 16), asView],
    ['ArrayBuffer', inBytes.slice().buffer, 'take new Float32Array(x)'],
  ];

  test.each(odd)('a %s is refused with the view to take, which holds its floats', (_, x, view) => {
    const four = dense(4, 1);
    for (const run of [
      () => stateful(four)(x as never),
      () => stateful(dense(16, 1))(x as never),
      () => stateful(dense(1, 1)).map(x as never),
      () => emitted(recurOf(four), [x]),
      () => emitted(recurOf(four, { chunks: true }), [x]),
      () => emitted(recurBy(four, { key: () => 0, onInvalid: 'error' }), [x]),
      () => emitted(frame(2) as never, [x]),
      () => emitted(overlapAdd(16) as never, [x]),
      () => stateful(gru(1, 16), { initialState: x as never }),
    ]) {
      expect(messageOf(run)).toContain(`; ${view}, or, of bytes, Float32Array.from(x)`);
    }
    // The words are JavaScript.
    const taken = runInNewContext(view.slice('take '.length), { x, Float32Array }) as Float32Array;
    expect([...taken]).toEqual([0.5, -1, 2, 3]);
  });

  test('integers of 64 bits are refused', () => {
    expect(messageOf(() => stateful(layer)(BigInt64Array.of(1n, 2n, 3n, 4n) as never))).toBe(
      'lstm.x: expected [4] or [4, batch], got BigInt64Array of length 4; select makes it a vector',
    );
  });
});
