import { rowMajor, sizeOf } from '../../arrays/ndarray.js';
import { type Axis, axesText, axisAt, type Flow, timeOf, type Value, widthOf } from './flow.js';
import type { LoopForm } from './loop-form.js';
import type { StepSource } from './loop-step.js';
import type { Reading } from './reading.js';
import { ensure } from './unfit.js';

/** A sequence that a body reads, as it is around the loop. */
export interface Source {
  readonly name: string;
  readonly flow: Flow;
  readonly isStep: boolean;
}

/** The sequences that a loop reads; what else is around it must not change. */
export function sourcesOf(
  form: LoopForm,
  around: ReadonlyMap<string, Value>,
  reading: Reading,
): Source[] {
  const given = form.sequences.map(({ input, from, axis }): Source => {
    const flow = reading.valueOf(from);
    ensure(flow.kind === 'flow' && !flow.pad, 'a sequence that is not computed from the input');
    const own = flow.axes[axisAt(flow, axis)];
    ensure(own.role === 'time', `axis ${axis} of ${axesText(flow)}, which is not that of steps`);
    return { name: input, flow, isStep: true };
  });
  const captured = [...around].flatMap(([name, flow]): Source[] => {
    if (flow.kind !== 'flow') return [];
    const isSequence = timeOf(flow) && !flow.pad && form.sequences.length === 0;
    ensure(isSequence, `${name}, which is computed around it, at each step`);
    return [{ name, flow, isStep: false }];
  });
  return [...given, ...captured];
}

/** How the numbers of a step lie in the tensor that the body reads. */
export const stepSource =
  ({ isBatched }: LoopForm) =>
  ({ name, flow, isStep }: Source): StepSource => {
    const size = widthOf(flow);
    const { layout } = flow;
    const inside = rowMajor(layout.map(axis => axis.size));
    const axes = flow.axes.filter(
      (axis, i) => !(isStep && axis.role === 'time') && !(isBatched && i === 0),
    );
    const shaped = (steps: number) => {
      const dims = axes.map(axis => (axis.role === 'time' ? steps : sizeIn(axis)));
      const strides = axes.map(axis => {
        if (axis.role === 'time') return size;
        return axis.role === 'feature' ? inside[layout.indexOf(axis)] : 0;
      });
      const outer = rowMajor(dims);
      const places = Float64Array.from({ length: sizeOf(dims) }, (_, i) =>
        dims.reduce((at, n, k) => at + (Math.floor(i / outer[k]) % n) * strides[k], 0),
      );
      return { dims, places };
    };
    return { name, isStep, size, shaped };
  };

const sizeIn = (axis: Axis) => (axis.role === 'feature' ? axis.size : 1);
