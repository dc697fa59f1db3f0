import { batchNormCell } from '../../cells/batch-norm.js';
import { denseCell } from '../../cells/dense.js';
import { gruCell } from '../../cells/gru.js';
import { layerNormCell } from '../../cells/layer-norm.js';
import { lstmCell } from '../../cells/lstm.js';
import { preluCell } from '../../cells/prelu.js';
import { rnnCell } from '../../cells/rnn.js';
import { mismatch } from '../../errors.js';
import type { EquationSpec } from '../../graph/spec.js';
import { chainOf } from '../../layers/chain.js';
import { embeddingCell } from '../../layers/embedding.js';
import { recur } from '../../operators/recur.js';
import { type AnyCell, type Cell, equationCell, internals } from '../../streams/cell.js';
import { startingFrom } from '../../streams/function-cell.js';
import { layerText } from '../../streams/model.js';
import { canonicalWeights, layouts, type RecurrentKind, transpose } from '../layouts.js';
import { numberedNames } from './classes.js';
import type { Weights } from './weights.js';

type Params = Readonly<Record<string, Float32Array>>;

/** How weights of a layer of Keras are found for a cell. */
interface Counterpart {
  /** Keras's class. */
  readonly kind: string;
  /** A cell of the same equations. */
  readonly like: AnyCell;
  claim(where: string, spec: EquationSpec, weights: Weights): Params;
}

const counterparts = (): readonly Counterpart[] => [
  { kind: 'SimpleRNN', like: rnnCell(1, 1), claim: recurrent('rnn', false) },
  { kind: 'LSTM', like: lstmCell(1, 1), claim: recurrent('lstm', false) },
  { kind: 'GRU', like: gruCell(1, 1), claim: recurrent('gru', true) },
  { kind: 'GRU', like: gruCell(1, 1, { resetGate: 'before' }), claim: recurrent('gru', false) },
  { kind: 'Dense', like: denseCell(1, 1), claim: dense },
  { kind: 'LayerNormalization', like: layerNormCell(1), claim: normalisation(['gamma', 'beta']) },
  {
    kind: 'BatchNormalization',
    like: batchNormCell(1),
    claim: normalisation(['gamma', 'beta', 'moving_mean', 'moving_variance']),
  },
  { kind: 'PReLU', like: preluCell(1), claim: normalisation(['alpha']) },
];

/** The library's names of Keras's vectors. */
const vectors: Readonly<Record<string, string>> = {
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'runningMean',
  moving_variance: 'runningVar',
  alpha: 'alpha',
};

function recurrent(kind: RecurrentKind, twoBiases: boolean): Counterpart['claim'] {
  return (where, { sizes, bias }, weights) => {
    const width = layouts.keras[kind].length * sizes.hidden;
    const stored = weights.claim(where, [
      { name: 'kernel', shape: [sizes.input, width] },
      { name: 'recurrent_kernel', shape: [sizes.hidden, width] },
      ...(bias ? [{ name: 'bias', shape: twoBiases ? [2, width] : [width] } as const] : []),
    ] as const);
    return canonicalWeights(layouts.keras, kind, {
      kernel: stored.kernel,
      recurrent: stored.recurrent_kernel,
      bias: stored.bias?.subarray(0, width),
      recurrentBias: twoBiases ? stored.bias?.subarray(width) : undefined,
    });
  };
}

function dense(where: string, { sizes, bias }: EquationSpec, weights: Weights): Params {
  const stored = weights.claim(where, [
    { name: 'kernel', shape: [sizes.input, sizes.hidden] },
    ...(bias ? [{ name: 'bias', shape: [sizes.hidden] } as const] : []),
  ] as const);
  const weight = transpose(stored.kernel, sizes.input, sizes.hidden);
  return { weight, ...(bias && { bias: stored.bias }) };
}

function normalisation(names: readonly string[]): Counterpart['claim'] {
  return (where, { sizes }, weights) => {
    const wanted = names.map(name => ({ name, shape: [sizes.hidden] }));
    const stored = weights.claim(where, wanted);
    return Object.fromEntries(names.map(name => [vectors[name], stored[name]]));
  };
}

/** A model with the weights of a file, as a layer. */
export function withWeights(cell: AnyCell, weights: Weights, isNew: boolean): unknown {
  if (!isNew) {
    const hint = 'give the config, which names the layers, instead of a model';
    throw mismatch('.weights.h5', 'weights of Keras 3', 'those of Keras 2', hint);
  }
  const found = leavesOf(cell).map(leaf => weighted(leaf));
  const names = numberedNames(found.flatMap(one => (one ? [one.kind] : []))).values();
  const cells = found.map(one => one?.build(weights.layer(names.next().value as string)));
  weights.settle();
  return recur(rebuilt(cell, cells.values()) as Cell);
}

/** The members of a model, and those of its chains. */
function leavesOf(cell: AnyCell): readonly AnyCell[] {
  const { spec } = cell[internals];
  return spec.kind === 'chain' ? spec.members.flatMap(leavesOf) : [cell];
}

/** The model again, of its leaves in order; undefined is for one that stays. */
function rebuilt(cell: AnyCell, leaves: Iterator<AnyCell | undefined>): AnyCell {
  const { spec, initialState } = cell[internals];
  if (spec.kind !== 'chain') return startingFrom(leaves.next().value ?? cell, initialState);
  return startingFrom(chainOf(spec.members.map(m => rebuilt(m, leaves))), initialState);
}

/** A member that has weights: Keras's class, and the same cell with others. */
interface Weighted {
  readonly kind: string;
  build(weights: Weights): AnyCell;
}

function weighted(cell: AnyCell): Weighted | undefined {
  const { spec } = cell[internals];
  const where = layerText(cell);
  if (spec.kind === 'function') return undefined;
  if (spec.kind === 'layer' && spec.name === 'embedding') {
    const [count, size] = spec.shapes[0].shape;
    return {
      kind: 'Embedding',
      build: weights => embedded(where, count, size, weights),
    };
  }
  if (Object.keys(Object(cell.params)).length === 0) return undefined;
  const found = spec.kind === 'equations' ? counterpartOf(spec) : undefined;
  if (!found || spec.kind !== 'equations') {
    const expected = 'rnn, lstm, gru, dense, embedding, layerNorm, batchNorm or prelu';
    throw mismatch('readKerasWeights', expected, where);
  }
  return {
    kind: found.kind,
    build: weights => {
      return equationCell({ ...spec, params: found.claim(where, spec, weights) });
    },
  };
}

/** Keras's layer of the same equations. */
function counterpartOf({ definition }: EquationSpec): Counterpart | undefined {
  return counterparts().find(({ like }) => {
    const own = (like[internals].spec as EquationSpec).definition;
    return own.name === definition.name && own.text === definition.text;
  });
}

function embedded(where: string, count: number, size: number, weights: Weights): AnyCell {
  const wanted = [{ name: 'embeddings', shape: [count, size] }] as const;
  const { embeddings } = weights.claim(where, wanted);
  return embeddingCell(count, size, { params: { weight: embeddings } });
}
