import {
  type AnyCell,
  type Cell,
  type CellOptions,
  defineCell,
  denseCell,
  fastGrnnCell,
  fastRnnCell,
  gruCell,
  indRnnCell,
  janetCell,
  lemCell,
  liGruCell,
  lstmCell,
  mguCell,
  minGruCell,
  peepholeLstmCell,
  type ReferenceState,
  rnnCell,
  starCell,
  ugrnnCell,
} from '../../src/core.js';
import type { EquationSpec } from '../../src/graph/spec.js';
import { internals, type PortCell } from '../../src/streams/cell.js';

/** A cell whose state is known at run time only. */
export type SomeCell = Cell<unknown, number, number>;
export type MakeCell = (inputSize: number, size: number, options?: CellOptions) => SomeCell;

/** Every cell of the library, GRU in both forms. */
export const builtIn = {
  rnn: rnnCell,
  lstm: lstmCell,
  peepholeLstm: peepholeLstmCell,
  gru: gruCell,
  'gru, reset before': (i, h, o) => gruCell(i, h, { ...o, resetGate: 'before' }),
  mgu: mguCell,
  liGru: liGruCell,
  ugrnn: ugrnnCell,
  janet: janetCell,
  indRnn: indRnnCell,
  fastRnn: fastRnnCell,
  fastGrnn: fastGrnnCell,
  star: starCell,
  lem: lemCell,
  minGru: minGruCell,
  dense: denseCell,
} as Record<string, MakeCell>;

/** A leaky integrator: a constant that an option overrides. */
export const leakyCell = defineCell(
  'Leaky',
  `
  n  = φ(W_n x + U_n h)
  h' = (1 - rate) * h + rate * n
  `,
  { constants: { rate: 0.25 } },
);

/** `torch.nn.LSTM` with `proj_size`, in the library's language. */
export const projectedLstmCell = defineCell(
  'ProjectedLSTM',
  `
  i  = σ(W_i x + U_i h)
  f  = σ(W_f x + U_f h)
  g  = φ(W_g x + U_g h)
  o  = σ(W_o x + U_o h)
  c' = f * c + i * g
  h' = V_h (o * ψ(c'))
  `,
  { biasIh: { f: 1 } },
);

/** An LSTM without output activation whose hidden state is projected: U has fewer columns. */
export const projectedCell = defineCell(
  'Projected',
  `
  i  = σ(W_i x + U_i h)
  f  = σ(W_f x + U_f h)
  g  = φ(W_g x + U_g h)
  c' = f * c + i * g
  h' = V_h c'
  `,
  { biasIh: { f: 1 } },
);

/** An output apart from the state, a slot of its own, a vector, a scalar, a map without bias. */
export const slottedCell = defineCell(
  'Slotted',
  `
  m  = W x
  k  = gate(m + p * h + offset)
  h' = h - k * (h - φ(U (k * h) + m))
  y  = -h' + scale * k
  `,
  {
    vectors: { p: 0.5 },
    scalars: { offset: -0.5 },
    constants: { scale: 2 },
    activations: { gate: 'hardSigmoid', φ: 'softsign' },
  },
);

/** A state, a vector and a scaled input of input size: an average that follows the input. */
export const followingCell = defineCell(
  'Following',
  `
  d        = x - average
  average' = average + rate * d
  h'       = φ(W_h (gain * d) + U_h h)
  `,
  {
    vectors: { gain: 0.5 },
    sizes: { average: 'input', gain: 'input' },
    statistics: ['gain'],
    constants: { rate: 0.125 },
  },
);

/** Cells as users write them. */
export const own = {
  leaky: leakyCell,
  projected: (i, h, o) => projectedCell(i, h, { projectionSize: Math.ceil(h / 2), ...o }),
  slotted: slottedCell,
  following: followingCell,
} as Record<string, MakeCell>;

/** Both, as rows of a table. */
export const allKinds = Object.entries({ ...builtIn, ...own });

/** What the library knows of a cell made of equations. */
export function specOf(cell: PortCell): EquationSpec {
  const { spec } = cell[internals];
  if (spec.kind !== 'equations') throw new TypeError(`${cell} is not made of equations`);
  return spec;
}

/** A state of a cell as the reference takes it: float64 arrays by name, also where there is one. */
export function byName(cell: AnyCell, state: unknown): ReferenceState {
  const { states } = specOf(cell).definition.plan;
  if (states.length === 0) return {};
  const record = states.length === 1 ? { [states[0].name]: state } : (state as object);
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, Float64Array.from(value)]),
  );
}

/** The other way: a state by name as the cell takes it, which rounds it to float32. */
export function asCellState(cell: AnyCell, state: ReferenceState): unknown {
  const { states } = specOf(cell).definition.plan;
  return states.length === 1 ? state[states[0].name] : states.length ? state : undefined;
}
