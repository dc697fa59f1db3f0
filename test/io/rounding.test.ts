import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NdView, sizeOf } from '../../src/arrays/ndarray.js';
import { chain, dense, gru, lstm, recur, rnn, stateful } from '../../src/index.js';
import { half, halfBits } from '../../src/io/dtypes.js';
import {
  fromStateDict,
  load,
  type Rounding,
  readSafetensors,
  save,
  toStateDict,
  writeSafetensors,
} from '../../src/io/index.js';
import { uniform } from '../golden/generate.js';
import { sameBits } from '../laws/bits.js';
import { law } from '../laws/law.js';
import { emitted } from '../laws/nets.js';
import { signal, someSeed } from '../laws/streams.js';
import { partsOf, refusal } from './files.js';
import { someModel } from './models.js';

const formats = ['float16', 'int8'] as const;

interface Case {
  readonly name: string;
  readonly seed: number;
  readonly shape: number[];
  readonly rows: number[];
  readonly float16: { readonly values: string; readonly worst: number };
  readonly int8: { readonly values: string; readonly scales: string; readonly worst: number };
}

/** What numpy rounds to: golden/rounding.py. */
const golden: { readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('../golden/rounding.json', import.meta.url), 'utf8'),
);

function matrixOf({ seed, shape, rows }: Case): NdView {
  const values = uniform(seed, sizeOf(shape), 1);
  const columns = values.length / rows.length;
  const scaled = values.map((v, i) => v * Math.fround(rows[Math.floor(i / columns)]));
  return new NdView(scaled, shape);
}

/** The bytes of a tensor in a file, in base64. */
function bytesOf(file: Uint8Array, name: string): [dtype: string, bytes: string] {
  const { tensors, data } = partsOf(file);
  const { dtype, data_offsets: offsets } = tensors[name];
  return [dtype, Buffer.from(data.subarray(...offsets)).toString('base64')];
}

function roundedTo(weights: (typeof formats)[number], tensors: Record<string, NdView>) {
  let told: Rounding | undefined;
  const onRounded = (rounding: Rounding) => {
    told = rounding;
  };
  const file = writeSafetensors(tensors, {}, { weights, onRounded });
  return { file, told: told as Rounding };
}

test.each(golden.cases)('of $name a float16 file holds what numpy rounds to', given => {
  const { file, told } = roundedTo('float16', { w: matrixOf(given) });
  expect(bytesOf(file, 'w')).toEqual(['F16', given.float16.values]);
  expect(told.worst).toBe(given.float16.worst);
});

test.each(golden.cases)('of $name an int8 file holds the integers and scales of numpy', given => {
  const { file, told } = roundedTo('int8', { w: matrixOf(given) });
  expect(bytesOf(file, 'w')).toEqual(['I8', given.int8.values]);
  expect(bytesOf(file, 'w.scale')).toEqual(['F32', given.int8.scales]);
  expect(told.worst).toBe(given.int8.worst);
  expect(told.tensors.w.worst).toBe(given.int8.worst);
  const { tensors } = readSafetensors(file);
  expect(Object.keys(tensors)).toEqual(['w']);
  const integers = new Int8Array(Buffer.from(given.int8.values, 'base64'));
  const scales = new Float32Array(Uint8Array.from(Buffer.from(given.int8.scales, 'base64')).buffer);
  const columns = integers.length / scales.length;
  const products = Array.from(integers, (n, i) => n * scales[Math.floor(i / columns)]);
  // The product is exact in float32.
  expect(Array.from(tensors.w.data, v => v + 0)).toEqual(products.map(v => v + 0));
});

test('each number of 16 bits is read as IEEE 754 has it', () => {
  for (let bits = 0; bits < 65536; bits++) {
    const [sign, exponent, fraction] = [bits >> 15, (bits >> 10) & 31, bits & 1023];
    const special = fraction ? Number.NaN : Number.POSITIVE_INFINITY;
    const finite = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
    const want = (sign ? -1 : 1) * (exponent === 31 ? special : finite);
    if (!Object.is(half(bits), want)) throw new Error(`${bits}: ${half(bits)}, not ${want}`);
  }
});

test('float16 is the nearest, ties to even: at every number of 16 bits and between each two', () => {
  const word = new DataView(new ArrayBuffer(4));
  const neighbour = (v: number, by: number) => {
    word.setFloat32(0, v);
    word.setUint32(0, word.getUint32(0) + by);
    return word.getFloat32(0);
  };
  for (let bits = 0; bits < 0x7c00; bits++) {
    // Beyond the largest there would be 2¹⁶.
    const next = bits === 0x7bff ? 65536 : half(bits + 1);
    const between = (half(bits) + next) / 2;
    const even = bits % 2 === 0 ? bits : bits + 1;
    const got = [half(bits), neighbour(between, -1), between, neighbour(between, 1)].map(halfBits);
    if (String(got) !== String([bits, bits, even, bits + 1])) throw new Error(`${bits}: ${got}`);
    if (halfBits(-between) !== (0x8000 | even)) throw new Error(`-${bits}`);
  }
  expect(halfBits(-0)).toBe(0x8000);
  expect([halfBits(2 ** -149), halfBits(1e38), halfBits(-1e38)]).toEqual([0, 0x7c00, 0xfc00]);
  expect(half(halfBits(Number.NaN))).toBeNaN();
});

/** Half the distance of two neighbours, for a number in a row with this largest. */
const bounds = {
  float16: (v: number) => Math.max(Math.abs(v) * 2 ** -11, 2 ** -25),
  int8: (_: number, largest: number) => (largest / 254) * (1 + 2 ** -10) + 2 ** -149,
};

law(
  'a rounded model differs as far as it says, only in matrices, and is written again unchanged',
  [someModel, fc.constantFrom(...formats), someSeed],
  (model, weights, seed) => {
    let told: Rounding | undefined;
    const onRounded = (rounding: Rounding) => {
      told = rounding;
    };
    const file = save(model, { weights, onRounded });
    const loaded = load(file);
    expect(String(loaded)).toBe(String(model));
    const given = readSafetensors(save(model)).tensors;
    const { tensors } = readSafetensors(file);
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(given).sort());
    let worst = 0;
    for (const [name, tensor] of Object.entries(given)) {
      const values = Array.from(tensor.data);
      const { data } = tensors[name];
      const differences = values.map((v, i) => Math.abs(v - data[i]));
      const isRounded = name in (told as Rounding).tensors;
      if (!isRounded) sameBits(tensors[name], tensor);
      if (tensor.shape.length < 2) expect(isRounded).toBe(false);
      const columns = values.length / tensor.shape[0];
      for (const [i, difference] of differences.entries()) {
        const begin = i - (i % columns);
        const row = values.slice(begin, begin + columns);
        const largest = Math.max(...row.map(Math.abs));
        expect(difference).toBeLessThanOrEqual(bounds[weights](values[i], largest));
      }
      worst = Math.max(worst, ...differences);
    }
    expect((told as Rounding).worst).toBe(worst);
    // Again, and no bit changes; so the file says that nothing is off.
    const twice = readSafetensors(save(loaded, { weights }));
    expect(Object.keys(twice.tensors)).toEqual(Object.keys(tensors));
    for (const name of Object.keys(tensors)) sameBits(twice.tensors[name], tensors[name]);
    const { rounded, ...metadata } = readSafetensors(file).metadata;
    const isAny = Object.keys((told as Rounding).tensors).length > 0;
    const off = Number(worst.toPrecision(3));
    expect(rounded).toBe(isAny ? `${weights}, off by at most ${off}` : undefined);
    const second = isAny ? { rounded: `${weights}, off by at most 0` } : {};
    expect(twice.metadata).toEqual({ ...metadata, ...second });
    const again = load(save(loaded));
    const stream = signal(seed, model.inputSize, 4);
    sameBits(emitted(again, stream), emitted(loaded, stream));
  },
);

test('initial states are not rounded, of a batch either, nor biases, nor in int8 single columns', () => {
  const h = { data: [1 / 3, 2 / 3, 1, 2, 3, 4], shape: [3, 2], stride: [2, 1], offset: 0 };
  const begun = recur(rnn(1, 3, { seed: 1 }), { initialState: h });
  const kinds = (weights: 'float16' | 'int8') =>
    Object.fromEntries(
      Object.entries(partsOf(save(begun, { weights })).tensors).map(([name, { dtype }]) => [
        name,
        dtype,
      ]),
    );
  const floats = { biasIh: 'F32', biasHh: 'F32', 'initialState.h': 'F32' };
  expect(kinds('float16')).toEqual({ ...floats, weightIh: 'F16', weightHh: 'F16' });
  const scaled = { weightHh: 'I8', 'weightHh.scale': 'F32' };
  expect(kinds('int8')).toEqual({ ...floats, weightIh: 'F32', ...scaled });
  sameBits(load(save(begun, { weights: 'int8' })).initialState(), begun.initialState());
});

test('wider numbers lie first, each at a multiple of its width', () => {
  const model = chain(gru(3, 5, { seed: 1 }), dense(5, 3, { seed: 2 }));
  const widths: Readonly<Record<string, number>> = { F32: 4, F16: 2, I8: 1 };
  for (const weights of formats) {
    const { tensors, data } = partsOf(save(model, { weights }));
    const placed = Object.values(tensors).sort((a, b) => a.data_offsets[0] - b.data_offsets[0]);
    const found = placed.map(({ dtype }) => widths[dtype]);
    expect(found).toEqual([...found].sort((a, b) => b - a));
    for (const { dtype, data_offsets: offsets } of placed) {
      expect((data.byteOffset + offsets[0]) % widths[dtype]).toBe(0);
    }
  }
});

test('a number that the format cannot hold is refused by its tensor and row', () => {
  const of = (...values: number[]) => ({ w: new NdView(Float32Array.from(values), [2, 2]) });
  const refusing = (weights: 'float16' | 'int8', ...values: number[]) =>
    refusal(() => writeSafetensors(of(...values), {}, { weights }));
  expect(refusing('float16', 1, 2, 3, -65520)).toBe(
    "safetensors 'w': expected numbers within ±65504 for float16, got -65520 in row 1;" +
      " weights: 'int8' has a scale for each row, and 'float32' holds it",
  );
  const nearly = Math.fround(65519.99);
  sameBits(
    readSafetensors(writeSafetensors(of(1, 2, 3, nearly), {}, { weights: 'float16' })).tensors.w,
    of(1, 2, 3, 65504).w,
  );
  const big = recur(dense(2, 1, { params: { weight: [1, 1e5], bias: [1e9] } }));
  expect(refusal(() => save(big, { weights: 'float16' }))).toContain(
    "safetensors 'weight': expected numbers within ±65504",
  );
  sameBits(stateful(load(save(big, { weights: 'int8' })))([0, 0]), Float32Array.of(1e9));

  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  const odd = of(nan, infinity, -infinity, 1);
  sameBits(readSafetensors(writeSafetensors(odd, {}, { weights: 'float16' })).tensors.w, odd.w);
  expect(refusing('int8', 1, 2, 3, nan)).toBe(
    "safetensors 'w': expected finite numbers for int8, got NaN in row 1",
  );
  expect(refusing('int8', -infinity, 2, 3, 4)).toContain('got Infinity in row 0');
});

test('the largest and the smallest numbers of float32 keep within half a step of int8', () => {
  const largest = new Float32Array(Uint32Array.of(0x7f7fffff).buffer)[0];
  const values = Float32Array.of(largest, -1e38, 2 ** -149, 250 * 2 ** -149, 0, -0);
  const { file, told } = roundedTo('int8', { w: new NdView(values, [3, 2]) });
  const read = Array.from(readSafetensors(file).tensors.w.data);
  expect(read.every(Number.isFinite)).toBe(true);
  expect(Math.abs(read[0] / largest - 1)).toBeLessThan(2 ** -16);
  expect(read.slice(2).every(v => Math.abs(v) < 1e-40)).toBe(true);
  expect(told.worst).toBeLessThanOrEqual(largest / 254);
});

test('options of another name or kind are refused, and so is a name that the scales take', () => {
  const model = dense(2, 2);
  const wrong = (options: unknown) => refusal(() => save(model, options as never));
  expect(wrong({ weights: 'float64' })).toBe(
    "save.weights: expected 'float32', 'float16' or 'int8', got 'float64'",
  );
  expect(wrong({ weights: 'toString' })).toContain("got 'toString'");
  expect(wrong({ weight: 'int8' })).toContain("options named weights, onRounded, got 'weight'");
  expect(wrong({ onRounded: true })).toBe('save.onRounded: expected a function, got true');
  const w = new NdView(new Float32Array(4), [2, 2]);
  const beside = { w, 'w.scale': w };
  expect(refusal(() => writeSafetensors(beside, {}, { weights: 'int8' }))).toBe(
    "safetensors 'w.scale': expected another name, got the name of the scales of 'w'",
  );
  const { tensors } = readSafetensors(writeSafetensors(beside, {}, { weights: 'float16' }));
  expect(Object.keys(tensors)).toEqual(['w', 'w.scale']);
});

test('without rounding the callback is told of none', () => {
  let told: Rounding | undefined;
  save(dense(2, 2), {
    onRounded(rounding) {
      told = rounding;
    },
  });
  expect(told?.worst).toBe(0);
  expect(Object.keys(told?.tensors ?? { none: 1 })).toEqual([]);
});

test.each(formats)('parameters of PyTorch come out of %s as float32', weights => {
  const model = lstm(3, 4, { seed: 1 });
  const { tensors } = readSafetensors(writeSafetensors(toStateDict(model), {}, { weights }));
  const rounded = fromStateDict(lstm(3, 4), tensors);
  const loaded = load(save(model, { weights }));
  sameBits(rounded.params, loaded.params);
});
