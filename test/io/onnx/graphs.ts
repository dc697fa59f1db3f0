import {
  type AttributeDraft,
  encodeModel,
  type NodeDraft,
  type TensorDraft,
  type ValueDraft,
} from '../../../src/io/onnx/encode.js';

export type Attributes = Readonly<Record<string, AttributeDraft>>;

/** A node: `LSTM x W R -> Y`. */
export function node(text: string, attributes?: Attributes): NodeDraft {
  const [before, after] = text.split('->');
  const [operator, ...inputs] = before.trim().split(/\s+/);
  const names = (given: readonly string[]) => given.map(name => (name === '-' ? '' : name));
  const outputs = names(after.trim().split(/\s+/));
  return { operator, name: '', inputs: names(inputs), outputs, attributes };
}

/** A file of nodes; tensors by name: dimensions and numbers. */
export function file(
  nodes: readonly NodeDraft[],
  tensors: Readonly<
    Record<string, readonly [dims: readonly number[], values: TensorDraft['values']]>
  >,
  {
    inputs = { x: ['steps', 'batch', 2] },
    outputs = ['y'],
    set,
  }: {
    readonly inputs?: Readonly<Record<string, ValueDraft['dims']>>;
    readonly outputs?: readonly string[];
    /** The operator set; without it that of the writer. */
    readonly set?: number | undefined;
  } = {},
): Uint8Array {
  const graph = {
    name: 'test',
    nodes,
    initializers: Object.entries(tensors).map(([name, [dims, values]]) => ({ name, dims, values })),
    inputs: Object.entries(inputs).map(([name, dims]) => ({ name, dims })),
    outputs: outputs.map(name => ({ name, dims: [] })),
  };
  return encodeModel(graph, set);
}

/** Numbers in ±1, the same each time. */
export function numbers(count: number, seed = 1): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(seed * 12.9898 + i * 78.233));
}
