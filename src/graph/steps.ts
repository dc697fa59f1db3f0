/** Steps of zeros around a sequence: of both sides, `[before, after]`, or 'same'. */
export type Padding = number | readonly [before: number, after: number] | 'same';

/** How windows of steps lie in a sequence. */
export interface Geometry {
  /** Steps of a window. */
  readonly kernel: number;
  /** Steps from one of them to the next. */
  readonly dilation: number;
  /** Steps from one window to the next. */
  readonly stride: number;
  readonly padding: Padding;
}

/** One axis of a convolution over two, and how windows lie on it. */
export interface Axis extends Geometry {
  /** Numbers along it, without those around it. Fewer than none around it leave some out. */
  readonly size: number;
  readonly padding: readonly [before: number, after: number];
  /** From one of them to the next, with zeros between: the stride of a transposed convolution. */
  readonly spread: number;
}

/** Windows on an axis. */
export const windowsOn = (axis: Axis) => windowsOf(axis, (axis.size - 1) * axis.spread + 1).count;

/** Windows in a sequence of so many steps, and the steps around it. */
export interface Windows {
  readonly count: number;
  readonly before: number;
  /** Steps from a window's first to its last, both included. */
  readonly kernel: number;
}

/** `'same'` gives ⌈steps / stride⌉ windows, the odd step of padding at the end, as Keras does. */
export function windowsOf(geometry: Partial<Geometry>, steps: number): Windows {
  const { kernel = steps, dilation = 1, stride = 1 } = geometry;
  const reach = dilation * (kernel - 1) + 1;
  const [before, after] = paddingOf({ ...geometry, kernel }, steps);
  const count = Math.max(0, Math.floor((steps + before + after - reach) / stride) + 1);
  return { count, before, kernel };
}

/** The padding of a sequence of so many steps, as numbers. */
export function paddingOf(
  { kernel, dilation = 1, stride = 1, padding = 0 }: Partial<Geometry> & Pick<Geometry, 'kernel'>,
  steps: number,
): readonly [before: number, after: number] {
  if (typeof padding === 'number') return [padding, padding];
  if (padding !== 'same') return padding;
  const reach = dilation * (kernel - 1) + 1;
  const total = Math.max(0, (Math.ceil(steps / stride) - 1) * stride + reach - steps);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}
