import { mismatch } from '../errors.js';
import type { ParameterShape } from '../graph/parameters.js';
import { backwardCell, bidirectionalCell } from '../layers/bidirectional.js';
import { causalConv1dCell } from '../layers/causal-conv1d.js';
import { conv1dCell } from '../layers/conv1d.js';
import { embeddingCell } from '../layers/embedding.js';
import { contextCell, padCell, sliceCell } from '../layers/moves.js';
import { parallelCell, skipCell } from '../layers/parallel.js';
import {
  averagePool1dCell,
  globalAveragePool1dCell,
  globalMaxPool1dCell,
  lastCell,
  maxPool1dCell,
} from '../layers/pooling.js';
import { read, tap } from '../layers/taps.js';
import { windowCell } from '../layers/window.js';
import type { AnyCell } from '../streams/cell.js';

/** What a file says of a layer that is no equations: numbers, names, flags. */
export type Settings = Readonly<Record<string, unknown>>;

type Params = Readonly<Record<string, never>>;

/** A kind of layers, and how one is made of what a file has of it. */
export interface LayerKind {
  /** The names of its settings, all of them needed. */
  readonly settings: readonly string[];
  /** How many members it has. */
  readonly members: readonly [least: number, most: number];
  /** True: a member's state is the layer's own, not in a tuple. */
  readonly sameState?: boolean;
  shapes?(settings: Settings): readonly ParameterShape[];
  make(settings: never, members: readonly AnyCell[], params: Params): AnyCell;
}

const [none, one]: (readonly [number, number])[] = [
  [0, 0],
  [1, 1],
];
const convolution = ['inputSize', 'outputSize', 'kernelSize', 'dilation', 'groups', 'bias'];
const pooling = ['size', 'kernelSize', 'stride', 'padding', 'includePadding'];

/** The kinds of layers that a model file may have, beside cells of equations and chains. */
export const layerKinds: Readonly<Record<string, LayerKind>> = {
  parallel: {
    settings: ['combine'],
    members: [1, 1024],
    make: ({ combine }: { combine: 'concat' }, [first, ...rest]) =>
      parallelCell(combine, first, ...rest),
  },
  skip: {
    settings: ['combine'],
    members: one,
    make: ({ combine }: { combine: 'concat' }, [layer]) => skipCell(layer, combine),
  },
  tap: {
    settings: ['name'],
    members: [0, 1],
    sameState: true,
    make: ({ name }: { name: string }, [layer]) => (layer ? tap(name, layer) : tap(name)),
  },
  read: {
    settings: ['names'],
    members: none,
    make({ names }: { names: string[] }) {
      if (!Array.isArray(names)) throw mismatch('read', 'an array of names', typeof names);
      return read(...names);
    },
  },
  bidirectional: {
    settings: ['merge'],
    members: [2, 2],
    make: ({ merge }: { merge: 'concat' }, [forward, backward]) =>
      bidirectionalCell(forward, merge, backward),
  },
  backward: { settings: [], members: one, make: (_, [layer]) => backwardCell(layer) },
  window: {
    settings: ['steps'],
    members: one,
    make: ({ steps }: { steps: number }, [layer]) => windowCell(steps, layer),
  },
  slice: {
    settings: ['inputSize', 'begin', 'end'],
    members: none,
    make: ({ inputSize, begin, end }: Record<string, number>) => sliceCell(inputSize, begin, end),
  },
  pad: {
    settings: ['inputSize', 'before', 'after', 'mode'],
    members: none,
    make: ({
      inputSize,
      before,
      after,
      mode,
    }: Record<'inputSize' | 'before' | 'after', number> & { mode: 'zero' }) =>
      padCell(inputSize, before, after, mode),
  },
  context: {
    settings: ['inputSize', 'length'],
    members: none,
    make: ({ inputSize, length }: Record<string, number>) => contextCell(inputSize, length),
  },
  embedding: {
    settings: ['count', 'size'],
    members: none,
    shapes: ({ count, size }) => [
      { name: 'weight', shape: [count as number, size as number], meaning: 'indices × size' },
    ],
    make: ({ count, size }: Record<string, number>, _, params) =>
      embeddingCell(count, size, { params: params as never }),
  },
  causalConv1d: {
    settings: [...convolution, 'activation'],
    members: none,
    shapes: convolutionShapes,
    make: (settings: ConvolutionSettings, _, params) => {
      const { inputSize, outputSize, kernelSize, ...options } = settings;
      return causalConv1dCell(inputSize, outputSize, kernelSize, { ...options, params });
    },
  },
  conv1d: {
    settings: [...convolution, 'activation', 'stride', 'padding'],
    members: none,
    shapes: convolutionShapes,
    make: (settings: ConvolutionSettings, _, params) => {
      const { inputSize, outputSize, kernelSize, ...options } = settings;
      return conv1dCell(inputSize, outputSize, kernelSize, { ...options, params });
    },
  },
  maxPool1d: {
    settings: pooling,
    members: none,
    make: ({ size, kernelSize, ...options }: Record<string, number>) =>
      maxPool1dCell(size, kernelSize, options),
  },
  averagePool1d: {
    settings: pooling,
    members: none,
    make: ({ size, kernelSize, ...options }: Record<string, number>) =>
      averagePool1dCell(size, kernelSize, options),
  },
  globalMaxPool1d: ofSize(globalMaxPool1dCell),
  globalAveragePool1d: ofSize(globalAveragePool1dCell),
  last: ofSize(lastCell),
};

type ConvolutionSettings = Record<'inputSize' | 'outputSize' | 'kernelSize', number>;

function ofSize(make: (size: number) => AnyCell): LayerKind {
  return {
    settings: ['size'],
    members: none,
    make: ({ size }: Record<string, number>) => make(size),
  };
}

function convolutionShapes(settings: Settings): readonly ParameterShape[] {
  const { inputSize, outputSize, kernelSize, groups, bias } = settings as Record<string, number>;
  const shape = [outputSize, inputSize / groups, kernelSize];
  return [
    { name: 'weight', shape, meaning: 'output, input a group, kernel' },
    ...(bias ? [{ name: 'bias', shape: [outputSize], meaning: 'output' }] : []),
  ];
}
