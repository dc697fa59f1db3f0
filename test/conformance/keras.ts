import { readTfjs } from '../../src/io/tfjs/index.js';
import type { SomeCell } from '../cells/kinds.js';
import { type Case, readCases, type WholeCase } from './cases.js';
import { type FlatMatrix, type Matrix, rowsOf } from './layouts.js';

/** A layer as a config of Keras has it, with weights by their paths below the layer. */
interface Layer {
  readonly version: '2' | '3';
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: Readonly<Record<string, FlatMatrix>>;
}

/** The layer as the reader of Keras's configs makes it: out of a model.json and its shard. */
export function cellOf(features: number, { version, kind, config, weights }: Layer): SomeCell {
  const layer = { ...config, name: 'layer', batch_input_shape: [null, null, features] };
  const tensors = Object.entries(weights);
  const shard = Float32Array.from(tensors.flatMap(([, { data }]) => data));
  const specs = tensors.map(([name, { shape }]) => {
    return { name: `layer/${name}`, shape: [...shape], dtype: 'float32' };
  });
  const model = {
    modelTopology: {
      keras_version: version,
      class_name: 'Sequential',
      config: { layers: [{ class_name: kind, config: layer }] },
    },
    weightsManifest: [{ paths: ['shard'], weights: specs }],
  };
  return readTfjs(model, new Uint8Array(shard.buffer)).cell as SomeCell;
}

interface Keras2Case {
  readonly input: FlatMatrix;
  readonly weights: readonly FlatMatrix[];
  readonly expected: FlatMatrix;
  readonly attrs: {
    readonly attrs: Readonly<Record<string, unknown>> & {
      readonly return_sequences: boolean;
      readonly go_backwards: boolean;
    };
  };
}

/** keras-js: one sequence each. */
function keras2Layers() {
  return ['SimpleRNN', 'LSTM', 'GRU'].flatMap(kind => {
    const all = readCases<Record<string, Keras2Case>>(`keras2/${kind}.json`);
    return Object.entries(all).map(
      ([
        name,
        {
          input,
          weights,
          expected,
          attrs: { attrs },
        },
      ]) => {
        const [kernel, recurrent_kernel, bias] = weights;
        const layer: Layer = {
          ...{ version: '2', kind, config: attrs },
          weights: { kernel, recurrent_kernel, bias },
        };
        const answers = attrs.return_sequences ? rowsOf(expected) : [expected.data];
        return { name: `Keras 2 ${name}`, layer, attrs, steps: rowsOf(input), answers };
      },
    );
  });
}

/** As streams: to a layer that goes backwards, the sequence reversed. */
export function keras2Cases(): Case[] {
  return keras2Layers().map(({ name, layer, attrs, steps, answers }) => {
    const last = steps.length - 1;
    const config = { ...layer.config, go_backwards: false };
    return {
      name: `${name}${attrs.go_backwards ? ', input reversed' : ''}`,
      cell: cellOf(steps[0].length, { ...layer, config }),
      inputs: [attrs.go_backwards ? [...steps].reverse() : steps],
      expected: answers.map((units, t) => ({
        step: attrs.return_sequences ? t : last,
        of: 'y',
        values: [units],
      })),
      tolerance: 1e-5,
    };
  });
}

interface Constant {
  readonly init: 'Constant';
  readonly args: readonly [number];
}

interface Keras3Layer {
  readonly class: string;
  readonly args: readonly number[];
  readonly kernel_initializer: Constant;
  readonly recurrent_initializer: Constant;
  readonly bias_initializer: Constant;
  readonly go_backwards?: boolean;
  readonly unit_forget_bias?: boolean;
  readonly use_bias?: boolean;
  readonly reset_after?: boolean;
  readonly return_sequences?: boolean;
}

interface Keras3Case {
  readonly layer: Keras3Layer & {
    readonly layer?: Keras3Layer;
    readonly backward_layer?: Keras3Layer;
    readonly merge_mode?: string | null;
  };
  readonly calls: readonly { readonly args: readonly [readonly Matrix[]] }[];
  readonly output_path: readonly number[];
  /** `[batch][units]`, or `[batch][steps][units]`. */
  readonly expected: Matrix | readonly Matrix[];
}

const keras3 = () => readCases<{ cases: Keras3Case[] }>('keras3/correctness.json').cases;
const isBothWays = ({ layer }: Keras3Case) => layer.class === 'Bidirectional';
const inputsOf = ({ calls }: Keras3Case) => calls[calls.length - 1].args[0];

/** Keras 3's own tests as streams; to a layer that goes backwards, the sequence reversed. */
export function keras3Cases(): Case[] {
  return keras3()
    .filter(one => !isBothWays(one))
    .map(one => {
      const { layer } = one;
      const inputs = inputsOf(one);
      const values = one.expected as Matrix;
      return {
        name: titleOf(one),
        cell: cellOf(inputs[0][0].length, layerOf({ ...layer, go_backwards: false }, inputs)),
        inputs: layer.go_backwards ? inputs.map(steps => [...steps].reverse()) : inputs,
        expected: [{ step: inputs[0].length - 1, of: 'y', values }],
        tolerance: 2e-5,
      };
    });
}

/** Layers that go backwards, or both ways, on sequences as they are. */
export function kerasWholeCases(): WholeCase[] {
  // With all its outputs, a layer that goes backwards gives them from the last to the first.
  const old = keras2Layers().filter(({ attrs }) => attrs.go_backwards && !attrs.return_sequences);
  return [
    ...old.map(({ name, layer, steps, answers }) => ({
      ...{ name, inputs: [steps], expected: [answers], tolerance: 1e-5 },
      cell: cellOf(steps[0].length, layer),
    })),
    ...keras3()
      .filter(one => isBothWays(one) || one.layer.go_backwards)
      .map(wholeCase),
  ];
}

function wholeCase(one: Keras3Case): WholeCase {
  const { layer, output_path: path, expected } = one;
  const inputs = inputsOf(one);
  const described = isBothWays(one) ? bothWays(layer, inputs) : layerOf(layer, inputs);
  const all = expected as readonly (readonly unknown[])[];
  const isOneStep = !Array.isArray(all[0][0]);
  return {
    name: titleOf(one),
    cell: cellOf(inputs[0][0].length, described),
    inputs,
    expected: (isOneStep ? all.map(units => [units]) : all) as readonly Matrix[],
    // Two outputs come side by side: which half the case has.
    ...(path.length ? { half: path[0] } : {}),
    tolerance: 2e-5,
  };
}

function layerOf(layer: Keras3Layer, inputs: readonly Matrix[]): Layer {
  const { class: kind, args, use_bias, reset_after, go_backwards, return_sequences } = layer;
  const config = { units: args[0], use_bias, reset_after, go_backwards, return_sequences };
  return { version: '3', kind, config, weights: constants(layer, inputs[0][0].length) };
}

function bothWays(
  { layer, backward_layer, merge_mode }: Keras3Case['layer'],
  inputs: readonly Matrix[],
): Layer {
  const forward = layerOf(layer as Keras3Layer, inputs);
  const back = layerOf(backward_layer ?? (layer as Keras3Layer), inputs);
  const object = ({ kind, config }: Layer) => ({ class_name: kind, config });
  const named = ({ weights }: Layer, side: string) =>
    Object.entries(weights).map(([name, values]) => [`${side}_layer/${name}`, values]);
  const config = {
    layer: object(forward),
    ...(backward_layer && { backward_layer: object(back) }),
    merge_mode: merge_mode === undefined ? 'concat' : (merge_mode ?? 'concat'),
  };
  const weights = Object.fromEntries([...named(forward, 'forward'), ...named(back, 'backward')]);
  return { version: '3', kind: 'Bidirectional', config, weights };
}

/** Weights of one value each, as constant initialisers make them. */
function constants(layer: Keras3Layer, features: number): Layer['weights'] {
  const gates = { SimpleRNN: 1, GRU: 3, LSTM: 4 }[layer.class] ?? 0;
  const [units] = layer.args;
  const filled = (rows: number, { args: [value] }: Constant): FlatMatrix => {
    const shape = [rows, gates * units];
    return { data: new Array(rows * gates * units).fill(value), shape };
  };
  const kernel = filled(features, layer.kernel_initializer);
  const recurrent_kernel = filled(units, layer.recurrent_initializer);
  if (layer.use_bias === false) return { kernel, recurrent_kernel };
  const two = layer.class === 'GRU' && layer.reset_after !== false;
  const bias = filled(two ? 2 : 1, layer.bias_initializer);
  if (layer.class === 'LSTM' && layer.unit_forget_bias !== false)
    bias.data.fill(1, units, 2 * units);
  return { kernel, recurrent_kernel, bias: two ? bias : { ...bias, shape: [gates * units] } };
}

/** Class and options other than the constants: `LSTM, go_backwards=true`. */
function titleOf({ layer, output_path }: Keras3Case): string {
  const {
    class: name,
    args,
    implementation,
    layer: inner,
    ...options
  } = layer as never as Record<string, unknown> & { layer?: { class: string } };
  const told = Object.entries(options).filter(([, value]) => typeof value !== 'object' || !value);
  const texts = told.map(([key, value]) => `${key}=${value}`);
  const of = inner ? [`of ${inner.class}`] : [];
  const path = output_path.length ? [`output ${output_path}`] : [];
  return ['Keras 3', [name, ...of, ...texts, ...path].join(', ')].join(' ');
}
