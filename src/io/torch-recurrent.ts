import type { NdArray } from '../arrays/ndarray.js';
import { gruCell } from '../cells/gru.js';
import { lstmCell } from '../cells/lstm.js';
import { rnnCell } from '../cells/rnn.js';
import { mismatch, shapeText } from '../errors.js';
import { specify } from '../graph/spec.js';
import { bidirectionalCell } from '../layers/bidirectional.js';
import type { AnyCell } from '../streams/cell.js';
import { equationCell } from '../streams/equation-cell.js';
import type { TensorClaims } from './tensor-claims.js';
import type { StateDictModule, TorchModule } from './torch-draft.js';
import { type Direction, type Group, sizesOf, where } from './torch-groups.js';
import { projectedLstm } from './torch-modules.js';

/** One direction of one layer, its shapes read. */
interface Sizes {
  readonly input: number;
  readonly hidden: number;
  readonly gates: number;
  /** Length of its output: of the projection, or hidden. */
  readonly output: number;
  readonly projected: boolean;
}

/** A recurrent module: what its gates and sizes are follows from its shapes. */
export function recurrentDraft(
  { prefix, layers }: Group,
  claims: TensorClaims,
  options: StateDictModule,
): TorchModule {
  const sizes = layers.map(directions => {
    const own = Array.from(directions, direction => sizesOfDirection(prefix, direction, claims));
    checkSame(prefix, own);
    return own[0];
  });
  const directions = layers[0].length;
  for (const [k, { hidden, gates, input }] of sizes.entries()) {
    const [first, before] = [sizes[0], sizes[k - 1]];
    const expected = before ? before.output * directions : input;
    const fits = hidden === first.hidden && gates === first.gates && input === expected;
    if (fits && layers[k].length === directions) continue;
    const got = `one of ${gates} gates × ${hidden}, input ${input}`;
    throw mismatch(where(prefix), `a layer l${k} like l0, input ${expected}`, got);
  }
  const build = (claims: TensorClaims) =>
    layers.map((both, k) => {
      const cells = both.map(direction => cellOf(direction, sizes[k], claims, options));
      return cells.length === 1 ? cells[0] : bidirectionalCell(cells[0], 'concat', cells[1]);
    });
  const last = sizes[sizes.length - 1];
  const outputSize = last.output * directions;
  return { prefix, kind: 'recurrent', inputSize: sizes[0].input, outputSize, build };
}

function sizesOfDirection(
  prefix: string,
  direction: Direction | undefined,
  claims: TensorClaims,
): Sizes {
  const [ih, hh, hr] = ['weight_ih', 'weight_hh', 'weight_hr'].map(own => {
    return direction?.names.get(own);
  });
  const shapeOf = (name: string | undefined, own: string, meaning: string) =>
    sizesOf(
      name ?? prefix + own,
      name === undefined ? undefined : claims.shapeOf(name),
      2,
      meaning,
    );
  const [rows, input] = shapeOf(ih, 'weight_ih_l0', 'gates · hidden, input');
  const [, columns] = shapeOf(hh, 'weight_hh_l0', 'gates · hidden, hidden');
  const projected = hr !== undefined;
  const hidden = projected ? shapeOf(hr, 'weight_hr_l0', 'projection, hidden')[1] : columns;
  const gates = rows / hidden;
  const known = projected ? [4] : [1, 3, 4];
  if (!known.includes(gates)) {
    const expected = `${known.join(', ')} × ${hidden} rows (RNN 1, GRU 3, LSTM 4)`;
    throw mismatch(where(ih as string), expected, shapeText([rows, input]));
  }
  return { input, hidden, gates, output: columns, projected };
}

function checkSame(prefix: string, [forward, backward]: readonly Sizes[]): void {
  if (!backward || JSON.stringify(forward) === JSON.stringify(backward)) return;
  throw mismatch(where(prefix), 'directions of one size', 'two');
}

function cellOf(
  { names }: Direction,
  { input, hidden, gates, output, projected }: Sizes,
  claims: TensorClaims,
  { activation = 'tanh' }: StateDictModule,
): AnyCell {
  const rows = gates * hidden;
  const meaning = `${gates} gates × ${hidden}`;
  const claim = (own: string, shape: readonly number[], more = ''): NdArray =>
    claims.claim(names.get(own) as string, { shape, meaning: meaning + more });
  const biases = ['bias_ih', 'bias_hh'].filter(own => names.has(own));
  if (biases.length === 1)
    throw mismatch(where(names.get(biases[0]) as string), 'both biases', 'one');
  const bias = biases.length > 0;
  const params = {
    weightIh: claim('weight_ih', [rows, input], `, input ${input}`),
    weightHh: claim('weight_hh', [rows, output], `, hidden ${output}`),
    ...(projected && { weightHr: claim('weight_hr', [output, hidden]) }),
    ...(bias && { biasIh: claim('bias_ih', [rows]), biasHh: claim('bias_hh', [rows]) }),
  };
  if (projected) {
    const options = { projectionSize: output, bias, params };
    return equationCell(specify(projectedLstm(), input, hidden, options));
  }
  if (gates === 4) return lstmCell(input, hidden, { bias, params });
  if (gates === 3) return gruCell(input, hidden, { bias, params });
  return rnnCell(input, hidden, { activation, bias, params });
}
