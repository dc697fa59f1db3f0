import { sizeOf } from '../../arrays/ndarray.js';
import { demand } from '../../errors.js';
import type { Problem } from '../unreadable.js';
import { elementTypes, type GraphProto, type NodeProto, type TensorProto } from './proto.js';
import { tensorOf } from './tensor.js';

/** A graph's tensors and makers by name, while its quantised nodes are replaced. */
class Quantised {
  readonly #graph: GraphProto;
  readonly #tensors: Map<string, TensorProto>;
  readonly #makers: Map<string, NodeProto>;
  /** The operators that were replaced. */
  readonly replaced = new Set<string>();

  readonly #readers = new Map<string, NodeProto[]>();
  #left: number;

  /** `most`: numbers that may be made of the file's. */
  constructor(graph: GraphProto, most: number) {
    this.#graph = graph;
    this.#left = most;
    this.#tensors = new Map(graph.initializers.map(tensor => [tensor.name, tensor]));
    this.#makers = new Map(graph.nodes.flatMap(node => node.outputs.map(name => [name, node])));
    for (const node of graph.nodes) {
      for (const name of node.inputs) {
        const known = this.#readers.get(name);
        if (known) known.push(node);
        else this.#readers.set(name, [node]);
      }
      const value = node.attributes.find(({ name }) => name === 'value')?.tensor;
      if (node.operator === 'Constant' && value) this.#tensors.set(node.outputs[0], value);
    }
  }

  maker(name: string): NodeProto | undefined {
    return this.#makers.get(name);
  }

  /** The numbers of a tensor of the file's; undefined for what is computed. */
  numbers(name: string | undefined): ArrayLike<number> | undefined {
    const tensor = this.tensor(name);
    if (!tensor) return undefined;
    this.#left -= sizeOf(tensor.dims);
    demand(this.#left >= 0, 'onnx graph', 'fewer quantised numbers than the file is worth', 'more');
    return tensorOf(tensor).values();
  }

  tensor(name: string | undefined): TensorProto | undefined {
    return name ? this.#tensors.get(name) : undefined;
  }

  /** Adds a float32 tensor; answers its name. */
  add(dims: readonly number[], values: Float32Array, wanted: string): string {
    let name = wanted;
    while (this.#tensors.has(name) || this.#makers.has(name)) name += '_';
    const view = new DataView(new ArrayBuffer(values.length * 4));
    for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i], true);
    const tensor: TensorProto = {
      ...{ name, dims: [...dims], type: elementTypes.float, raw: new Uint8Array(view.buffer) },
      ...{ packed: [], numbers: [], location: 0, external: [] },
    };
    this.#tensors.set(name, tensor);
    this.#graph.initializers.push(tensor);
    return name;
  }

  /** Lets all nodes read another value in the place of one. */
  rename(name: string, other: string): void {
    for (const { inputs } of this.#readers.get(name) ?? []) {
      for (const [i, own] of inputs.entries()) if (own === name) inputs[i] = other;
    }
  }

  /** Makes a node another one. */
  replace(node: NodeProto, operator: string, inputs: readonly string[], keeps = false): void {
    this.replaced.add(node.operator);
    node.operator = operator;
    node.domain = '';
    node.inputs.splice(0, node.inputs.length, ...inputs);
    if (!keeps) node.attributes.length = 0;
  }
}

/**
 * Replaces the nodes of quantised numbers, and casts to halves, by those of float32 that stand for
 * the same network: weights become what they stand for, and numbers that are computed are not
 * rounded. Nodes of which no other form is known stay, to be refused by name. `length` is that of
 * the file, in bytes. Answers what a user should know.
 */
export function dequantise(graph: GraphProto, length: number): readonly Problem[] {
  const all = new Quantised(graph, 4 * length + 2 ** 18);
  for (const node of [...graph.nodes]) {
    if (node.domain !== '' && node.domain !== 'ai.onnx' && node.domain !== 'com.microsoft')
      continue;
    if (Object.hasOwn(forms, node.operator)) forms[node.operator](node, all);
  }
  const operators = [...all.replaced].filter(name => name !== 'Cast');
  const told: string[] = [];
  if (operators.length) told.push(`quantised numbers (${operators.join(', ')})`);
  if (all.replaced.has('Cast')) told.push('halves');
  return told.map(what => ({
    where: 'graph',
    why: `${what}, read into float32: a runtime rounds what it computes as well`,
  }));
}

const forms: Readonly<Record<string, (node: NodeProto, all: Quantised) => void>> = {
  Cast(node, all) {
    const to = node.attributes.find(({ name }) => name === 'to');
    const isHalf = to?.integer === elementTypes.float16 || to?.integer === elementTypes.bfloat16;
    if (!to || !isHalf) return;
    to.integer = elementTypes.float;
    all.replaced.add('Cast');
  },
  DequantizeLinear(node, all) {
    const [name, scale, zero] = node.inputs;
    if (attribute(node, 'block_size')) return;
    const maker = all.maker(name);
    if (maker?.operator === 'QuantizeLinear') {
      const isSame = [1, 2].every(
        i => String(all.numbers(maker.inputs[i])) === String(all.numbers(node.inputs[i])),
      );
      if (isSame && all.numbers(scale)) all.replace(node, 'Identity', [maker.inputs[0]]);
      return;
    }
    if (isDynamic(maker)) {
      all.replace(node, 'Identity', [name]);
      return;
    }
    const values = unpacked(all, name, scale, zero, attribute(node, 'axis') ?? 1);
    if (!values) return;
    const tensor = all.tensor(name) as TensorProto;
    all.replace(node, 'Identity', [all.add(tensor.dims, values, `${name}_float32`)]);
  },
  // As if its scale were 1: what is multiplied by it later stays what it is.
  DynamicQuantizeLinear(node, all) {
    const [y, scale, zero] = node.outputs;
    const one = all.add([], Float32Array.of(1), `${y}_scale`);
    const none = all.add([], Float32Array.of(0), `${y}_zero`);
    if (scale) all.rename(scale, one);
    if (zero) all.rename(zero, none);
    node.outputs.length = 1;
    dynamic.add(node);
    all.replace(node, 'Identity', node.inputs.slice(0, 1));
  },
  MatMulInteger(node, all) {
    const [a, b, , zero] = node.inputs;
    const values = unpacked(all, b, undefined, zero, -1);
    if (!values || !isDynamic(all.maker(a))) return;
    const tensor = all.tensor(b) as TensorProto;
    all.replace(node, 'MatMul', [a, all.add(tensor.dims, values, `${b}_float32`)]);
  },
  DynamicQuantizeLSTM(node, all) {
    const [x, w, r, b, lengths, h, c, p, wScale, wZero, rScale, rZero] = node.inputs;
    const matrices = [
      { name: w, scale: wScale, zero: wZero },
      { name: r, scale: rScale, zero: rZero },
    ].map(({ name, scale, zero }) => turned(all, name, scale, zero));
    if (!matrices.every(name => name !== undefined)) return;
    all.replace(node, 'LSTM', [x, ...matrices, b, lengths, h, c, p], true);
  },
};

const dynamic = new WeakSet<NodeProto>();

/** True for a node that was DynamicQuantizeLinear. */
const isDynamic = (node: NodeProto | undefined) => node !== undefined && dynamic.has(node);

const attribute = ({ attributes }: NodeProto, wanted: string) =>
  attributes.find(({ name }) => name === wanted)?.integer;

/** (q − zero) · scale of a tensor of the file's, with numbers for all or along an axis. */
function unpacked(
  all: Quantised,
  name: string,
  scale: string | undefined,
  zero: string | undefined,
  axis: number,
): Float32Array | undefined {
  const tensor = all.tensor(name);
  const values = all.numbers(name);
  const [scales, zeros] = [all.numbers(scale) ?? [1], all.numbers(zero) ?? [0]];
  const isKnown = (!scale || all.tensor(scale)) && (!zero || all.tensor(zero));
  if (!tensor || !values || !isKnown) return undefined;
  const { dims } = tensor;
  const at = axis < 0 ? axis + dims.length : axis;
  const inner = sizeOf(dims.slice(at + 1));
  const size = dims[at] ?? 1;
  const fits = [scales, zeros].every(({ length }) => length === 1 || length === size);
  if (!fits) return undefined;
  const along = (of: ArrayLike<number>, i: number) =>
    of.length === 1 ? of[0] : of[Math.floor(i / inner) % size];
  return Float32Array.from(values, (v, i) => (v - along(zeros, i)) * along(scales, i));
}

/**
 * W or R of DynamicQuantizeLSTM, `[directions, inputs, rows]` with numbers for each direction or
 * each of its rows, as LSTM has them: `[directions, rows, inputs]`.
 */
function turned(
  all: Quantised,
  name: string,
  scale: string,
  zero: string | undefined,
): string | undefined {
  const [values, scales, zeros] = [all.numbers(name), all.numbers(scale), all.numbers(zero) ?? [0]];
  const dims = all.tensor(name)?.dims ?? [];
  if (!values || !scales || dims.length !== 3) return undefined;
  const [directions, columns, rows] = dims;
  const sizes = [1, directions, directions * rows];
  if (!sizes.includes(scales.length) || !sizes.includes(zeros.length)) return undefined;
  const at = (of: ArrayLike<number>, d: number, row: number) =>
    of[of.length === 1 ? 0 : of.length === directions ? d : d * rows + row];
  const out = new Float32Array(values.length);
  for (let d = 0; d < directions; d++) {
    for (let k = 0; k < columns; k++) {
      for (let row = 0; row < rows; row++) {
        const value = values[(d * columns + k) * rows + row] - at(zeros, d, row);
        out[(d * rows + row) * columns + k] = value * at(scales, d, row);
      }
    }
  }
  return all.add([directions, rows, columns], out, `${name}_float32`);
}
