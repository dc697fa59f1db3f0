import type { ActivationName } from '../../src/core.js';
import { gruCell, peepholeLstmCell } from '../../src/core.js';
import type { SomeCell } from '../cells/kinds.js';
import { type Case, readCases } from './cases.js';
import { type FlatMatrix, orders, reorder, rowsOf } from './layouts.js';

interface WebnnOptions {
  readonly bias?: FlatMatrix;
  readonly recurrentBias?: FlatMatrix;
  readonly peepholeWeight?: FlatMatrix;
  readonly resetAfter?: boolean;
  readonly layout?: keyof typeof orders.webnn;
  readonly activations?: readonly { readonly fn: ActivationName }[];
}

/** The arguments as WebNN's functions take them: tensors, then the hidden size, then options. */
interface WebnnCase {
  readonly test: string;
  readonly fn: 'gruCell' | 'lstmCell';
  readonly args: readonly (FlatMatrix | number | WebnnOptions)[];
  readonly output: number;
  readonly expectedShape: readonly number[];
  readonly expected: number[];
}

/** webnn-baseline's gruCell and lstmCell: one step of a batch from a given state. */
export function webnnCases(): Case[] {
  return readCases<{ cases: WebnnCase[] }>('webnn/cells.json').cases.map(one => {
    const at = one.args.findIndex(arg => typeof arg === 'number');
    const [x, weight, recurrentWeight, ...states] = one.args.slice(0, at) as FlatMatrix[];
    const size = one.args[at] as number;
    const options = (one.args[at + 1] ?? {}) as WebnnOptions;
    const names = ['h', 'c'].slice(0, states.length);
    const make = one.fn === 'gruCell' ? gru : lstm;
    return {
      name: `${one.test}, output ${names[one.output]}`,
      cell: make(weight, recurrentWeight, size, options),
      inputs: rowsOf(x).map(features => [features]),
      initialState: Object.fromEntries(names.map((name, k) => [name, rowsOf(states[k])])),
      expected: [
        {
          step: 0,
          of: names[one.output],
          values: rowsOf({ data: one.expected, shape: one.expectedShape }),
        },
      ],
      tolerance: 1e-5,
    };
  });
}

function gru(
  weight: FlatMatrix,
  recurrentWeight: FlatMatrix,
  size: number,
  options: WebnnOptions,
): SomeCell {
  const { layout = 'zrn', resetAfter = true, activations = [] } = options;
  const [gateActivation, activation] = activations.map(({ fn }) => fn);
  const params = stacked(weight, recurrentWeight, options, layout, orders.own.gru);
  const resetGate = resetAfter ? 'after' : 'before';
  return gruCell(weight.shape[1], size, {
    resetGate,
    gateActivation,
    activation,
    params,
  }) as SomeCell;
}

function lstm(
  weight: FlatMatrix,
  recurrentWeight: FlatMatrix,
  size: number,
  options: WebnnOptions,
): SomeCell {
  const { layout = 'iofg', activations = [], peepholeWeight } = options;
  const [gateActivation, activation, outputActivation] = activations.map(({ fn }) => fn);
  const peepholes = peepholeWeight?.data ?? new Array<number>(3 * size).fill(0);
  const [p_i, p_o, p_f] = [0, 1, 2].map(k => peepholes.slice(k * size, (k + 1) * size));
  const params = {
    ...stacked(weight, recurrentWeight, options, layout, orders.own.lstm),
    ...{ p_i, p_f, p_o },
  };
  return peepholeLstmCell(weight.shape[1], size, {
    gateActivation,
    activation,
    outputActivation,
    params,
  }) as SomeCell;
}

function stacked(
  weight: FlatMatrix,
  recurrentWeight: FlatMatrix,
  { bias, recurrentBias }: WebnnOptions,
  from: string,
  to: string,
) {
  const zeros = new Array<number>(weight.shape[0]).fill(0);
  return {
    weightIh: reorder(rowsOf(weight), from, to),
    weightHh: reorder(rowsOf(recurrentWeight), from, to),
    biasIh: reorder(bias?.data ?? zeros, from, to),
    biasHh: reorder(recurrentBias?.data ?? zeros, from, to),
  };
}
