import { batchNormCell } from '../../cells/batch-norm.js';
import { denseCell } from '../../cells/dense.js';
import { gruCell } from '../../cells/gru.js';
import { layerNormCell } from '../../cells/layer-norm.js';
import { lstmCell } from '../../cells/lstm.js';
import { preluCell } from '../../cells/prelu.js';
import { rnnCell } from '../../cells/rnn.js';
import { mismatch } from '../../errors.js';
import type { EquationSpec } from '../../graph/spec.js';
import { recur } from '../../operators/recur.js';
import { type AnyCell, type Cell, internals, shapesOf } from '../../streams/cell.js';
import { layerText } from '../../streams/model.js';
import { type RecurrentKind, transpose } from '../layouts.js';
import { withNext } from '../rebuild.js';
import { numberedNames } from './classes.js';
import { claimRecurrent } from './recurrent.js';
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
  return (where, { sizes: { input, hidden }, bias }, weights) =>
    claimRecurrent(where, kind, weights, { inputSize: input, units: hidden, bias, twoBiases });
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
  const found = leavesOf(cell).flatMap(weighted);
  const names = numberedNames(found.map(({ kind }) => kind));
  const params = found.map(({ claim }, i) => claim(weights.layer(names[i])));
  weights.settle();
  return recur(withNext(cell, params.values()) as Cell);
}

/** The members of a model, and those of its chains. */
function leavesOf(cell: AnyCell): readonly AnyCell[] {
  const { spec } = cell[internals];
  const isChain = 'members' in spec && spec.kind.name === 'chain';
  return isChain ? spec.members.flatMap(leavesOf) : [cell];
}

/** Keras's class for a member, and how its params are claimed; none for one without parameters. */
function weighted(cell: AnyCell): { kind: string; claim: (weights: Weights) => Params }[] {
  const { spec } = cell[internals];
  const where = layerText(cell);
  if (Object.keys(Object(cell.params)).length === 0) return [];
  if ('members' in spec && spec.kind.name === 'embedding') {
    const [{ shape }] = shapesOf(spec);
    const wanted = [{ name: 'embeddings', shape }] as const;
    const claim = (weights: Weights) => ({ weight: weights.claim(where, wanted).embeddings });
    return [{ kind: 'Embedding', claim }];
  }
  const found = spec.kind === 'equations' ? counterpartOf(spec) : undefined;
  if (!found || spec.kind !== 'equations') {
    const expected = 'rnn, lstm, gru, dense, embedding, layerNorm, batchNorm or prelu';
    throw mismatch('readKerasWeights', expected, where);
  }
  return [{ kind: found.kind, claim: weights => found.claim(where, spec, weights) }];
}

/** Keras's layer of the same equations. */
function counterpartOf({ definition }: EquationSpec): Counterpart | undefined {
  return counterparts().find(({ like }) => {
    const own = (like[internals].spec as EquationSpec).definition;
    return own.name === definition.name && own.text === definition.text;
  });
}
