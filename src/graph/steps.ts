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

/** Windows in a sequence of so many steps, and the steps around it. */
export interface Windows {
  readonly count: number;
  readonly before: number;
  /** Steps from a window's first to its last, both included. */
  readonly kernel: number;
}

/** `'same'` gives ⌈steps / stride⌉ windows, the odd step of padding at the end, as Keras does. */
export function windowsOf(geometry: Partial<Geometry>, steps: number): Windows {
  const { kernel = steps, dilation = 1, stride = 1, padding = 0 } = geometry;
  const reach = dilation * (kernel - 1) + 1;
  const [before, after] = around(padding, reach, stride, steps);
  const count = Math.max(0, Math.floor((steps + before + after - reach) / stride) + 1);
  return { count, before, kernel };
}

function around(padding: Padding, reach: number, stride: number, steps: number) {
  if (typeof padding === 'number') return [padding, padding];
  if (padding !== 'same') return padding;
  const total = Math.max(0, (Math.ceil(steps / stride) - 1) * stride + reach - steps);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}
