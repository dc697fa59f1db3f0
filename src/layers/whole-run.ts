import { asRecurError } from '../errors.js';
import type { Machine, Sequence } from '../streams/any-machine.js';
import type { Frames } from '../streams/flow.js';
import { isWhole } from '../streams/sequence-machine.js';

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
  const output = { data: new Float32Array(count * outputSize), count, size: outputSize };
  if (outputSize && machine.sequence?.(sequenceOf(frames, output))) return output;
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

/** Frames as vectors to step, and those that their outputs are written to. */
function sequenceOf({ data, count, size }: Frames, output: Frames): Sequence {
  return {
    count,
    read(first, some, memory, { at, stride, size: expected }) {
      if (expected !== size) return false;
      for (let t = 0; t < some; t++) {
        for (let i = 0; i < size; i++) {
          const x = data[(first + t) * size + i];
          memory[at + t * stride + i] = x;
          // Infinity − Infinity and NaN − NaN are NaN.
          if (x - x !== 0) return false;
        }
      }
      return true;
    },
    write(first, some, memory, { at, stride }) {
      for (let t = 0; t < some; t++) {
        const from = at + t * stride;
        output.data.set(memory.subarray(from, from + output.size), (first + t) * output.size);
      }
    },
  };
}
