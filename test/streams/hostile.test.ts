import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NdView } from '../../src/arrays/ndarray.js';
import { RecurError, recur, stateful } from '../../src/index.js';
import { sameBits } from '../laws/bits.js';
import { law } from '../laws/law.js';
import { layer, running } from './running.js';

// JSON that a stranger's message may hold: refused with a RecurError, nothing changed.

const text = JSON.stringify(running().snapshot());

/** The snapshot with one thing of it changed. */
function changed(change: (json: { state: unknown[]; [key: string]: unknown }) => unknown): unknown {
  const json = JSON.parse(text);
  change(json);
  return json;
}

/** Asserts that `given` is refused by every way in, and that the state stays. */
function refuses(given: unknown, message: string | RegExp): void {
  const m = running();
  const { state } = m;
  const calls = [
    () => m.restore(given as never),
    () => stateful(layer, { restore: given as never }),
    () => recur(layer, { restore: given as never } as never),
  ];
  for (const call of calls) {
    expect(call).toThrow(RecurError);
    expect(call).toThrow(message);
  }
  sameBits(m.state, state);
}

const array = (data: unknown, more: object = {}) => ({ $: 'Float32Array', data, ...more });
const two = btoa('\0\0\0\0\0\0\0\0');

describe('JSON', () => {
  const parts: [what: string, h: unknown, message: string | RegExp][] = [
    ['no base64', array('!!!!'), "snapshot.state[0].h: expected base64 text, got '!!!!'"],
    ['no text', array(5), 'snapshot.state[0].h: expected base64 text, got 5'],
    ['no data', array(undefined), 'snapshot.state[0].h: expected base64 text, got undefined'],
    [
      'half an element',
      array(btoa('\0\0\0\0\0\0')),
      'snapshot.state[0].h: expected bytes of whole Float32Array elements, 4 each, got 6 bytes',
    ],
    ['too few', array(btoa('\0\0\0\0')), 'chain[0].lstm.initialState.h: expected [2]'],
    ['too many', array(btoa('\0'.repeat(12))), 'chain[0].lstm.initialState.h: expected [2]'],
    ['no such class', { $: 'Evil', data: two }, "expected an encoded array or number, got 'Evil'"],
    ['a class by prototype', { $: 'toString', data: two }, "got 'toString'"],
    ['an odd number', { $: 'number', value: '1e999' }, "got 'number'"],
    [
      'a lying shape',
      { $: 'ndarray', dtype: 'Float32Array', shape: [2, 5], data: two },
      'snapshot.state[0].h: expected a shape of 2 elements, got [2,5]',
    ],
    [
      'a shape of the wrong sign',
      { $: 'ndarray', dtype: 'Float32Array', shape: [-1, -2], data: two },
      'expected a shape of 2 elements, got [-1,-2]',
    ],
    [
      'no shape',
      { $: 'ndarray', dtype: 'Float32Array', data: two },
      'expected a shape of 2 elements, got none',
    ],
    [
      'a batch that the snapshot does not say',
      { $: 'ndarray', dtype: 'Float32Array', shape: [2, 1], data: two },
      'chain[0].lstm.restore: expected a state of batch 0, got one of batch 1',
    ],
    ['pairs that are none', { $: 'object', entries: [1] }, 'expected pairs of a name and a value'],
    ['entries that are none', { $: 'object' }, 'expected pairs of a name and a value'],
    ['a text', 'zeros', "chain[0].lstm.initialState.h: expected [2] or [2, batch], got 'zeros'"],
    ['texts', ['0', '0'], 'chain[0].lstm.initialState.h: expected [2]'],
    ['nothing', null, 'chain[0].lstm.initialState.h: expected [2] or [2, batch], got null'],
  ];

  test.each(parts)('with %s for an array is refused', (_, h, message) => {
    refuses(
      changed(json => Object.assign(json.state[0] as object, { h })),
      message,
    );
  });

  const wholes: [what: string, change: (json: { state: unknown[] }) => unknown, message: string][] =
    [
      [
        'another version',
        json => Object.assign(json, { version: '1' }),
        "snapshot.version: expected 1, got '1'",
      ],
      [
        'no version',
        json => Reflect.deleteProperty(json, 'version'),
        'snapshot.version: expected 1, got undefined',
      ],
      [
        'another backend',
        json => Object.assign(json, { backend: 'x' }),
        "snapshot.backend: expected one of portable, simd, relaxed-fma, relaxed-nofma, got 'x'",
      ],
      [
        'no layer',
        json => Object.assign(json, { layer: {} }),
        "snapshot.layer: expected a layer's text",
      ],
      ['another layer', json => Object.assign(json, { layer: 'Chain()' }), 'got one of Chain()'],
      [
        'half a batch',
        json => Object.assign(json, { batch: 0.5 }),
        'snapshot.batch: expected null or a count, got 0.5',
      ],
      [
        'a lying batch',
        json => Object.assign(json, { batch: 2 ** 40 }),
        'expected a state of batch 1099511627776',
      ],
      [
        'no state',
        json => Reflect.deleteProperty(json, 'state'),
        'chain.initialState: expected a tuple of 3, got undefined',
      ],
      ['a member missing', json => json.state.pop(), 'chain.initialState: expected a tuple of 3'],
      [
        "a member's state missing",
        json => (json.state[0] = { $: 'undefined' }),
        'chain[0].lstm.restore: expected the state h, c, got undefined',
      ],
      [
        'a state for a layer without one',
        json => (json.state[1] = 5),
        'chain[1].dense.initialState: expected undefined',
      ],
      [
        'one state of two',
        json => Reflect.deleteProperty(json.state[0] as object, 'c'),
        'chain[0].lstm.initialState: expected { h, c }',
      ],
      [
        'one state too many',
        json => Object.assign(json.state[0] as object, { d: [0, 0] }),
        'chain[0].lstm.initialState: expected { h, c }',
      ],
    ];

  test.each(wholes)('with %s is refused', (_, change, message) =>
    refuses(changed(change), message),
  );

  test('that nests too deeply is refused without a stack overflow', () => {
    for (const levels of [65, 1e5]) {
      const deep = JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);
      refuses(
        changed(json => {
          json.state[2] = deep;
        }),
        'expected at most 64 levels, got more',
      );
    }
  });

  test('with __proto__ among its keys reaches no prototype', () => {
    const evil = JSON.parse('{"__proto__": {"h": [0, 0], "c": [0, 0]}}');
    refuses(
      changed(json => {
        json.state[0] = evil;
      }),
      'chain[0].lstm.initialState: expected { h, c }',
    );
    const m = running();
    m.restore(
      changed(json => {
        json.state[2] = JSON.parse('{"__proto__": {"polluted": true}}');
      }) as never,
    );
    expect({}).not.toHaveProperty('polluted');
    expect(Object.getPrototypeOf(m.state[2])).toBe(Object.prototype);
  });

  test('with getters that throw, or a proxy, is refused or read once, never half-restored', () => {
    const m = running();
    const { state } = m;
    const trap = {
      format: 'rxrecur/state',
      version: 1,
      get backend(): string {
        throw new Error('trap');
      },
    };
    expect(() => m.restore(trap)).toThrow('trap');
    sameBits(m.state, state);
  });
});

law('any JSON at all is refused with a RecurError, the state kept', [fc.jsonValue()], json => {
  const m = running();
  const { state } = m;
  expect(() => m.restore(json as never)).toThrow(RecurError);
  sameBits(m.state, state);
  const wrapped = { ...JSON.parse(text), state: [json, { $: 'undefined' }, 0] };
  expect(() => m.restore(wrapped)).toThrow(RecurError);
  sameBits(m.state, state);
});

test('a batch in a snapshot is as wide as its states', () => {
  const m = stateful(layer);
  m(new NdView(Float32Array.of(1, 2, 3), [1, 3]) as never);
  const json = JSON.parse(JSON.stringify(m.snapshot()));
  for (const batch of [0, 1, 2, 4, null, 2 ** 31]) {
    expect(() => m.restore({ ...json, batch })).toThrow(RecurError);
  }
  m.restore(json);
});
