import type { CellConstructor, OptionsOf, OutputOfText, StateOfText } from '../cells/define.js';
import { denseCell } from '../cells/dense.js';
import { fastGrnnCell } from '../cells/fast-grnn.js';
import { fastRnnCell } from '../cells/fast-rnn.js';
import { type GruOptions, gruCell } from '../cells/gru.js';
import { indRnnCell } from '../cells/ind-rnn.js';
import { janetCell } from '../cells/janet.js';
import { lemCell } from '../cells/lem.js';
import { liGruCell } from '../cells/li-gru.js';
import { lstmCell } from '../cells/lstm.js';
import { mguCell } from '../cells/mgu.js';
import { minGruCell } from '../cells/min-gru.js';
import { peepholeLstmCell } from '../cells/peephole-lstm.js';
import { rnnCell } from '../cells/rnn.js';
import { starCell } from '../cells/star.js';
import { ugrnnCell } from '../cells/ugrnn.js';
import type { Declarations } from '../graph/plan.js';
import { chainOf } from '../layers/chain.js';
import type { AnyCell } from '../streams/cell.js';
import type { Params, SameForm } from '../streams/forms.js';
import type { ChainCell, Fitting, PortMember } from '../streams/members.js';
import type { StateArray } from '../streams/state.js';
import type { Layer, LayerOf } from './layer.js';
import { recur } from './recur.js';

/**
 * Makes layers of one kind: `lstm(10, 15, options)` is `recur(lstmCell(10, 15, options))`, an RxJS
 * operator from vectors `[inputSize]` to vectors `[size]`, each subscription with a state of its
 * own.
 *
 * Equations, state and parameters are the cell's. Throws a RecurError for sizes, options and
 * parameters that are wrong; an invalid datum becomes an error notification.
 */
export type LayerConstructor<T extends string, D extends Declarations> = <
  const I extends number,
  const H extends number,
>(
  inputSize: I,
  size: H,
  options?: OptionsOf<D>,
) => Layer<StateOfText<T>, I, OutputOfText<T, H>, SameForm, Params>;

function layer<T extends string, D extends Declarations>(
  cell: CellConstructor<T, D>,
): LayerConstructor<T, D> {
  return (inputSize, size, options) => recur(cell(inputSize, size, options));
}

/**
 * `recur(rnnCell(…))`: a simple recurrent layer, as an operator.
 *
 * @example
 * from([[1, 2, 3]]).pipe(rnn(3, 8)).subscribe(y => console.log(y.length)); // → 8
 */
export const rnn = /* @__PURE__ */ layer(rnnCell);
/**
 * `recur(lstmCell(…))`: a long short-term memory, as an operator.
 *
 * @example
 * from([[1, 2, 3]]).pipe(lstm(3, 8)).subscribe(y => console.log(y.length)); // → 8
 */
export const lstm = /* @__PURE__ */ layer(lstmCell);
/**
 * `recur(peepholeLstmCell(…))`: an LSTM whose gates see the cell state, as an operator.
 *
 * @example
 * from([[1, 2, 3]]).pipe(peepholeLstm(3, 8)).subscribe(y => console.log(y.length)); // → 8
 */
export const peepholeLstm = /* @__PURE__ */ layer(peepholeLstmCell);
/**
 * `recur(mguCell(…))`: a minimal gated unit, as an operator.
 *
 * @example
 * from([[1, 2, 3]]).pipe(mgu(3, 8)).subscribe(y => console.log(y.length)); // → 8
 */
export const mgu = /* @__PURE__ */ layer(mguCell);
/**
 * `recur(liGruCell(…))`: a light GRU, as an operator.
 *
 * @example
 * from([[1, 2, 3]]).pipe(liGru(3, 8)).subscribe(y => console.log(y.length)); // → 8
 */
export const liGru = /* @__PURE__ */ layer(liGruCell);
/**
 * `recur(ugrnnCell(…))`: an update-gate recurrent network, as an operator.
 *
 * @example
 * from([[1, 2, 3]]).pipe(ugrnn(3, 8)).subscribe(y => console.log(y.length)); // → 8
 */
export const ugrnn = /* @__PURE__ */ layer(ugrnnCell);
/**
 * `recur(janetCell(…))`: an LSTM with the forget gate only, as an operator.
 *
 * @example
 * from([[1, 2, 3]]).pipe(janet(3, 8, { beta: 0 })).subscribe(y => console.log(y.length)); // → 8
 */
export const janet = /* @__PURE__ */ layer(janetCell);
/**
 * `recur(indRnnCell(…))`: an independently recurrent network, as an operator.
 *
 * @example
 * from([[1, 2, 3]]).pipe(indRnn(3, 8)).subscribe(y => console.log(y.length)); // → 8
 */
export const indRnn = /* @__PURE__ */ layer(indRnnCell);
/**
 * `recur(fastRnnCell(…))`: a simple RNN with a learned residual connection, as an operator.
 *
 * @example
 * from([[1, 2, 3]]).pipe(fastRnn(3, 8)).subscribe(y => console.log(y.length)); // → 8
 */
export const fastRnn = /* @__PURE__ */ layer(fastRnnCell);
/**
 * `recur(fastGrnnCell(…))`: a gated unit of few parameters, as an operator.
 *
 * @example
 * from([[1, 2, 3]]).pipe(fastGrnn(3, 8)).subscribe(y => console.log(y.length)); // → 8
 */
export const fastGrnn = /* @__PURE__ */ layer(fastGrnnCell);
/**
 * `recur(starCell(…))`: a stackable recurrent cell, as an operator.
 *
 * @example
 * from([[1, 2, 3]]).pipe(star(3, 8)).subscribe(y => console.log(y.length)); // → 8
 */
export const star = /* @__PURE__ */ layer(starCell);
/**
 * `recur(lemCell(…))`: long expressive memory, as an operator.
 *
 * @example
 * from([[1, 2, 3]]).pipe(lem(3, 8, { dt: 0.5 })).subscribe(y => console.log(y.length)); // → 8
 */
export const lem = /* @__PURE__ */ layer(lemCell);
/**
 * `recur(minGruCell(…))`: a minimal GRU, as an operator.
 *
 * @example
 * from([[1, 2, 3]]).pipe(minGru(3, 8)).subscribe(y => console.log(y.length)); // → 8
 */
export const minGru = /* @__PURE__ */ layer(minGruCell);
/**
 * `recur(denseCell(…))`: a fully connected layer without state, as an operator.
 *
 * @example
 * from([[1, 2, 3]]).pipe(dense(3, 8)).subscribe(y => console.log(y.length)); // → 8
 */
export const dense = /* @__PURE__ */ layer(denseCell);

/**
 * `recur(gruCell(…))`: a gated recurrent unit, as an operator.
 *
 * @example
 * from([[1, 2, 3]]).pipe(gru(3, 8)).subscribe(y => console.log(y.length)); // → 8
 */
export function gru<const I extends number, const H extends number>(
  inputSize: I,
  hiddenSize: H,
  options?: GruOptions,
): Layer<StateArray, I, H, SameForm, Params> {
  return recur(gruCell(inputSize, hiddenSize, options));
}

/**
 * `recur(chainCell(…))`: layers, cells and stateless functions in a row, as one operator whose
 * members are stepped together: `[inputSize]` of the first in, `[outputSize]` of the last out. A
 * reset resets them all; a datum that one member refuses moves none of them.
 *
 * Throws a RecurError for sizes that disagree and for members with configuration of their own.
 *
 * @example
 * const model = chain(lstm(10, 15), dense(15, 5));
 * String(model); // → Chain(Recur(LSTMCell(10, 15)), Dense(15, 5))
 */
export function chain<const M extends readonly [PortMember, ...PortMember[]]>(
  ...members: M & Fitting<M>
): LayerOf<ChainCell<M>> {
  return recur(chainOf<AnyCell>(members)) as LayerOf<AnyCell> as LayerOf<ChainCell<M>>;
}
