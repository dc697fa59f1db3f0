import { sizeOf } from '../../arrays/ndarray.js';
import { byOutput } from '../../layers/conv-transpose2d.js';
import { integerOf, type Node } from './graph.js';
import { type Constant, weightsOf } from './tensor.js';
import { ensure } from './unfit.js';
import { denseRows } from './whole-dense.js';
import { elementwise, plus, times } from './whole-elementwise.js';
import { type FrameAxis, type FrameLayer, frameLayer } from './whole-frames.js';
import {
  type Along,
  geometryOf,
  offsetsOf,
  placesAlong,
  transposedGeometry,
  transposedPlaces,
} from './whole-kernels.js';
import type { Tensor } from './whole-program.js';
import {
  givenIn,
  tensorIn,
  type WholeOperator,
  type WholeReading,
  type WholeValue,
} from './whole-reading.js';

export const wholeConvOperators: Readonly<Record<string, WholeOperator>> = {
  Conv: (node, inputs, reading) => {
    const x = tensorIn(inputs, 0, reading);
    const [batch, channels, ...sizes] = x.ids.dims;
    const weight = weightIn(inputs);
    const [size, perGroup, ...kernel] = weight.dims;
    const groups = integerOf(node, 'group', 1);
    const fits = batch === 1 && channels === perGroup * groups && size % groups === 0;
    ensure(
      fits && size > 0,
      `${channels} channels, ${groups} groups, W [${weight.dims}], batch ${batch}`,
    );
    const along = geometryOf(node, sizes, kernel);
    spendOn(along, channels, reading);
    const own: Kernel = {
      ...{ channels, size, groups, perGroup, taps: sizeOf(kernel) },
      weight: () => weightsOf(weight),
      bias: biasIn(inputs, size),
    };
    const layer = frameLayer({ ...own, transposed: false }, along);
    if (layer) return [addedLayer(node, x, own, layer, along, reading)];
    const places = along.map(placesAlong);
    return [
      convolved(
        node,
        x,
        own,
        places,
        along.map(({ count }) => count),
        reading,
      ),
    ];
  },
  ConvTranspose: (node, inputs, reading) => {
    const x = tensorIn(inputs, 0, reading);
    const [batch, channels, ...sizes] = x.ids.dims;
    const weight = weightIn(inputs);
    const [own, perGroup, ...kernel] = weight.dims;
    const groups = integerOf(node, 'group', 1);
    const fits = batch === 1 && channels === own && channels % groups === 0;
    ensure(fits, `${channels} channels, ${groups} groups, W [${weight.dims}], batch ${batch}`);
    const along = transposedGeometry(node, sizes, kernel);
    spendOn(along, channels, reading);
    const size = perGroup * groups;
    const bias = biasIn(inputs, size);
    const file = { channels, size, groups, bias, weight: () => weightsOf(weight) };
    const layer = frameLayer({ ...file, transposed: true }, along);
    if (layer) return [addedLayer(node, x, file, layer, along, reading)];
    const places = along.map(transposedPlaces);
    const [ins, taps] = [channels / groups, sizeOf(kernel)];
    const turned: Kernel = {
      ...{ channels, size, groups, perGroup: ins, taps, bias },
      weight: () => byOutput(weightsOf(weight), { groups, ins, outs: perGroup, taps }),
    };
    return [
      convolved(
        node,
        x,
        turned,
        places,
        along.map(({ count }) => count),
        reading,
      ),
    ];
  },
};

/** What a kernel reads at all its places. */
function spendOn(along: readonly Along[], channels: number, { budget }: WholeReading): void {
  budget.spend(along.reduce((all, { count, kernel }) => all * count * kernel, channels));
}

/** Adds a layer, of which each channel's numbers are read. */
function addedLayer(
  { where }: Node,
  x: Tensor,
  { channels, size }: Pick<Kernel, 'channels' | 'size'>,
  { reads: kept, make }: FrameLayer,
  along: readonly FrameAxis[],
  { program, budget }: WholeReading,
): Tensor {
  const ids = x.ids.values() as Float64Array;
  const room = ids.length / channels;
  const reads = new Float64Array(channels * kept.length);
  budget.spend(reads.length);
  for (let i = 0; i < reads.length; i++) {
    const channel = Math.floor(i / kept.length);
    reads[i] = ids[channel * room + kept[i % kept.length]];
  }
  const dims = [1, size, ...along.map(({ count }) => count)];
  return program.range(program.add({ where, reads, size: sizeOf(dims), make }), dims);
}

function weightIn(inputs: readonly WholeValue[]): Constant {
  const weight = givenIn(inputs, 1);
  ensure(weight?.kind === 'constant' && weight.dims.length > 2, 'weights that are computed');
  return weight;
}

function biasIn(inputs: readonly WholeValue[], size: number): (() => Float32Array) | undefined {
  const bias = givenIn(inputs, 2);
  if (!bias) return undefined;
  ensure(bias.kind === 'constant' && String(bias.dims) === String([size]), 'B of another size');
  return () => weightsOf(bias);
}

interface Kernel {
  readonly channels: number;
  readonly size: number;
  readonly groups: number;
  /** Channels of the input that a group has. */
  readonly perGroup: number;
  readonly taps: number;
  /** `[size, perGroup, taps]`. */
  weight(): Float32Array;
  readonly bias: (() => Float32Array) | undefined;
}

/** The numbers under the kernel at each place, and their products. */
function convolved(
  node: Node,
  x: Tensor,
  kernel: Kernel,
  places: readonly (readonly number[][])[],
  counts: readonly number[],
  reading: WholeReading,
): Tensor {
  const { size, groups, perGroup, taps } = kernel;
  const { program } = reading;
  const offsets = offsetsOf(places, x.ids.dims.slice(2));
  const positions = offsets.length;
  const ids = x.ids.values();
  const room = ids.length / kernel.channels;
  const idAt = (channel: number, offset: number) => (offset < 0 ? 0 : ids[channel * room + offset]);
  const dims = [1, size, ...counts];
  if (perGroup === 1 && taps > 1 && taps <= 64) {
    return byTaps(node, kernel, offsets, idAt, dims, reading);
  }
  const perOutput = size / groups;
  const out = new Float64Array(size * positions);
  for (let g = 0; g < groups; g++) {
    const reads = new Float64Array(positions * perGroup * taps);
    let to = 0;
    for (const taken of offsets) {
      for (let c = 0; c < perGroup; c++) {
        for (const offset of taken) reads[to++] = idAt(g * perGroup + c, offset);
      }
    }
    const length = perOutput * perGroup * taps;
    const base = denseRows(
      {
        ...{ where: node.where, inputSize: perGroup * taps, size: perOutput },
        weight: () => kernel.weight().slice(g * length, (g + 1) * length),
        bias: kernel.bias && (() => kernel.bias!().slice(g * perOutput, (g + 1) * perOutput)),
      },
      reads,
      reading,
    );
    for (let o = 0; o < perOutput; o++) {
      for (let p = 0; p < positions; p++) {
        out[(g * perOutput + o) * positions + p] = base + p * perOutput + o;
      }
    }
  }
  return program.tensor(dims, out);
}

/** A convolution of each channel with kernels of its own: tap by tap, all channels at once. */
function byTaps(
  { where }: Node,
  { size, channels, taps, weight, bias }: Kernel,
  offsets: readonly (readonly number[])[],
  idAt: (channel: number, offset: number) => number,
  dims: readonly number[],
  reading: WholeReading,
): Tensor {
  const positions = offsets.length;
  const count = size * positions;
  const channelOf = (k: number) => Math.floor(k / positions / (size / channels));
  reading.budget.spend(2 * count * taps);
  const inputs = Array.from({ length: taps }, (_, t) => {
    const ids = Float64Array.from({ length: count }, (_, k) =>
      idAt(channelOf(k), offsets[k % positions][t]),
    );
    return reading.program.tensor(dims, ids);
  });
  const values = weight();
  const row = (numberOf: (output: number) => number): Constant => {
    const own = Float32Array.from({ length: count }, (_, k) => numberOf(Math.floor(k / positions)));
    return { kind: 'constant', name: '', dims, floating: true, values: () => own };
  };
  const factors = inputs.map((_, t) => row(o => values[o * taps + t]));
  const own = bias?.();
  const addend = own ? [row(o => own[o])] : [];
  return elementwise(where, [...inputs, ...factors, ...addend], reading, leaves => {
    const products = inputs.map((_, t) => times(leaves[t], leaves[taps + t]));
    return [...products, ...leaves.slice(2 * taps)].reduce((sum, term) => plus(sum, term));
  });
}
