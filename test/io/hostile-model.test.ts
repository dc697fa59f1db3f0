import { expect, test } from 'vitest';
import {
  chain,
  defineCell,
  dense,
  each,
  gru,
  lstm,
  RecurError,
  recur,
  rnn,
  stateful,
} from '../../src/index.js';
import { load, readSafetensors, save, writeSafetensors } from '../../src/io/index.js';
import { generator } from '../laws/streams.js';
import { described, edited, fileOf, partsOf, refusal } from './files.js';

const leaky = defineCell('Leaky', "h' = (1 - rate) * h + rate * squash(v + W_n x + U_n h)", {
  constants: { rate: 0.1 },
  vectors: { v: 0 },
  activations: { squash: { name: 'elu', alpha: 0.5 } },
});
const small = save(chain(recur(gru(1, 2, { seed: 1 }), { initialState: [1, 2] }), dense(2, 1)));
const own = save(leaky(1, 2, { seed: 1 }));
const loading = (bytes: Uint8Array) => refusal(() => load(bytes));

/** Loads bytes that may be anything: parameters that are finite, or a refusal. */
function tried(bytes: Uint8Array): 'loaded' | 'refused' {
  expect(soonest(bytes)).toBeLessThan(100);
  try {
    const model = load(bytes);
    const { tensors } = readSafetensors(bytes);
    const numbers = Object.values(tensors).flatMap(({ data }) => Array.from(data));
    expect(numbers.every(Number.isFinite)).toBe(true);
    expect(String(model)).not.toBe('');
    stateful(model).map([new Float32Array(model.inputSize)]);
    return 'loaded';
  } catch (error) {
    expect(error).toBeInstanceOf(RecurError);
    expect((error as RecurError).cause).not.toBeInstanceOf(TypeError);
    expect((error as Error).message).not.toMatch(/\p{C}/u);
    return 'refused';
  }
}

/** Milliseconds that loading or refusing takes; a machine with other work to do may try again. */
function soonest(bytes: Uint8Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 5 && least >= 100; attempt++) {
    const begin = performance.now();
    try {
      load(bytes);
    } catch {
      // Refused: tried() looks at how.
    }
    least = Math.min(least, performance.now() - begin);
  }
  return least;
}

function census(outcomes: readonly string[]) {
  const loaded = outcomes.filter(outcome => outcome === 'loaded').length;
  return { loaded, refused: outcomes.length - loaded };
}

test('a file cut short at any byte is refused', () => {
  for (let length = 0; length < small.length; length++) {
    expect(tried(small.subarray(0, length)), `${length} bytes`).toBe('refused');
  }
});

test('a file with a byte too many is refused', () => {
  expect(loading(Uint8Array.of(...small, 0))).toContain('bytes follow');
});

test('two thousand files with a flipped bit load finite parameters or are refused', {
  timeout: 60_000,
}, () => {
  const random = generator(1);
  const outcomes = Array.from({ length: 2000 }, (_, i) => {
    const bytes = (i % 2 ? small : own).slice();
    bytes[Math.floor(random() * bytes.length)] ^= 1 << Math.floor(random() * 8);
    return tried(bytes);
  });
  const { loaded, refused } = census(outcomes);
  expect(loaded).toBeGreaterThan(50);
  expect(refused).toBeGreaterThan(1000);
});

const junk = [
  null,
  true,
  -1,
  0,
  1.5,
  3,
  2 ** 24,
  2 ** 53,
  1e308,
  '',
  'tanh',
  "h' = h",
  '\u001b[31m',
  '__proto__',
  [],
  {},
  [[]],
  { $: 'Float32Array', data: '' },
  { $: 'number', value: 'NaN' },
  { $: 'undefined' },
  { name: 'elu', alpha: null },
  { chain: [] },
  JSON.parse('{"__proto__": {"toString": 1}}'),
];

/** Every place in a JSON value: the object or array, and the key. */
function placesIn(value: unknown): [Record<string, unknown>, string][] {
  if (typeof value !== 'object' || value === null) return [];
  const record = value as Record<string, unknown>;
  return Object.keys(record).flatMap(key => [
    [record, key] as [Record<string, unknown>, string],
    ...placesIn(record[key]),
  ]);
}

test('two thousand descriptions with a value replaced, removed or added load or are refused', {
  timeout: 60_000,
}, () => {
  const random = generator(2);
  const some = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)];
  const outcomes = Array.from({ length: 2000 }, (_, i) =>
    tried(
      described(i % 2 ? small : own, model => {
        const [record, key] = some(placesIn({ model }));
        const act = random();
        if (act < 0.6) record[key] = structuredClone(some(junk));
        else if (act < 0.8) delete record[key];
        else record[some(['', 'x', 'clip', 'σ', 'φ', '$', 'projectionSize'])] = some(junk);
      }),
    ),
  );
  const { loaded, refused } = census(outcomes);
  expect(loaded).toBeGreaterThan(20);
  expect(refused).toBeGreaterThan(1000);
});

test('a tensor that is missing, extra, misshapen or not finite is refused by its name', () => {
  const model = save(chain(lstm(2, 3, { seed: 1 }), dense(3, 1)));
  const { tensors, metadata } = readSafetensors(model);
  const changed = (edit: (all: typeof tensors & Record<string, unknown>) => void) => {
    const all = { ...tensors };
    edit(all);
    return loading(writeSafetensors(all, metadata));
  };
  expect(changed(all => delete (all as Record<string, unknown>)['0.biasHh'])).toBe(
    "model '0.biasHh': expected [12] (4 gates × 3), got none",
  );
  expect(changed(all => Object.assign(all, { '2.weight': tensors['1.weight'] }))).toBe(
    "model '2.weight': expected no such tensor, got [1, 3]",
  );
  const [weight] = [tensors['0.weightIh']];
  const turned = { ...weight, shape: [2, 12], stride: [1, 2] };
  expect(changed(all => Object.assign(all, { '0.weightIh': turned }))).toBe(
    "model '0.weightIh': expected [12, 2] (4 gates × 3, input 2), got [2, 12]; it is transposed",
  );
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const data = Float32Array.from(weight.data).fill(value, 7, 8);
    expect(changed(all => Object.assign(all, { '0.weightIh': { ...weight, data } }))).toBe(
      `model '0.weightIh': expected finite float32 numbers, got ${value} at [3, 1]`,
    );
  }
});

test('a model saved in half precision loads; one whose numbers are integers does not', () => {
  const bytes = save(
    rnn(1, 1, { params: { weightIh: [1], weightHh: [2], biasIh: [3], biasHh: [4] } }),
  );
  const as = (dtype: string, width: number) =>
    edited(bytes, parts => {
      for (const [i, tensor] of Object.values(parts.tensors).entries()) {
        Object.assign(tensor, { dtype, data_offsets: [i * width, (i + 1) * width] });
      }
      Object.assign(parts, { data: new Uint8Array(4 * width).fill(0x3c) });
    });
  expect(load(as('F16', 2)).params).toMatchObject({
    weightIh: { data: Float32Array.of(1.05859375) },
  });
  expect(loading(as('I32', 4))).toContain("safetensors 'weightIh': expected F32, F64, F16, BF16");
});

test('a file of another format, or of a newer version, is refused', () => {
  expect(loading(fileOf({}))).toBe(
    "model: expected a file of format 'rxrecur/model' in its metadata, got one without format;" +
      ' fromStateDict takes the tensors of a PyTorch state_dict',
  );
  expect(loading(fileOf({ __metadata__: { format: 'pt' } }))).toContain("got one of format 'pt'");
  expect(loading(edited(own, ({ metadata }) => (metadata.version = '2')))).toBe(
    "model.version: expected '1', got '2'; a newer library may have written it",
  );
  expect(loading(edited(own, ({ metadata }) => delete metadata.model))).toBe(
    'model: expected its description in the metadata, got none',
  );
  expect(partsOf(own).metadata.format).toBe('rxrecur/model');
});

test('a chain that says of its initial state neither yes nor no is refused', () => {
  const bytes = save(chain(rnn(1, 1, { seed: 1 })));
  const odd = described<{ initialState: unknown }>(bytes, model => (model.initialState = 3));
  expect(loading(odd)).toBe('model.initialState: expected true or false, got 3');
});

test('states of rows that are missing, too many or misshapen are refused by name', () => {
  const bytes = save(recur(each(2, rnn(1, 1, { seed: 1 })), { initialState: [[1], [2]] }));
  const renamed = (from: string, to: string) =>
    edited(bytes, ({ tensors }) => {
      tensors[to] = tensors[from];
      delete tensors[from];
    });
  expect(loading(renamed('initialState.1', 'initialState.2'))).toBe(
    'model.initialState.1: expected a tensor, got none',
  );
  expect(loading(renamed('initialState.1', 'initialState.1.h'))).toBe(
    'model.initialState.1: expected a tensor, got none',
  );
  expect(
    loading(described<{ settings: { count: number } }>(bytes, model => (model.settings.count = 1))),
  ).toBe("model.initialState: expected no such tensor, got '1'");
  const reshaped = edited(bytes, ({ tensors }) => (tensors['initialState.1'].shape = [1, 1, 1]));
  expect(loading(reshaped)).toBe(
    'model.each[1].rnn.initialState: expected [1] or [1, batch], got [1, 1, 1]',
  );
});
