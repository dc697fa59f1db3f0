import { activationCell } from '../../cells/activation.js';
import { batchNormCell } from '../../cells/batch-norm.js';
import { denseCell } from '../../cells/dense.js';
import { preluCell } from '../../cells/prelu.js';
import { softmaxCell } from '../../cells/softmax.js';
import { describe, mismatch } from '../../errors.js';
import type { Activation } from '../../graph/activations.js';
import { causalConv1dCell } from '../../layers/causal-conv1d.js';
import type { AnyCell } from '../../streams/cell.js';
import { isPlainObject } from '../../streams/values.js';
import { quoted } from '../json.js';
import { shown } from '../keras/fields.js';
import { canonicalConvolution, transpose } from '../layouts.js';
import { nestedNumbers, nestedShape } from '../nested-numbers.js';
import type { Problem } from '../unreadable.js';
import { checkSame, countOf, type LayerRecord, lastSize, vector } from './layer-record.js';
import { recurrent } from './recurrent.js';

/** A layer of the file, understood but for its weights. */
export interface RtneuralLayer {
  /** Length of its output. */
  readonly size: number;
  /** Numbers that a step makes and keeps. */
  work(inputSize: number): number;
  /** Its cells for an input of that size; throws a RecurError for weights that do not fit. */
  build(inputSize: number): readonly AnyCell[];
}

type Build = (record: LayerRecord, inputSize: number) => readonly AnyCell[];

const builders: ReadonlyMap<string, Build> = new Map<string, Build>([
  ['dense', dense],
  ['time-distributed-dense', dense],
  ['lstm', recurrent('lstm')],
  ['gru', recurrent('gru')],
  ['conv1d', conv1d],
  ['prelu', prelu],
  ['batchnorm', batchNorm],
  ['activation', activate],
]);

const elementwise: ReadonlyMap<string, Activation> = new Map<string, Activation>([
  ['', 'identity'],
  ['tanh', 'tanh'],
  ['relu', 'relu'],
  ['sigmoid', 'sigmoid'],
  ['elu', 'elu'],
]);

/** What is read, by names of the file. */
export const rtneuralNames = {
  layers: [...builders.keys()],
  activations: [...elementwise.keys()],
};

/** What RTNeural's script writes of a layer, and names that people give. */
const fields = [
  ...['type', 'activation', 'shape', 'weights', 'name'],
  ...['kernel_size', 'dilation', 'groups', 'epsilon'],
];

/** A layer, or why it cannot run here; throws a RecurError where the file makes no sense. */
export function readLayer(where: string, layer: unknown): RtneuralLayer | Problem {
  if (!isPlainObject(layer)) throw mismatch(where, 'a layer', describe(layer));
  const { type, activation = '', weights = [] } = layer;
  if (typeof type !== 'string') throw mismatch(`${where} type`, 'a string', describe(type));
  if (typeof activation !== 'string') {
    throw mismatch(`${where} activation`, 'a string', describe(activation));
  }
  const at = `${where} ${quoted(type)}`;
  const build = builders.get(type);
  if (!build) return { where: at, why: type === 'unknown' ? unknownText(layer) : foreign };
  if (!isKnown(type, activation)) {
    const recurrent = type === 'lstm' || type === 'gru';
    const why = `activation ${quoted(activation)}${recurrent ? ', where RTNeural has tanh' : ''}`;
    return { where: at, why };
  }
  const odd = Object.keys(layer).find(name => !fields.includes(name) && layer[name] !== null);
  if (odd !== undefined) return { where: at, why: `an unknown field, ${quoted(odd)}` };
  if (!Array.isArray(weights)) throw mismatch(`${at} weights`, 'an array', describe(weights));
  const size = lastSize(`${at} shape`, layer.shape);
  const record = { where: at, layer, size, weights, activation };
  return {
    size,
    work: inputSize => size + (type === 'conv1d' ? kept(record, inputSize) : 0),
    build: inputSize => build(record, inputSize),
  };
}

const foreign = 'no layer of a stream of vectors that RTNeural has';

/** RTNeural's script writes `unknown` for classes of Keras that it has no name for. */
function unknownText({ activation = '' }: Readonly<Record<string, unknown>>): string {
  if (activation === '') return 'a layer of Keras whose class the file does not tell';
  return `the activation ${shown(activation)}, which RTNeural skips; type 'activation' is read`;
}

/**
 * True for what that script writes for the InputLayer that begins every functional model: a layer
 * without weights that leaves its input as it is, as RTNeural leaves it.
 */
export function isInputLayer(layer: unknown, inShape: unknown): boolean {
  if (!isPlainObject(layer) || layer.type !== 'unknown') return false;
  const { activation = '', weights = [], shape, ...others } = layer;
  const isBare = Array.isArray(weights) && weights.length === 0 && activation === '';
  // Some versions of Keras tell a shape for each output.
  const [first, second]: unknown[] = Array.isArray(shape) ? shape : [];
  const own: unknown = Array.isArray(first) && second === undefined ? first : shape;
  const isSame =
    Array.isArray(own) &&
    Array.isArray(inShape) &&
    own.length === inShape.length &&
    own.every((size, i) => size === inShape[i]);
  return isBare && isSame && Object.keys(others).length === 1;
}

function isKnown(type: string, activation: string): boolean {
  if (type === 'lstm' || type === 'gru') return activation === '' || activation === 'tanh';
  return elementwise.has(activation) || activation === 'softmax';
}

function activate(record: LayerRecord, inputSize: number): readonly AnyCell[] {
  checkSame(record, inputSize);
  const { activation, size } = record;
  if (activation === 'softmax') return [softmaxCell(size)];
  return [activationCell(size, elementwise.get(activation) as Activation)];
}

/** A layer and its activation, which is a layer of its own only where it is not elementwise. */
function activated(
  { activation, size }: LayerRecord,
  make: (activation: Activation) => AnyCell,
): readonly AnyCell[] {
  if (activation !== 'softmax') return [make(elementwise.get(activation) as Activation)];
  return [make('identity'), softmaxCell(size)];
}

function dense(record: LayerRecord, inputSize: number): readonly AnyCell[] {
  const { where, size, weights } = record;
  const bias = countOf(record, 1, 2) === 2;
  const kernel = nestedNumbers(`${where} kernel`, weights[0], {
    shape: [inputSize, size],
    meaning: `input ${inputSize}, output ${size}`,
  });
  const params = {
    weight: transpose(kernel, inputSize, size),
    ...(bias && { bias: vector(record, 'bias', weights[1]) }),
  };
  return activated(record, activation => denseCell(inputSize, size, { activation, bias, params }));
}

/** Keras's kernel `[kernelSize, input / groups, output]`, causal. */
function conv1d(record: LayerRecord, inputSize: number): readonly AnyCell[] {
  const { where, size, weights } = record;
  const bias = countOf(record, 1, 2) === 2;
  const [kernelSize, dilation, groups] = convolutionSizes(record);
  if (inputSize % groups || size % groups) {
    const got = `input ${inputSize}, output ${size}`;
    throw mismatch(where, `sizes that are multiples of ${groups} groups`, got);
  }
  const columns = inputSize / groups;
  const shape = [kernelSize, columns, size] as const;
  const kernel = nestedNumbers(`${where} kernel`, weights[0], {
    shape,
    meaning: `kernel ${kernelSize}, input ${inputSize} / groups ${groups}, output ${size}`,
  });
  const params = {
    weight: canonicalConvolution(kernel, shape),
    ...(bias && { bias: vector(record, 'bias', weights[1]) }),
  };
  return activated(record, activation =>
    causalConv1dCell(inputSize, size, kernelSize, { dilation, groups, bias, activation, params }),
  );
}

/** Numbers that a convolution carries from step to step. */
function kept(record: LayerRecord, inputSize: number): number {
  const [kernelSize, dilation] = convolutionSizes(record);
  return (kernelSize - 1) * dilation * inputSize;
}

/** Kernel size, dilation and groups: each a number, or Keras's array of one. */
function convolutionSizes({ where, layer }: LayerRecord): readonly number[] {
  return (['kernel_size', 'dilation', 'groups'] as const).map(name => {
    const given = layer[name] ?? (name === 'kernel_size' ? undefined : 1);
    return lastSize(`${where} ${name}`, typeof given === 'number' ? [given] : given);
  });
}

function prelu(record: LayerRecord, inputSize: number): readonly AnyCell[] {
  checkSame(record, inputSize);
  const { size, weights, where } = record;
  countOf(record, 1, 1);
  const [, shared] = nestedShape(weights[0], 2);
  const length = shared === 1 ? 1 : size;
  const shape = [1, length];
  const given = nestedNumbers(`${where} alpha`, weights[0], { shape, meaning: `size ${size}` });
  const alpha = length === size ? given : new Float32Array(size).fill(given[0]);
  return [preluCell(size, { params: { alpha } })];
}

/** Keras's gamma, beta, mean, variance; the first two are absent where they are 1 and 0. */
function batchNorm(record: LayerRecord, inputSize: number): readonly AnyCell[] {
  checkSame(record, inputSize);
  const { size, weights, where, layer } = record;
  const { epsilon } = layer;
  const affine = countOf(record, 2, 4) === 4;
  if (weights.length === 3) throw mismatch(`${where} weights`, '2 or 4 arrays', '3');
  if (typeof epsilon !== 'number' || !(epsilon >= 0) || epsilon > 1e6) {
    throw mismatch(`${where} epsilon`, 'a number from 0 to 1e6', describe(epsilon));
  }
  const [mean, variance] = weights.slice(-2);
  const runningVar = vector(record, 'variance', variance);
  const low = runningVar.findIndex(v => !(v + epsilon > 0));
  if (low >= 0) throw mismatch(`${where} variance`, 'positive numbers', `${runningVar[low]}`);
  const params = {
    weight: affine ? vector(record, 'gamma', weights[0]) : new Float32Array(size).fill(1),
    bias: affine ? vector(record, 'beta', weights[1]) : new Float32Array(size),
    runningMean: vector(record, 'mean', mean),
    runningVar,
  };
  return [batchNormCell(size, { epsilon, params })];
}
