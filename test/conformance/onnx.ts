import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NdArray } from '../../src/core.js';
import { type AttributeDraft, encodeModel } from '../../src/io/onnx/encode.js';
import { onnxInitializers, readOnnx } from '../../src/io/onnx/index.js';
import type { SomeCell } from '../cells/kinds.js';
import { type Case, folder, readCases } from './cases.js';
import type { Matrix } from './layouts.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const places = resolve(root, folder, 'onnx');

/** The TensorProto in a file of ONNX's own tests: as the one initializer of a graph. */
function tensorIn(file: string): NdArray {
  const bytes = readFileSync(file);
  const tensor = [0x2a, ...varint(bytes.length), ...bytes];
  const model = Uint8Array.from([0x3a, ...varint(tensor.length), ...tensor]);
  const [array] = Object.values(onnxInitializers(model));
  return array;
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

/** `[steps, batch, features]` as `[batch][steps][features]`. */
export function sequences({ data, shape: [steps, batch, features] }: NdArray): Matrix[] {
  return Array.from({ length: batch }, (_, b) =>
    Array.from({ length: steps }, (__, t) => rowAt(data, (t * batch + b) * features, features)),
  );
}

function rowAt(data: ArrayLike<number>, from: number, length: number): number[] {
  return Array.from({ length }, (_, i) => data[from + i]);
}

/** The last `batch` rows of Y or Y_h, `[…, batch, hidden]`. */
function lastRows({ data, shape }: NdArray): number[][] {
  const [batch, size] = shape.slice(-2);
  const start = data.length - batch * size;
  return Array.from({ length: batch }, (_, b) => rowAt(data, start + b * size, size));
}

/** ONNX's own tests: weights come as inputs, and Y_h is the answer. */
export function onnxCases(): Case[] {
  const names = readdirSync(places).filter(name => name.startsWith('test_'));
  return names.map(name => {
    const file = readFileSync(join(places, name, 'model.onnx'));
    const data = join(places, name, 'test_data_set_0');
    const [x, ...weights] = readdirSync(data)
      .filter(own => own.startsWith('input_'))
      .sort()
      .map(own => tensorIn(join(data, own)));
    const inputs = ['W', 'R', 'B'].slice(0, weights.length);
    const initializers = Object.fromEntries(inputs.map((own, i) => [own, weights[i]]));
    const { cell } = readOnnx(new Uint8Array(file), { initializers });
    const values = lastRows(tensorIn(join(data, 'output_0.pb')));
    const expected = [{ step: x.shape[0] - 1, of: 'y', values }];
    return {
      name: `ONNX ${name}`,
      cell: cell as SomeCell,
      inputs: sequences(x),
      expected,
      tolerance: 1e-5,
    };
  });
}

interface Plain {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface NgraphCase {
  readonly op: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly node_inputs: readonly string[];
  readonly node_outputs: readonly string[];
  readonly inputs: Readonly<Record<string, Plain>>;
  readonly expected: Readonly<Record<string, Plain>>;
}

/** nGraph's: one node each. */
export interface NgraphModel {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly x: NdArray;
  /** By name: Y `[steps, 1, batch, hidden]`, Y_h and Y_c `[1, batch, hidden]`. */
  readonly expected: Readonly<Record<string, NdArray>>;
  /** Of each sequence, where they differ. */
  readonly lengths?: readonly number[] | undefined;
}

export function ngraphModels(): NgraphModel[] {
  const all = readCases<Record<string, NgraphCase>>('onnx/ngraph_lstm.json');
  return Object.entries(all).map(([name, one]) => {
    const { X, sequence_lens, ...weights } = one.inputs;
    const bytes = encodeModel({
      name,
      nodes: [
        {
          ...{ operator: one.op, name: '', outputs: one.node_outputs },
          inputs: one.node_inputs.map(own => (own === 'sequence_lens' ? '' : own)),
          attributes: attributesOf(one.attributes),
        },
      ],
      initializers: Object.entries(weights).map(([own, { shape, data }]) => {
        return { name: own, dims: shape, values: Float32Array.from(data) };
      }),
      inputs: [{ name: 'X', dims: ['steps', 'batch', X.shape[2]] }],
      outputs: one.node_outputs.map(own => ({ name: own, dims: one.expected[own].shape })),
    });
    const arrays = Object.entries(one.expected).map(([own, plain]) => [own, arrayOf(plain)]);
    const expected = Object.fromEntries(arrays);
    return { name, bytes, x: arrayOf(X), expected, lengths: sequence_lens?.data };
  });
}

function arrayOf({ shape, data }: Plain): NdArray {
  return { data, shape, stride: [], offset: 0 };
}

function attributesOf(given: Readonly<Record<string, unknown>>): Record<string, AttributeDraft> {
  const whole = new Set(['hidden_size', 'input_forget']);
  return Object.fromEntries(
    Object.entries(given).map(([name, value]): [string, AttributeDraft] => {
      if (typeof value === 'string') return [name, { text: value }];
      if (!Array.isArray(value)) {
        return [name, whole.has(name) ? { int: value as number } : { float: value as number }];
      }
      return [name, typeof value[0] === 'string' ? { texts: value } : { floats: value }];
    }),
  );
}

/** nGraph's models whose sequences are of one length, as cases. */
export function ngraphCases(): Case[] {
  return ngraphModels()
    .filter(({ lengths }) => !lengths)
    .map(({ name, bytes, x, expected: { Y, Y_h, Y_c } }) => {
      const [steps, , batch, hidden] = Y.shape;
      const all = Array.from({ length: steps }, (_, step) => {
        const from = step * batch * hidden;
        const values = Array.from({ length: batch }, (__, b) =>
          rowAt(Y.data, from + b * hidden, hidden),
        );
        return { step, of: 'y', values };
      });
      const last = steps - 1;
      return {
        name: `nGraph ${name}`,
        cell: readOnnx(bytes).cell as SomeCell,
        inputs: sequences(x),
        expected: [
          ...all,
          { step: last, of: 'h', values: lastRows(Y_h) },
          { step: last, of: 'c', values: lastRows(Y_c) },
        ],
        tolerance: 1e-5,
      };
    });
}
