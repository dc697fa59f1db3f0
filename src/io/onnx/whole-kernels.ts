import { rowMajor } from '../../arrays/ndarray.js';
import { integersOf, type Node, textOf } from './graph.js';
import { ensure } from './unfit.js';

/** How a kernel lies along one axis. */
export interface Along {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  /** Places of the output. */
  readonly count: number;
}

/** Attributes with one number for each axis, or what they are usually. */
function perAxis(node: Node, name: string, rank: number, usual: number): readonly number[] {
  const given = integersOf(node, name);
  ensure(!given || given.length === rank, `${name} ${given} of ${rank} axes`);
  return given ?? new Array(rank).fill(usual);
}

function checkKernel(node: Node, kernel: readonly number[], sizes: readonly number[]): void {
  const own = integersOf(node, 'kernel_shape') ?? kernel;
  ensure(String(own) === String(kernel), `kernel_shape ${own} of W ${kernel}`);
  ensure(kernel.length === sizes.length && kernel.every(n => n > 0), `a kernel of [${kernel}]`);
}

function padding(node: Node, rank: number): readonly number[] {
  const pads = integersOf(node, 'pads') ?? new Array(2 * rank).fill(0);
  ensure(pads.length === 2 * rank && pads.every(n => n >= 0), `pads ${pads}`);
  return pads;
}

export function geometryOf(
  node: Node,
  sizes: readonly number[],
  kernel: readonly number[],
): Along[] {
  checkKernel(node, kernel, sizes);
  const rank = sizes.length;
  const strides = perAxis(node, 'strides', rank, 1);
  const dilations = perAxis(node, 'dilations', rank, 1);
  const auto = textOf(node, 'auto_pad', 'NOTSET');
  ensure(['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'].includes(auto), `auto_pad ${auto}`);
  const pads = padding(node, rank);
  return sizes.map((size, d) => {
    const [stride, dilation] = [strides[d], dilations[d]];
    ensure(stride > 0 && dilation > 0, 'strides and dilations below 1');
    const reach = (kernel[d] - 1) * dilation + 1;
    const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size);
    const half = auto === 'SAME_LOWER' ? Math.ceil(total / 2) : Math.floor(total / 2);
    const given = auto === 'VALID' ? [0, 0] : [pads[d], pads[d + rank]];
    const [before, after] = auto.startsWith('SAME') ? [half, total - half] : given;
    const count = Math.floor((size + before + after - reach) / stride) + 1;
    ensure(count > 0, `a kernel that reaches over ${reach} of ${size} numbers`);
    return { size, kernel: kernel[d], stride, dilation, before, count };
  });
}

export function transposedGeometry(
  node: Node,
  sizes: readonly number[],
  kernel: readonly number[],
): Along[] {
  checkKernel(node, kernel, sizes);
  const rank = sizes.length;
  const auto = textOf(node, 'auto_pad', 'NOTSET');
  ensure(auto === 'NOTSET', `auto_pad ${auto}`);
  const strides = perAxis(node, 'strides', rank, 1);
  const dilations = perAxis(node, 'dilations', rank, 1);
  const more = perAxis(node, 'output_padding', rank, 0);
  const pads = padding(node, rank);
  return sizes.map((size, d) => {
    const [stride, dilation] = [strides[d], dilations[d]];
    ensure(stride > 0 && dilation > 0 && more[d] >= 0, 'strides and dilations below 1');
    const reach = (kernel[d] - 1) * dilation + 1;
    const count = (size - 1) * stride + more[d] + reach - pads[d] - pads[d + rank];
    ensure(count > 0, `padding by ${pads}`);
    return { size, kernel: kernel[d], stride, dilation, before: pads[d], count };
  });
}

/** For each place and tap: which number of the axis, or -1. */
export function placesAlong({ size, kernel, stride, dilation, before, count }: Along): number[][] {
  return Array.from({ length: count }, (_, p) =>
    Array.from({ length: kernel }, (_, k) => {
      const at = p * stride + k * dilation - before;
      return at >= 0 && at < size ? at : -1;
    }),
  );
}

export function transposedPlaces({
  size,
  kernel,
  stride,
  dilation,
  before,
  count,
}: Along): number[][] {
  return Array.from({ length: count }, (_, p) =>
    Array.from({ length: kernel }, (_, k) => {
      const at = (p + before - k * dilation) / stride;
      return Number.isInteger(at) && at >= 0 && at < size ? at : -1;
    }),
  );
}

/** For each place of the output those of the input under its kernel, -1 where there is none. */
export function offsetsOf(
  places: readonly (readonly number[][])[],
  sizes: readonly number[],
): number[][] {
  const strides = rowMajor(sizes);
  return places.reduce<number[][]>(
    (all, along, d) =>
      all.flatMap(before =>
        along.map(taps =>
          before.flatMap(offset =>
            taps.map(at => (offset < 0 || at < 0 ? -1 : offset + at * strides[d])),
          ),
        ),
      ),
    [[0]],
  );
}
