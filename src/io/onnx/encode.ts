import Pbf from 'pbf';
import { halfBits } from '../dtypes.js';
import { elementTypes } from './proto.js';

/** An attribute of a node, by its kind. */
export type AttributeDraft =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly text: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly texts: readonly string[] }
  | { readonly tensor: TensorDraft };

export interface NodeDraft {
  readonly operator: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeDraft>> | undefined;
}

/** A tensor: float32, float16 if `isHalf`, or int64 where its values are no Float32Array. */
export interface TensorDraft {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: Float32Array | readonly number[];
  /** True for numbers that every model of this form has. */
  readonly isConstant?: boolean;
  readonly isHalf?: boolean;
}

/** An input or output of floats; a dimension that is text is open. */
export interface ValueDraft {
  readonly name: string;
  readonly dims: readonly (number | string)[];
}

export interface GraphDraft {
  readonly name: string;
  readonly nodes: readonly NodeDraft[];
  readonly initializers: readonly TensorDraft[];
  readonly inputs: readonly ValueDraft[];
  readonly outputs: readonly ValueDraft[];
}

/**
 * The version of ONNX's operators that files are written for: the first with LayerNormalization.
 */
export const operatorSet = 17;

/** A graph as the bytes of a ModelProto; field numbers are those of onnx.proto. */
export function encodeModel(
  graph: GraphDraft,
  set = operatorSet,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const pbf = new Pbf();
  pbf.writeVarintField(1, 8);
  pbf.writeStringField(2, 'rxrecur');
  pbf.writeMessage(7, writeGraph, graph);
  pbf.writeMessage(8, (_, out) => out.writeVarintField(2, set), null);
  for (const entry of Object.entries(metadata)) pbf.writeMessage(14, writeEntry, entry);
  return pbf.finish();
}

function writeEntry([key, value]: readonly [string, string], pbf: Pbf): void {
  pbf.writeStringField(1, key);
  pbf.writeStringField(2, value);
}

function writeGraph(graph: GraphDraft, pbf: Pbf): void {
  for (const node of graph.nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, graph.name);
  for (const tensor of graph.initializers) pbf.writeMessage(5, writeTensor, tensor);
  for (const value of graph.inputs) pbf.writeMessage(11, writeValue, value);
  for (const value of graph.outputs) pbf.writeMessage(12, writeValue, value);
}

function writeNode(node: NodeDraft, pbf: Pbf): void {
  for (const name of node.inputs) pbf.writeStringField(1, name);
  for (const name of node.outputs) pbf.writeStringField(2, name);
  pbf.writeStringField(3, node.name);
  pbf.writeStringField(4, node.operator);
  for (const attribute of Object.entries(node.attributes ?? {})) {
    pbf.writeMessage(5, writeAttribute, attribute);
  }
}

function writeAttribute([name, value]: readonly [string, AttributeDraft], pbf: Pbf): void {
  pbf.writeStringField(1, name);
  const type = (number: number) => pbf.writeVarintField(20, number);
  if ('float' in value) {
    pbf.writeFloatField(2, value.float);
    type(1);
  } else if ('int' in value) {
    pbf.writeVarintField(3, value.int);
    type(2);
  } else if ('text' in value) {
    pbf.writeStringField(4, value.text);
    type(3);
  } else if ('floats' in value) {
    for (const float of value.floats) pbf.writeFloatField(7, float);
    type(6);
  } else if ('ints' in value) {
    for (const int of value.ints) pbf.writeVarintField(8, int);
    type(7);
  } else if ('texts' in value) {
    for (const text of value.texts) pbf.writeStringField(9, text);
    type(8);
  } else {
    pbf.writeMessage(5, writeTensor, value.tensor);
    type(4);
  }
}

function writeTensor({ name, dims, values, isHalf }: TensorDraft, pbf: Pbf): void {
  for (const dim of dims) pbf.writeVarintField(1, dim);
  const type = isHalf ? 'float16' : values instanceof Float32Array ? 'float' : 'int64';
  pbf.writeVarintField(2, elementTypes[type]);
  pbf.writeStringField(8, name);
  const width = { float16: 2, float: 4, int64: 8 }[type];
  const raw = new DataView(new ArrayBuffer(values.length * width));
  for (const [i, value] of values.entries()) {
    if (type === 'float16') raw.setUint16(i * width, halfBits(value), true);
    else if (type === 'float') raw.setFloat32(i * width, value, true);
    else raw.setBigInt64(i * width, BigInt(value), true);
  }
  pbf.writeBytesField(9, new Uint8Array(raw.buffer));
}

function writeValue({ name, dims }: ValueDraft, pbf: Pbf): void {
  const dim = (size: number | string, out: Pbf) => {
    if (typeof size === 'number') out.writeVarintField(1, size);
    else out.writeStringField(2, size);
  };
  const shape = (_: null, out: Pbf) => {
    for (const size of dims) out.writeMessage(1, dim, size);
  };
  const tensor = (_: null, out: Pbf) => {
    out.writeVarintField(1, elementTypes.float);
    out.writeMessage(2, shape, null);
  };
  pbf.writeStringField(1, name);
  pbf.writeMessage(2, (_: null, out: Pbf) => out.writeMessage(1, tensor, null), null);
}
