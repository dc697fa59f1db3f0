import { fromHalves, halfBits } from '../dtypes.js';
import type { GraphDraft, NodeDraft, TensorDraft } from './encode.js';
import { elementTypes } from './proto.js';

/** What the float16 numbers of a tensor are called, of which a `Cast` makes the tensor. */
export const halfName = (name: string) => `${name}_float16`;

/** Of fewer numbers, a `Cast` takes more bytes than they save. */
const fewest = 64;

/** A graph whose matrices lie in the file as float16, as far as these are their numbers. */
export function halved(graph: GraphDraft): GraphDraft {
  const names = new Set([
    ...[...graph.initializers, ...graph.inputs].map(({ name }) => name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
  const casts: NodeDraft[] = [];
  const initializers = graph.initializers.map((tensor): TensorDraft => {
    const { name } = tensor;
    if (!isHalf(tensor) || names.has(halfName(name))) return tensor;
    const attributes = { to: { int: elementTypes.float } };
    const input = halfName(name);
    casts.push({
      ...{ operator: 'Cast', name: `${name}_cast`, attributes },
      ...{ inputs: [input], outputs: [name] },
    });
    return { ...tensor, name: input, isHalf: true };
  });
  return { ...graph, initializers, nodes: [...casts, ...graph.nodes] };
}

function isHalf({ dims, values, isConstant }: TensorDraft): boolean {
  if (isConstant || dims.length < 2 || !(values instanceof Float32Array)) return false;
  if (values.length < fewest) return false;
  const read = fromHalves(Uint16Array.from(values, halfBits));
  return values.every((value, i) => Object.is(value, read[i]));
}
