import { demand } from '../errors.js';
import type { Definition } from './plan.js';
import { type InputLengths, type InputSizes, inputsOf } from './ports.js';
import { checkWhole, lower } from './spec.js';

/**
 * The sizes of a text that declares its inputs, from their lengths. Throws a RecurError that names
 * a missing or unknown input, or lengths that differ and should be one size.
 */
export function inputLengths(
  { name, plan }: Definition,
  given: InputSizes,
  hidden: number,
): InputLengths {
  const where = `${lower(name)}.inputSize`;
  const inputs = inputsOf(plan);
  const names = inputs.map(port => port.name);
  const isOne = names.length === 1;
  const isComplete = String(Object.keys(Object(given)).sort()) === String([...names].sort());
  demand(isOne || isComplete, where, `sizes by name, { ${names.join(', ')} }`, given);
  const lengths = new Map([['hidden', hidden]]);
  for (const port of inputs) {
    const at = isOne ? where : `${where}.${port.name}`;
    const value = isOne ? given : (given as Record<string, number>)[port.name];
    const length = checkWhole(at, value, 1, 2 ** 24, '1 to 2²⁴');
    const before = lengths.get(port.dimension) ?? length;
    demand(length === before, at, `${port.dimension} size ${before}`, length);
    lengths.set(port.dimension, length);
  }
  // Of inputs of hidden size alone, `input` is that.
  return { input: hidden, ...Object.fromEntries(lengths) };
}
