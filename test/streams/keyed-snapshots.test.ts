import fc from 'fast-check';
import { of } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { type Keyed, keyedSnapshots, RecurError, recur, rnn, stateful } from '../../src/index.js';
import { law } from '../laws/law.js';
import { keyedOf } from '../operators/keyed.js';

// The bytes of a checkpoint, by hand: what is written, read, and refused.

const sums = rnn(1, 1, {
  activation: 'identity',
  bias: false,
  params: { weightIh: [1], weightHh: [1] },
});
const counts = recur((h: number, x: number) => [h + x, h + x] as const, { initialState: 0 });

/** A checkpoint of sums by key. */
function bytesOf(model: unknown, events: readonly (readonly [unknown, number])[]): Uint8Array {
  let bytes = new Uint8Array();
  let keyed: Keyed<unknown> | undefined;
  const config = {
    key: ([key]: readonly [unknown, number]) => key,
    select: ([, x]: readonly [unknown, number]) => x,
    keyed: (own: Keyed<unknown>) => void (keyed = own),
    backend: 'portable',
  };
  const complete = () => void (bytes = keyed?.snapshots() ?? bytes);
  of(...events)
    .pipe(keyedOf(model, config))
    .subscribe({ complete });
  return bytes;
}

const floats = bytesOf(sums, [
  ['a', 1],
  [7, -2],
]);
const lines = bytesOf(counts, [
  ['a', 1],
  ['b', 2],
]);

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A checkpoint with another head. */
function withHead(json: object, states: readonly number[]): Uint8Array {
  const head = new TextEncoder().encode(JSON.stringify(json));
  const { length } = head;
  return Uint8Array.of(length & 255, length >> 8, 0, 0, ...head, ...states);
}
const head = {
  format: 'rxrecur/keys',
  version: 1,
  backend: 'portable',
  layer: 'Recur(RNNCell(1, 1, identity; bias=false))',
  shape: { layer: 'rnn', variables: [{ name: 'h', size: 1 }] },
  keys: ['a', 7] as unknown[],
};
const [one, minusTwo] = [
  [0, 0, 0x80, 0x3f],
  [0, 0, 0, 0xc0],
];

describe('the bytes', () => {
  test('are a count, JSON, and each state’s floats, little-endian', () => {
    const begin = 4 + floats[0] + 256 * floats[1];
    expect(begin % 8).toBe(0);
    const { graph, weights } = stateful(sums).snapshot();
    expect(JSON.parse(text(floats.subarray(4, begin)))).toEqual({ ...head, graph, weights });
    expect([...floats.subarray(begin)]).toEqual([...one, ...minusTwo]);
  });

  test('of states that may be anything are lines of JSON', () => {
    const begin = 4 + lines[0] + 256 * lines[1];
    const { shape, ...rest } = head;
    const json = JSON.parse(text(lines.subarray(4, begin)));
    const { graph, weights } = json;
    expect([graph, weights].join()).toMatch(/^[\da-f]{16},[\da-f]{16}$/);
    expect(json).toEqual({ ...rest, graph, weights, layer: String(counts), keys: ['a', 'b'] });
    expect(text(lines.subarray(begin))).toBe('[null,1]\n[null,2]\n');
  });

  test('may begin anywhere in a buffer, and are copied', () => {
    const larger = new Uint8Array(floats.length + 3);
    larger.set(floats, 3);
    const snapshots = keyedSnapshots(larger.subarray(3));
    larger.fill(0);
    expect(snapshots.get(7)?.state).toEqual(Float32Array.of(-2));
  });

  test('of 1,000 keys of 16 numbers are the numbers and 15 bytes a key', () => {
    const layer = rnn(1, 16, { seed: 1 });
    const keys = Array.from({ length: 1000 }, (_, i) => [`key ${1000 + i}`, 1] as const);
    const { length } = bytesOf(layer, keys);
    expect(length).toBeLessThan(1000 * (64 + 15));
  });
});

describe('keys', () => {
  const keys = ['', 'ü\n"', '\ud800', 0, -1.5, Number.NaN, Infinity, 2n ** 70n, -3n, true, null];
  const all = [...keys, undefined, '__proto__', '1', 1, 1n];

  test('of every kind come back as they were, those that look alike too', () => {
    const bytes = bytesOf(
      sums,
      all.map((key, i) => [key, i] as const),
    );
    const snapshots = keyedSnapshots(bytes);
    expect([...snapshots.keys()]).toEqual(all);
    expect(snapshots.size).toBe(all.length);
    for (const [i, key] of all.entries()) {
      expect(snapshots.has(key)).toBe(true);
      expect(snapshots.get(key)?.state).toEqual(Float32Array.of(i));
    }
    expect(snapshots.get('other')).toBe(undefined);
    expect(snapshots.has('other')).toBe(false);
  });
});

test('a snapshot goes on in any stream of the layer', () => {
  const snapshot = keyedSnapshots(floats).get(7);
  expect(stateful(sums, { restore: snapshot })(1)).toEqual(Float32Array.of(-1));
});

describe('bytes are refused', () => {
  test.each([
    ['floats', floats],
    ['lines', lines],
  ])('that were cut off anywhere, or are longer (%s)', (_, bytes) => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => keyedSnapshots(bytes.slice(0, length))).toThrow(RecurError);
    }
    expect(() => keyedSnapshots(Uint8Array.of(...bytes, 0))).toThrow(RecurError);
  });

  const states = [...one, ...minusTwo];
  const { shape } = head;
  const deep = (n: number): object => (n ? { members: [deep(n - 1)] } : shape);
  test.each<[string, Uint8Array]>([
    [
      'keyedSnapshots: expected four bytes that say where the states begin, got 2',
      Uint8Array.of(1, 2),
    ],
    [
      'keyedSnapshots: expected the states from byte 259 on, got 4 bytes; they were cut off, or are',
      Uint8Array.of(255, 0, 0, 0),
    ],
    ['keyedSnapshots: expected JSON in UTF-8 in bytes 4 to 6', Uint8Array.of(2, 0, 0, 0, 1, 2)],
    ["keyedSnapshots.format: expected 'rxrecur/keys', got undefined", withHead([], [])],
    ['keyedSnapshots.version: expected 1, got 2', withHead({ ...head, version: 2 }, states)],
    ['snapshot.backend: expected one of', withHead({ ...head, backend: 'gpu' }, states)],
    ['snapshot.layer: expected', withHead({ ...head, layer: 5 }, states)],
    ['keyedSnapshots.keys: expected an array, got 5', withHead({ ...head, keys: 5 }, states)],
    [
      'keyedSnapshots.keys: expected different keys, got 1 twice',
      withHead({ ...head, keys: [1, 1] }, states),
    ],
    ['keyedSnapshots.keys[1]: expected a string', withHead({ ...head, keys: ['a', {}] }, states)],
    [
      'keyedSnapshots.keys[0]: expected a whole',
      withHead({ ...head, keys: [{ $: 'bigint', value: 'x' }] }, one),
    ],
    [
      `keyedSnapshots: expected 8 bytes from byte ${4 + JSON.stringify(head).length} on ` +
        '(2 states of 1 float32 numbers), got 4 bytes',
      withHead(head, one),
    ],
    ['keyedSnapshots.shape.layer: expected', withHead({ ...head, shape: {} }, states)],
    [
      'keyedSnapshots.shape: expected networks in networks, at most 64 deep, got more',
      withHead({ ...head, shape: deep(70) }, states),
    ],
    [
      'keyedSnapshots.shape.members: expected an array, got 5',
      withHead({ ...head, shape: { members: 5 } }, states),
    ],
    [
      "keyedSnapshots.shape.'h': expected a size, got -1",
      withHead({ ...head, shape: { layer: 'rnn', variables: [{ name: 'h', size: -1 }] } }, states),
    ],
    [
      'keyedSnapshots: expected 2 lines of JSON from byte ',
      withHead({ ...head, shape: undefined }, [0x31, 0x0a]),
    ],
  ])('%s', (message, bytes) => {
    expect(() => keyedSnapshots(bytes)).toThrow(message);
  });

  test('that are none', () => {
    for (const other of [undefined, 'text', [1], new Float32Array(9)]) {
      expect(() => keyedSnapshots(other as never)).toThrow(/the bytes of a checkpoint/);
    }
  });

  test('when a damaged state is asked for, which is named by its place', () => {
    const damaged = withHead({ ...head, shape: undefined }, [0x31, 0x0a, 0x7b, 0x0a]);
    const snapshots = keyedSnapshots(damaged);
    expect(() => snapshots.get('a')).toThrow('keyedSnapshots: expected [batch, state] at byte ');
    expect(() => snapshots.get(7)).toThrow('keyedSnapshots: expected a line of JSON at byte ');
  });
});

law(
  'with any byte changed are a checkpoint still, or refused with a RecurError',
  [fc.constantFrom(floats, lines), fc.nat(), fc.integer({ min: 1, max: 255 })],
  (bytes, at, flip) => {
    const damaged = bytes.slice();
    damaged[at % damaged.length] ^= flip;
    try {
      for (const [, snapshot] of keyedSnapshots(damaged)) {
        expect(snapshot.format).toBe('rxrecur/state');
      }
    } catch (error) {
      expect(error).toBeInstanceOf(RecurError);
    }
  },
);
