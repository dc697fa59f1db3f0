import { asRecurError } from '../errors.js';
import type { Machine } from '../streams/any-machine.js';
import type { Frames } from '../streams/flow.js';
import { isWhole, sequenceOf } from '../streams/sequence-machine.js';

/** A sequence through a machine, from its committed state on, at which it stays. */
export function wholeRun(machine: Machine, steps: Frames, outputSize = 0): Frames {
  if (isWhole(machine)) return machine.whole(steps);
  try {
    return stepped(machine, steps, outputSize);
  } finally {
    machine.rollback();
  }
}

/** The outputs of a sequence; the machine's steps stay tentative. */
export function stepped(machine: Machine, frames: Frames, outputSize = 0): Frames {
  const { data, count, size } = frames;
  const sequence = sequenceOf(frames, outputSize);
  if (outputSize && machine.sequence?.(sequence)) return sequence.output();
  const ys = Array.from({ length: count }, (_, t) => {
    try {
      return (machine.step(data.subarray(t * size, (t + 1) * size)) as Float32Array).slice();
    } catch (error) {
      throw asRecurError(error, 'a step', { prefix: `[${t}].` });
    }
  });
  const width = outputSize || (ys[0]?.length ?? 0);
  const result = new Float32Array(count * width);
  for (const [t, y] of ys.entries()) result.set(y, t * width);
  return { data: result, count, size: width };
}
