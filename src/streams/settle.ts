import { type AnyCell, internals } from './cell.js';
import { settled } from './inputs.js';

/**
 * What makes of an event an input that runs nobody's code when it is read; of a record of several
 * inputs one vector. `once`: the input of a model that is all equations, which no function of the
 * user's is given, is of use until the next one.
 */
export function settler(cell: AnyCell, once = false): (x: unknown) => unknown {
  const { inputSize } = cell;
  const { ports, engines } = cell[internals];
  if (ports) return ports.settler(once && !!engines);
  const row = once && engines ? new Float32Array(inputSize as number) : undefined;
  return x => settled(x, inputSize, row);
}
