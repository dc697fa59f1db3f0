import { rowMajor, sizeOf } from '../../arrays/ndarray.js';
import { axesText, type Flow, type Value } from './flow.js';
import type { LoopForm } from './loop-form.js';
import type { StepSource } from './loop-step.js';
import { axisOf, checkBatch, type Reading } from './reading.js';
import { ensure } from './unfit.js';

/** A sequence that a body reads, as it is around the loop. */
export interface Source {
  readonly name: string;
  readonly flow: Flow;
  /** Undefined for one of which the body picks the step itself. */
  readonly axis?: number | undefined;
}

/** The sequences that a loop reads; what else is around it must not change. */
export function sourcesOf(
  form: LoopForm,
  around: ReadonlyMap<string, Value>,
  reading: Reading,
): Source[] {
  const isOne = (flow: Flow) => reading.isOneStep && flow.steps === 1;
  const given = form.sequences.map(({ input, from, axis: asked }): Source => {
    const value = reading.valueOf(from);
    const flow = value.kind === 'tensor' ? reading.flowOf(value) : undefined;
    ensure(flow && !flow.pad, 'a sequence that is not computed from the input');
    const axis = axisOf(asked, flow.dims.length);
    checkBatch(flow, [axis]);
    const isTime = flow.time === axis || (isOne(flow) && flow.dims[axis] === 1);
    ensure(isTime, `axis ${asked} of ${axesText(flow)}, which is not that of steps`);
    return { name: input, flow, axis };
  });
  const captured = [...around].flatMap(([name, value]): Source[] => {
    if (value.kind !== 'tensor') return [];
    const flow = reading.flowOf(value);
    const isTimed = flow.time !== undefined || isOne(flow);
    const isSequence = isTimed && !flow.pad && form.sequences.length === 0;
    ensure(isSequence, `${name}, which is computed around it, at each step`);
    return [{ name, flow }];
  });
  return [...given, ...captured];
}

/** How the numbers of a step lie in the tensor that the body reads. */
export const stepSource =
  ({ isBatched }: LoopForm) =>
  ({ name, flow, axis }: Source): StepSource => {
    const size = flow.numbers.length;
    const inside = rowMajor(flow.dims);
    const kept = flow.dims.flatMap((_, i) => (i === axis || (isBatched && i === 0) ? [] : i));
    const shaped = (steps: number) => {
      const dims = kept.map(i => (i === flow.time ? steps : flow.dims[i]));
      const strides = kept.map(i => (i === flow.time ? size : inside[i]));
      const outer = rowMajor(dims);
      const places = Float64Array.from({ length: sizeOf(dims) }, (_, i) =>
        dims.reduce((at, n, k) => at + (Math.floor(i / outer[k]) % n) * strides[k], 0),
      );
      return { dims, places };
    };
    return { name, isStep: axis !== undefined, size, shaped };
  };
