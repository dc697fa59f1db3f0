import { type ActivationName, gruCell, lstmCell, rnnCell } from '../../src/core.js';
import type { SomeCell } from '../cells/kinds.js';
import { type Case, readCases } from './cases.js';
import {
  type FlatMatrix,
  type Kind,
  type Matrix,
  orders,
  reorder,
  rowsOf,
  transpose,
} from './layouts.js';

/** What Keras 2 and 3 say of a recurrent layer, in words that both share. */
interface KerasLayer {
  readonly kind: Kind;
  /** `[features, gates · units]`. */
  readonly kernel: Matrix;
  /** `[units, gates · units]`. */
  readonly recurrent: Matrix;
  readonly bias?: readonly number[];
  /** The second bias of a GRU with reset_after. */
  readonly recurrentBias?: readonly number[];
  readonly activation: string;
  readonly recurrentActivation: string;
  readonly resetAfter: boolean;
}

/** Names of activations; hard_sigmoid is Keras 2's, clip(0.2 x + 0.5). */
const activations: Readonly<Record<string, ActivationName>> = {
  linear: 'identity',
  tanh: 'tanh',
  sigmoid: 'sigmoid',
  hard_sigmoid: 'hardSigmoid',
};

/** A Keras layer as a cell: transposed, its gates in the library's order. */
export function kerasCell(layer: KerasLayer): SomeCell {
  const { kind, kernel, recurrent, bias, recurrentBias } = layer;
  const [from, to] = [orders.keras[kind], orders.own[kind]];
  const zeros = kernel[0].map(() => 0);
  const params = {
    weightIh: reorder(transpose(kernel), from, to),
    weightHh: reorder(transpose(recurrent), from, to),
    ...(bias && {
      biasIh: reorder(bias, from, to),
      biasHh: reorder(recurrentBias ?? zeros, from, to),
    }),
  };
  const activation = activations[layer.activation];
  const gateActivation = activations[layer.recurrentActivation];
  const common = { activation, bias: bias !== undefined, params };
  const [inputSize, size] = [kernel.length, recurrent.length];
  if (kind === 'rnn') return rnnCell(inputSize, size, common) as SomeCell;
  const gated = { ...common, gateActivation };
  if (kind === 'lstm') {
    return lstmCell(inputSize, size, { ...gated, outputActivation: activation }) as SomeCell;
  }
  const resetGate = layer.resetAfter ? 'after' : 'before';
  return gruCell(inputSize, size, { ...gated, resetGate }) as SomeCell;
}

const kinds: Readonly<Record<string, Kind>> = { SimpleRNN: 'rnn', LSTM: 'lstm', GRU: 'gru' };

interface Keras2Case {
  readonly input: FlatMatrix;
  readonly weights: readonly FlatMatrix[];
  readonly expected: FlatMatrix;
  readonly attrs: {
    readonly attrs: {
      readonly activation: string;
      readonly recurrent_activation?: string;
      readonly return_sequences: boolean;
      readonly go_backwards: boolean;
    };
  };
}

/** keras-js: one sequence each; a layer that goes backwards gets it reversed. */
export function keras2Cases(): Case[] {
  return Object.entries(kinds).flatMap(([file, kind]) =>
    Object.entries(readCases<Record<string, Keras2Case>>(`keras2/${file}.json`)).map(
      ([
        name,
        {
          input,
          weights,
          expected,
          attrs: { attrs },
        },
      ]) => {
        const [kernel, recurrent, bias] = weights;
        const steps = rowsOf(input);
        if (attrs.go_backwards) steps.reverse();
        const last = steps.length - 1;
        const values = attrs.return_sequences ? rowsOf(expected) : [expected.data];
        return {
          name: `Keras 2 ${name}${attrs.go_backwards ? ', input reversed' : ''}`,
          cell: kerasCell({
            kind,
            kernel: rowsOf(kernel),
            recurrent: rowsOf(recurrent),
            bias: bias.data,
            activation: attrs.activation,
            recurrentActivation: attrs.recurrent_activation ?? 'sigmoid',
            resetAfter: false,
          }),
          inputs: [steps],
          expected: values.map((units, t) => ({
            step: attrs.return_sequences ? t : last,
            of: 'y',
            values: [units],
          })),
          tolerance: 1e-5,
        };
      },
    ),
  );
}

interface Constant {
  readonly init: 'Constant';
  readonly args: readonly [number];
}

interface Keras3Case {
  readonly file: string;
  readonly layer: {
    readonly class: string;
    readonly args: readonly number[];
    readonly kernel_initializer: Constant;
    readonly recurrent_initializer: Constant;
    readonly bias_initializer: Constant;
    readonly go_backwards?: boolean;
    readonly unit_forget_bias?: boolean;
    readonly use_bias?: boolean;
    readonly reset_after?: boolean;
    readonly layer?: { readonly class: string };
    readonly merge_mode?: string | null;
  };
  readonly calls: readonly { readonly args: readonly [readonly Matrix[]] }[];
  readonly output_path: readonly number[];
  readonly expected: Matrix;
}

/** Keras 3's own tests; Bidirectional layers see the future and are left out, by name. */
export function keras3Cases(): { cases: Case[]; leftOut: string[] } {
  const all = readCases<{ cases: Keras3Case[] }>('keras3/correctness.json').cases;
  const isCausal = ({ layer }: Keras3Case) => Object.hasOwn(kinds, layer.class);
  return {
    cases: all.filter(isCausal).map(keras3Case),
    leftOut: all.filter(one => !isCausal(one)).map(titleOf),
  };
}

/** Class and options other than the constants: `LSTM, go_backwards=true`. */
function titleOf({ layer, output_path }: Keras3Case): string {
  const {
    class: name,
    args,
    layer: inner,
    implementation,
    ...options
  } = layer as never as Record<string, unknown> & { layer?: { class: string } };
  const told = Object.entries(options).filter(([, value]) => typeof value !== 'object' || !value);
  const texts = told.map(([key, value]) => `${key}=${value}`);
  const of = inner ? [`of ${inner.class}`] : [];
  const path = output_path.length ? [`output ${output_path}`] : [];
  return ['Keras 3', [name, ...of, ...texts, ...path].join(', ')].join(' ');
}

function keras3Case(one: Keras3Case): Case {
  const { layer, calls, expected } = one;
  const [units] = layer.args;
  const kind = kinds[layer.class];
  const gates = orders.keras[kind];
  const [inputs] = calls[calls.length - 1].args;
  const fill = (rows: number, { args: [value] }: Constant): number[][] =>
    Array.from({ length: rows }, () => new Array(gates.length * units).fill(value));
  const [bias] = fill(1, layer.bias_initializer);
  const recurrentBias = [...bias];
  if (kind === 'lstm' && layer.unit_forget_bias !== false) bias.fill(1, units, 2 * units);
  const resetAfter = kind === 'gru' && layer.reset_after !== false;
  return {
    name: titleOf(one),
    cell: kerasCell({
      kind,
      kernel: fill(inputs[0][0].length, layer.kernel_initializer),
      recurrent: fill(units, layer.recurrent_initializer),
      ...(layer.use_bias === false ? {} : { bias, ...(resetAfter ? { recurrentBias } : {}) }),
      activation: 'tanh',
      recurrentActivation: 'sigmoid',
      resetAfter,
    }),
    inputs: layer.go_backwards ? inputs.map(steps => [...steps].reverse()) : inputs,
    expected: [{ step: inputs[0].length - 1, of: 'y', values: expected }],
    tolerance: 2e-5,
  };
}
