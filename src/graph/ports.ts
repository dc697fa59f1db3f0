import type { Sizes } from './parameters.js';
import type { Computation, Plan, PlanOutput, Port } from './plan.js';

const one: readonly Port[] = [{ name: 'x', dimension: 'input' }];

/** The inputs of a plan, in order: x of input size, unless its text declares others. */
export function inputsOf({
  inputs = one,
}: {
  readonly inputs?: Plan['inputs'] | undefined;
}): readonly Port[] {
  return inputs;
}

/** The outputs of a computation, in order: y alone, unless its text declares others. */
export function outputsOf({ outputs, output, nodes }: Computation): readonly PlanOutput[] {
  return outputs ?? [{ name: 'y', dimension: nodes[output]?.dimension, node: output }];
}

/** The size of an input, or of each of several by name: `{ x: 10, m: 3 }`. */
export type InputSizes = number | Readonly<Record<string, number>>;

/** The lengths of a text's inputs, by the names of their sizes; `input` is one of them. */
export type InputLengths = Readonly<Record<'input', number>> & Readonly<Record<string, number>>;

/** The length of a port, or of each of several by name. */
export function lengthsOf(ports: readonly Port[], sizes: Sizes): InputSizes {
  const lengths = ports.map(({ name, dimension }) => [name, sizes[dimension]] as const);
  return ports.length > 1 ? Object.freeze(Object.fromEntries(lengths)) : lengths[0][1];
}

/** Where outputs of several sizes are in one vector, in floats: each begins a group of four. */
export function outputOffsets(outputs: readonly Port[], sizes: Sizes): readonly number[] {
  const offsets = [0];
  for (const { dimension } of outputs) {
    offsets.push(offsets[offsets.length - 1] + Math.ceil(sizes[dimension] / 4) * 4);
  }
  return offsets;
}
