import { decimal, Wire } from './wire.js';

/** ONNX's numbers for kinds of elements. */
export const elementTypes = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  double: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const;

/** A TensorProto: its numbers are still in the file's bytes. */
export interface TensorProto {
  name: string;
  readonly dims: number[];
  type: number;
  /** Little-endian elements. */
  raw?: Uint8Array;
  /** Packed `float_data` and `double_data`, little-endian too; pieces of them. */
  readonly packed: Uint8Array[];
  /** Numbers that came one by one, and packed varints: `int32_data`, `int64_data`. */
  readonly numbers: number[];
  /** A DataLocation: 0 in this file, 1 in another one. */
  location: number;
  /** Where in which other file the numbers lie: `external_data`, by key. */
  readonly external: ExternalEntry[];
}

/** A StringStringEntryProto. */
export interface ExternalEntry {
  key: string;
  value: string;
}

/** As deep as graphs lie in each other. */
const deepest = 16;

/**
 * An AttributeProto; `graphs` counts subgraphs, and names of functions' attributes. One graph that
 * is not too deep is read.
 */
export interface AttributeProto {
  name: string;
  type: number;
  float: number;
  integer: number;
  text: Uint8Array;
  tensor?: TensorProto;
  graph?: GraphProto;
  readonly floats: number[];
  readonly integers: number[];
  readonly texts: string[];
  graphs: number;
}

export interface NodeProto {
  name: string;
  operator: string;
  domain: string;
  readonly inputs: string[];
  readonly outputs: string[];
  readonly attributes: AttributeProto[];
}

/** A graph's input or output; dimensions are numbers or names, undefined where nothing is said. */
export interface ValueProto {
  name: string;
  type: number;
  dims?: (number | string | undefined)[];
}

export interface GraphProto {
  name: string;
  readonly nodes: NodeProto[];
  readonly initializers: TensorProto[];
  readonly inputs: ValueProto[];
  readonly outputs: ValueProto[];
  sparse: number;
}

export interface ModelProto {
  irVersion: number;
  producer: string;
  /** Of the producer. */
  version: string;
  /** Versions of the operator sets, by domain. */
  readonly operatorSets: Map<string, number>;
  graph?: GraphProto;
  functions: number;
  /** `metadata_props`. */
  readonly metadata: Map<string, string>;
}

/** The parts of an ONNX file that are needed here; field numbers are those of onnx.proto. */
export function readModel(bytes: Uint8Array): ModelProto {
  const model: ModelProto = {
    ...{ irVersion: 0, producer: '', version: '', functions: 0 },
    ...{ operatorSets: new Map(), metadata: new Map() },
  };
  new Wire(bytes).fields({
    1: wire => (model.irVersion = wire.integer()),
    2: wire => (model.producer = wire.text()),
    3: wire => (model.version = wire.text()),
    7: wire => (model.graph = readGraph(wire, model.graph, 0)),
    8: wire => {
      const set = { domain: '', version: 0 };
      wire.message({
        1: w => (set.domain = w.text()),
        2: w => (set.version = w.integer()),
      });
      model.operatorSets.set(set.domain, set.version);
    },
    14: wire => {
      const { key, value } = readEntry(wire);
      model.metadata.set(key, value);
    },
    25: wire => {
      wire.bytes();
      model.functions++;
    },
  });
  return model;
}

/** Protocol buffers merge a message that comes twice; nobody writes ONNX so, but it is legal. */
function readGraph(wire: Wire, before: GraphProto | undefined, depth: number): GraphProto {
  const none = { name: '', nodes: [], initializers: [], inputs: [], outputs: [], sparse: 0 };
  const graph: GraphProto = before ?? none;
  wire.message({
    1: w => graph.nodes.push(readNode(w, depth)),
    2: w => (graph.name = w.text()),
    5: w => graph.initializers.push(readTensor(w)),
    11: w => graph.inputs.push(readValue(w)),
    12: w => graph.outputs.push(readValue(w)),
    15: w => {
      w.bytes();
      graph.sparse++;
    },
  });
  return graph;
}

function readNode(wire: Wire, depth: number): NodeProto {
  const node: NodeProto = {
    ...{ name: '', operator: '', domain: '' },
    ...{ inputs: [], outputs: [], attributes: [] },
  };
  wire.message({
    1: w => node.inputs.push(w.text()),
    2: w => node.outputs.push(w.text()),
    3: w => (node.name = w.text()),
    4: w => (node.operator = w.text()),
    5: w => node.attributes.push(readAttribute(w, depth)),
    7: w => (node.domain = w.text()),
  });
  return node;
}

function readAttribute(wire: Wire, depth: number): AttributeProto {
  const attribute: AttributeProto = {
    ...{ name: '', type: 0, float: 0, integer: 0, text: new Uint8Array(0) },
    ...{ floats: [], integers: [], texts: [], graphs: 0 },
  };
  const skipped = (w: Wire) => {
    w.bytes();
    attribute.graphs++;
  };
  wire.message({
    1: w => (attribute.name = w.text()),
    2: w => (attribute.float = decimal(w.float())),
    3: w => (attribute.integer = w.integer()),
    4: w => (attribute.text = w.bytes()),
    5: w => (attribute.tensor = readTensor(w)),
    6(w) {
      if (depth >= deepest) return skipped(w);
      attribute.graphs++;
      attribute.graph = readGraph(w, attribute.graph, depth + 1);
    },
    7: w => w.floats(attribute.floats),
    8: w => w.integers(attribute.integers),
    9: w => attribute.texts.push(w.text()),
    11: skipped,
    20: w => (attribute.type = w.integer()),
    21: skipped,
  });
  for (const [i, value] of attribute.floats.entries()) attribute.floats[i] = decimal(value);
  return attribute;
}

function readTensor(wire: Wire): TensorProto {
  const tensor: TensorProto = {
    ...{ name: '', type: 0, location: 0 },
    ...{ dims: [], packed: [], numbers: [], external: [] },
  };
  /** Packed floats stay where they are: there may be millions. */
  const floating = (read: (w: Wire) => void) => (w: Wire) => {
    if (w.isPacked) tensor.packed.push(w.bytes());
    else read(w);
  };
  wire.message({
    1: w => w.integers(tensor.dims),
    2: w => (tensor.type = w.integer()),
    4: floating(w => w.floats(tensor.numbers)),
    5: w => w.integers(tensor.numbers),
    7: w => w.integers(tensor.numbers),
    8: w => (tensor.name = w.text()),
    9: w => (tensor.raw = w.bytes()),
    10: floating(w => w.doubles(tensor.numbers)),
    13: w => tensor.external.push(readEntry(w)),
    14: w => (tensor.location = w.integer()),
  });
  return tensor;
}

function readEntry(wire: Wire): ExternalEntry {
  const entry = { key: '', value: '' };
  wire.message({ 1: v => (entry.key = v.text()), 2: v => (entry.value = v.text()) });
  return entry;
}

function readValue(wire: Wire): ValueProto {
  const value: ValueProto = { name: '', type: 0 };
  const readDim = (w: Wire) => {
    let dim: number | string | undefined;
    w.message({ 1: v => (dim = v.integer()), 2: v => (dim = v.text()) });
    value.dims?.push(dim);
  };
  const readTensorType = (w: Wire) =>
    w.message({
      1: v => (value.type = v.integer()),
      2: v => {
        value.dims = [];
        v.message({ 1: readDim });
      },
    });
  wire.message({ 1: w => (value.name = w.text()), 2: w => w.message({ 1: readTensorType }) });
  return value;
}
