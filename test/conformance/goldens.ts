import { gruCell, lstmCell } from '../../src/core.js';
import type { SomeCell } from '../cells/kinds.js';
import { type Case, readCases } from './cases.js';
import { cellOf } from './keras.js';
import { type Matrix, transpose } from './layouts.js';

interface CandleCase {
  readonly w_ih: string;
  readonly w_hh: string;
  readonly b_ih: readonly number[];
  readonly h: readonly number[];
  readonly c?: readonly number[];
}

interface Small {
  readonly candle_lstm: CandleCase & { readonly x: string };
  readonly candle_gru: CandleCase;
  readonly tfjs_gru_stateful_linear: { readonly units: number; readonly h: readonly number[] };
  readonly tfjs_gru_ones: TfjsSizes & { readonly steps: number; readonly h: readonly number[] };
  readonly tfjs_lstm_ones: TfjsSizes & {
    readonly h_t0: number;
    readonly h_t1: number;
    readonly c_t1: number;
    readonly stateful_3steps_then_3_more: readonly [number, number];
  };
}

interface TfjsSizes {
  readonly units: number;
  readonly inputSize: number;
}

/** candle's values from PyTorch, and tfjs's layers of constants. */
export function smallCases(): Case[] {
  const small = readCases<Small>('goldens/small.json');
  const steps = small.candle_lstm.x.match(/\d+(?=,|$)/g)?.slice(-7) ?? [];
  const x = steps.map(Number).map(v => [v, v / 2]);
  return [
    candle('candle LSTM', lstmCell as never, small.candle_lstm, x),
    candle('candle GRU', gruCell as never, small.candle_gru, x),
    ...tfjs(small),
  ];
}

function candle(
  name: string,
  make: (inputSize: number, size: number, options: object) => SomeCell,
  { w_ih, w_hh, b_ih, h, c }: CandleCase,
  x: Matrix,
): Case {
  const params = {
    weightIh: waves(w_ih),
    weightHh: waves(w_hh),
    biasIh: b_ih,
    biasHh: b_ih.map(Math.cos),
  };
  const step = x.length - 1;
  const expected = [{ step, of: 'h', values: [h] }, ...(c ? [{ step, of: 'c', values: [c] }] : [])];
  const cell = make(x[0].length, h.length, { params });
  return { name, cell, inputs: [x], expected, tolerance: 1e-4 };
}

/** `cos(arange(24)).reshape(12,2)`, flat. */
function waves(text: string): number[] {
  const [, wave, count] = /^(cos|sin)\(arange\((\d+)\)\)\.reshape\(\d+,\d+\)$/.exec(text) ?? [];
  const of = { cos: Math.cos, sin: Math.sin }[wave];
  if (!of) throw new SyntaxError(text);
  return Array.from({ length: Number(count) }, (_, i) => of(i));
}

function tfjs({ tfjs_gru_stateful_linear: linear, tfjs_gru_ones, tfjs_lstm_ones }: Small): Case[] {
  const filled = (rows: number, columns: number, value: number): number[][] =>
    Array.from({ length: rows }, () => new Array(columns).fill(value));
  const layer = (kind: 'LSTM' | 'GRU', units: number, activation: string, rest: number) => {
    const columns = (kind === 'LSTM' ? 4 : 3) * units;
    const flat = (rows: number, value: number) => {
      return { data: new Array(rows * columns).fill(value), shape: [rows, columns] };
    };
    const weights = {
      kernel: flat(2, 1),
      recurrent_kernel: flat(units, rest),
      bias: { ...flat(1, rest), shape: [columns] },
    };
    const config = { units, activation, recurrent_activation: 'hard_sigmoid' };
    return cellOf(2, { version: '2', kind, config, weights });
  };
  const sequences = (batch: number, steps: number, value: number) =>
    Array.from({ length: batch }, () => filled(steps, 2, value));
  const all = (batch: number, units: number, step: number, of: string, value: number) => ({
    step,
    of,
    values: filled(batch, units, value),
  });
  const { units, h_t0, h_t1, c_t1, stateful_3steps_then_3_more: later } = tfjs_lstm_ones;
  return [
    {
      name: 'tfjs GRU, linear and stateful',
      cell: layer('GRU', linear.units, 'linear', 0),
      inputs: sequences(4, 6, 1),
      expected: [2, 5].map((step, k) => all(4, linear.units, step, 'y', linear.h[k])),
      tolerance: 1e-4,
    },
    {
      name: 'tfjs GRU of ones',
      cell: layer('GRU', tfjs_gru_ones.units, 'tanh', 1),
      inputs: sequences(4, tfjs_gru_ones.steps, 0),
      expected: tfjs_gru_ones.h.map((h, step) => all(4, tfjs_gru_ones.units, step, 'y', h)),
      tolerance: 1e-4,
    },
    {
      name: 'tfjs LSTM of ones',
      cell: layer('LSTM', units, 'tanh', 1),
      inputs: sequences(4, 6, 1),
      expected: [
        all(4, units, 0, 'h', h_t0),
        all(4, units, 1, 'h', h_t1),
        all(4, units, 1, 'c', c_t1),
        all(4, units, 2, 'y', later[0]),
        all(4, units, 5, 'y', later[1]),
      ],
      tolerance: 1e-4,
    },
  ];
}

type BurnGate = readonly [
  inputWeight: Matrix,
  inputBias: number[],
  hiddenWeight: Matrix,
  hiddenBias: number[],
];

interface Burn {
  readonly tensors: Readonly<
    Record<'input' | 'expected_output_with_h0' | 'expected_output_no_h0', readonly Matrix[]>
  > & { readonly h0: Matrix };
}

/** burn's GRU against PyTorch, with and without a state to begin at. */
export function burnCases(): Case[] {
  return Object.values(readCases<Record<string, Burn>>('goldens/burn_gru.json')).flatMap(one => {
    const { tensors, ...rest } = one;
    const [groups] = Object.values(rest) as Record<string, Record<string, BurnGate>>[];
    const { reset_gate, update_gate, new_gate } = groups.gru;
    const gates = [reset_gate, update_gate, new_gate];
    const params = {
      weightIh: gates.flatMap(gate => transpose(gate[0])),
      weightHh: gates.flatMap(gate => transpose(gate[2])),
      biasIh: gates.flatMap(gate => gate[1]),
      biasHh: gates.flatMap(gate => gate[3]),
    };
    const cell = gruCell(reset_gate[0].length, reset_gate[1].length, { params }) as SomeCell;
    const { input: inputs, h0, expected_output_with_h0, expected_output_no_h0 } = tensors;
    const steps = ([outputs]: readonly Matrix[]) =>
      outputs.map((y, step) => ({ step, of: 'y', values: [y] }));
    const common = { cell, inputs, tolerance: 5e-4 };
    return [
      {
        ...common,
        name: 'burn GRU from h0',
        initialState: { h: h0 },
        expected: steps(expected_output_with_h0),
      },
      { ...common, name: 'burn GRU from zeros', expected: steps(expected_output_no_h0) },
    ];
  });
}
