import { batchNormCell } from '../cells/batch-norm.js';
import { denseCell } from '../cells/dense.js';
import { layerNormCell } from '../cells/layer-norm.js';
import { preluCell } from '../cells/prelu.js';
import { mismatch, shapeText } from '../errors.js';
import { causalConv1dCell } from '../layers/causal-conv1d.js';
import { conv1dCell } from '../layers/conv1d.js';
import type { ConvolutionOptions } from '../layers/convolution.js';
import { embeddingCell } from '../layers/embedding.js';
import type { AnyCell } from '../streams/cell.js';
import type { TensorClaims } from './tensor-claims.js';
import type { StateDictKind, StateDictModule, TorchModule } from './torch-draft.js';
import { type Group, sizesOf, where } from './torch-groups.js';
import { recurrentDraft } from './torch-recurrent.js';

/** What a group of tensors is; throws a RecurError where names and shapes fit several modules. */
export function draftOf(group: Group, claims: TensorClaims, options: StateDictModule): TorchModule {
  if (group.layers.length) return recurrentDraft(group, claims, options);
  const { prefix, names } = group;
  const { kind } = options;
  if (names.has('running_mean')) return normDraft(group, claims, options, true);
  const weight = names.get('weight') ?? `${prefix}weight`;
  const shape = claims.shapeOf(weight);
  const dimensions = shape?.length ?? 0;
  const choices = choicesOf(dimensions, names.has('bias'));
  // Of the others there are more with such shapes: GroupNorm, ConvTranspose1d, …
  const chosen = kind ?? (choices.length === 1 && choices[0] === 'Linear' ? 'Linear' : undefined);
  if (chosen === undefined || !choices.includes(chosen)) {
    const got = shape ? shapeText(shape) : 'none';
    const expected = kind ?? 'a weight that tells its module';
    const hint = choices.length
      ? `it may be ${choices.join(', ')} or another: see the option modules`
      : hints[dimensions];
    throw mismatch(where(weight), expected, got, hint);
  }
  if (chosen === 'LayerNorm') return normDraft(group, claims, options, false);
  return drafts[chosen](group, claims, options);
}

/** What to do about weights of so many dimensions. */
const hints: Readonly<Record<number, string>> = {
  4: 'a Conv2d does not tell its bands: fromStateDict takes a model of conv2d',
};

function choicesOf(dimensions: number, bias: boolean): readonly StateDictKind[] {
  if (dimensions === 3) return ['Conv1d', 'CausalConv1d'];
  if (dimensions === 2) return bias ? ['Linear'] : ['Linear', 'Embedding'];
  if (dimensions === 1) return bias ? ['LayerNorm'] : ['PReLU', 'LayerNorm'];
  return [];
}

type MakeDraft = (group: Group, claims: TensorClaims, options: StateDictModule) => TorchModule;

const drafts: Readonly<Record<Exclude<StateDictKind, 'LayerNorm'>, MakeDraft>> = {
  Linear({ prefix, names }, claims, { activation = 'identity' }) {
    const weight = nameIn(names, prefix, 'weight');
    const shape = sizesOf(weight, claims.shapeOf(weight), 2, 'output, input');
    const [outputSize, inputSize] = shape;
    const build = (claims: TensorClaims) => {
      const params = {
        weight: claims.claim(weight, { shape, meaning: `output ${outputSize}, input` }),
        ...biasOf(names, outputSize, claims),
      };
      const bias = names.has('bias');
      return [denseCell(inputSize, outputSize, { activation, bias, params })];
    };
    return { prefix, kind: 'Linear', inputSize, outputSize, build };
  },
  Embedding({ prefix, names }, claims) {
    const name = nameIn(names, prefix, 'weight');
    const shape = sizesOf(name, claims.shapeOf(name), 2, 'count, size');
    const [count, outputSize] = shape;
    const build = (claims: TensorClaims) => {
      const weight = claims.claim(name, { shape, meaning: `${count} indices × ${outputSize}` });
      return [embeddingCell(count, outputSize, { params: { weight } })];
    };
    return { prefix, kind: 'Embedding', inputSize: 1, outputSize, build };
  },
  PReLU({ prefix, names }, claims) {
    const name = nameIn(names, prefix, 'weight');
    const shape = sizesOf(name, claims.shapeOf(name), 1, 'size');
    const [size] = shape;
    const build = (claims: TensorClaims) => {
      const alpha = claims.claim(name, { shape, meaning: `size ${size}` });
      return [preluCell(size, { params: { alpha } })];
    };
    return { prefix, kind: 'PReLU', inputSize: size, outputSize: size, build };
  },
  CausalConv1d(group, claims, { activation, dilation, groups = 1 }) {
    const own = { activation, dilation, groups };
    return convolutionDraft('CausalConv1d', group, claims, groups, (sizes, more) => {
      return causalConv1dCell(...sizes, { ...own, ...more });
    });
  },
  Conv1d(group, claims, { activation, dilation, groups = 1, stride, padding }) {
    const own = { activation, dilation, groups, stride, padding };
    return convolutionDraft('Conv1d', group, claims, groups, (sizes, more) => {
      return conv1dCell(...sizes, { ...own, ...more });
    });
  },
};

type ConvolutionSizes = readonly [input: number, output: number, kernel: number];

function convolutionDraft(
  kind: StateDictKind,
  { prefix, names }: Group,
  claims: TensorClaims,
  groups: number,
  make: (sizes: ConvolutionSizes, more: Pick<ConvolutionOptions, 'bias' | 'params'>) => AnyCell,
): TorchModule {
  const name = nameIn(names, prefix, 'weight');
  const shape = sizesOf(name, claims.shapeOf(name), 3, 'output, input / groups, kernel');
  const [outputSize, columns, kernelSize] = shape;
  const inputSize = columns * groups;
  const build = (claims: TensorClaims) => {
    const params = {
      weight: claims.claim(name, { shape, meaning: `output ${outputSize}, input, kernel` }),
      ...biasOf(names, outputSize, claims),
    };
    return [make([inputSize, outputSize, kernelSize], { bias: names.has('bias'), params })];
  };
  return { prefix, kind, inputSize, outputSize, build };
}

function normDraft(
  { prefix, names }: Group,
  claims: TensorClaims,
  { epsilon = 1e-5 }: StateDictModule,
  isBatch: boolean,
): TorchModule {
  const first = nameIn(names, prefix, isBatch ? 'running_mean' : 'weight');
  const [size] = sizesOf(first, claims.shapeOf(first), 1, 'size');
  const build = (claims: TensorClaims) => {
    const vector = (own: string, usual: number) => {
      const name = names.get(own);
      if (name === undefined) return new Float32Array(size).fill(usual);
      return claims.claim(name, { shape: [size], meaning: `size ${size}` });
    };
    const affine = { weight: vector('weight', 1), bias: vector('bias', 0) };
    if (!isBatch) return [layerNormCell(size, { epsilon, params: affine })];
    nameIn(names, prefix, 'running_var');
    const moments = {
      runningMean: vector('running_mean', 0),
      runningVar: vector('running_var', 1),
    };
    return [batchNormCell(size, { epsilon, params: { ...affine, ...moments } })];
  };
  const kind = isBatch ? 'BatchNorm1d' : 'LayerNorm';
  return { prefix, kind, inputSize: size, outputSize: size, build };
}

/** The whole name of a tensor that a module must have. */
function nameIn(names: ReadonlyMap<string, string>, prefix: string, own: string): string {
  const name = names.get(own);
  if (name === undefined) throw mismatch(where(prefix + own), 'a tensor', 'none');
  return name;
}

function biasOf(names: ReadonlyMap<string, string>, size: number, claims: TensorClaims) {
  const name = names.get('bias');
  return name && { bias: claims.claim(name, { shape: [size], meaning: `output ${size}` }) };
}
