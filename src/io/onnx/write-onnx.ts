import { layerNormCell } from '../../cells/layer-norm.js';
import { softmaxCell } from '../../cells/softmax.js';
import { mismatch } from '../../errors.js';
import type { Node, NodeOf } from '../../graph/graph.js';
import { outputsOf } from '../../graph/ports.js';
import type { EquationSpec } from '../../graph/spec.js';
import { type AnyCell, internals, type LayerSpec } from '../../streams/cell.js';
import type { Flow, Join } from '../../streams/flow.js';
import type { PortSizes } from '../../streams/forms.js';
import type { PortModel } from '../../streams/members.js';
import { load } from '../load.js';
import { readSafetensors } from '../read-safetensors.js';
import { Rounder, type RoundingOptions, roundedKey } from '../rounding.js';
import { save } from '../save.js';
import { computationIn, computationOf } from '../torch-modules.js';
import { encodeModel, type GraphDraft } from './encode.js';
import { GraphWriter } from './graph-writer.js';
import { halved } from './halved.js';
import { metadataOf } from './metadata.js';
import { nodesOf, writable } from './writable.js';
import { writeConv } from './write-conv.js';
import { writeFrames } from './write-frames.js';
import { isContext, writeContext, writeMoves } from './write-moves.js';
import { writePlan } from './write-plan.js';
import { recurrentForm, writeRecurrent } from './write-recurrent.js';

/**
 * A model as the bytes of an ONNX file, operator set 17, with its state as inputs and outputs.
 *
 * Where ONNX has an operator for every layer that carries a state (`rnn`, `lstm`, `gru`,
 * `peepholeLstm`, `causalConv1d`), the graph is over sequences: `x [steps, batch, in]` to
 * `y [steps, batch, out]`. Otherwise it is one step of the cells' equations: `x [batch, in]` to
 * `y [batch, out]`. A state `h` comes in as `h0` and goes out as `hN`, that of a chain's member 1
 * as
 * `1.h0` and `1.hN`: `[1, batch, size]` or, of a step, `[batch, size]`; zeros begin a stream.
 * Several inputs and outputs have the names of their ports. The file's metadata say the model, as
 * `save` does: `readOnnx` takes their word if the model's graph is that of the file.
 *
 * With `weights: 'float16'` matrices are rounded and lie in the file as float16, a `Cast` after
 * each: whoever runs it computes in float32 as before. `onRounded` is told how far they are off.
 *
 * Throws a RecurError for what no graph can be: plain functions, layers that begin elsewhere than
 * at zeros, layers that read whole sequences.
 *
 * @example
 * const bytes = writeOnnx(lstm(3, 4));
 * String(readOnnx(bytes)); // → Recur(LSTMCell(3, 4))
 */
export function writeOnnx(model: PortModel, options: RoundingOptions = {}): Uint8Array {
  const { weights } = new Rounder('writeOnnx', options);
  if (weights === 'int8') {
    const hint = "onnxruntime's quantize_dynamic makes int8 of the file";
    throw mismatch('writeOnnx.weights', "'float32' or 'float16'", "'int8'", hint);
  }
  if (weights === 'float32') {
    const cell = writable(model);
    return encodeModel(writtenGraph(cell), undefined, metadataOf(cell));
  }
  const file = save(model, options);
  const cell = writable(load(file));
  const { [roundedKey]: rounded } = readSafetensors(file).metadata;
  const metadata = { ...metadataOf(cell), ...(rounded && { [roundedKey]: rounded }) };
  return encodeModel(halved(writtenGraph(cell)), undefined, metadata);
}

/** A cell's graph; `most` bounds its nodes and what they read. */
export function writtenGraph(cell: AnyCell, most?: number): GraphDraft {
  const sequence = nodesOf(cell).every(isSequential);
  const graph = new GraphWriter(most);
  const lead = sequence ? ['steps', 'batch'] : ['batch'];
  const [inputs, outputs] = [portsOf(cell.inputSize, 'x'), portsOf(cell.outputSize, 'y')];
  const named = outputs.map(([name, size]) => ({ port: name, name: graph.name(name), size }));
  for (const [name, size] of inputs) graph.input(name, [...lead, size]);
  const names = inputs.map(([name]) => name);
  const input: Value = inputs.length > 1 ? Object.fromEntries(names.map(n => [n, n])) : names[0];
  const last = writeCell({ graph, sequence }, cell, '', input);
  for (const { port, name, size } of named) {
    const value = typeof last === 'string' ? last : last[port];
    graph.node('Identity', [value], '', undefined, [name]);
    graph.output(name, [...lead, size]);
  }
  return graph.finish();
}

/** The name of a value, or of each of several by the names of their ports. */
type Value = string | Readonly<Record<string, string>>;

/** Inputs or outputs, and their lengths; one of them is called `usual`. */
function portsOf(size: unknown, usual: string): readonly (readonly [string, number])[] {
  return typeof size === 'object' ? Object.entries(size as PortSizes) : [[usual, size as number]];
}

/** What of several outputs a member takes: by name, or the only one that fits. */
function takenBy(cell: AnyCell, before: AnyCell | undefined, value: Value): Value {
  const { inputSize }: { readonly inputSize: unknown } = cell;
  if (typeof value === 'string' || typeof inputSize === 'object' || !before) return value;
  const fitting = portsOf(before.outputSize, 'y').find(([, size]) => size === inputSize);
  return value[fitting?.[0] as string];
}

/** True for what can be written over all steps at once. */
function isSequential(node: Node): boolean {
  if (node.op === 'cell') {
    return node.cell.definition.plan.states.length === 0 || recurrentForm(node.cell) !== undefined;
  }
  if ('body' in node) return node.body.nodes.every(isSequential);
  if (node.op === 'convolution') return false;
  return node.op !== 'move' || node.state === 0 || isContext(node);
}

interface Writing {
  readonly graph: GraphWriter;
  readonly sequence: boolean;
}

/** Writes a cell, the names in it beginning with `prefix`; answers the name of its output. */
function writeCell(writing: Writing, cell: AnyCell, prefix: string, input: Value): Value {
  const { graph, sequence } = writing;
  const { spec, engines } = cell[internals];
  if (spec.kind === 'equations') return writeEquations(writing, spec, prefix, input);
  const { kind, members, through } = spec as LayerSpec;
  if (kind.sameState) return writeCell(writing, members[0], prefix, input);
  if (kind.name === 'causalConv1d' && sequence && cell.hiddenSize > 0) {
    return writeConv(graph, spec as LayerSpec, prefix, input as string);
  }
  if (kind.name === 'each') {
    // Its rows are as many columns of the batch.
    const [{ inputSize = 0 }] = members;
    const { count } = (spec as LayerSpec).settings as { readonly count: number };
    const reshaped = (of: string, size: number) =>
      graph.node('Reshape', [of, graph.constant(sequence ? [0, -1, size] : [-1, size])], prefix);
    const rows = reshaped(input as string, inputSize);
    const y = graph.within(count, () => writeCell(writing, members[0], `${prefix}0.`, rows));
    return reshaped(y as string, cell.outputSize as number);
  }
  if (through) {
    const flow: Flow<Value> = {
      member(i, value) {
        const before = kind.name === 'chain' ? members[i - 1] : undefined;
        const taken = takenBy(members[i], before, value);
        return writeCell(writing, members[i], `${prefix}${i}.`, taken);
      },
      joined: (by, names, _, i) =>
        writeJoin(graph, by, i === undefined ? prefix : `${prefix}${i}.`, names as string[]),
      reversed: name => name,
    };
    return through(flow, input);
  }
  const { params = [] } = engines?.model ?? {};
  const names: string[] = [];
  for (const node of nodesOf(cell)) {
    const own = 'params' in node ? params[node.params] : {};
    const inputs = node.of.map(i => names[i]);
    names.push(
      node.op === 'port' ? (input as string) : writeNode(writing, cell, node, own, prefix, inputs),
    );
  }
  return names[names.length - 1];
}

/** Writes what makes one of several outputs. */
function writeJoin(graph: GraphWriter, by: Join, prefix: string, names: readonly string[]): string {
  if (by === 'concat') {
    return names.length > 1 ? graph.node('Concat', names, prefix, { axis: { int: -1 } }) : names[0];
  }
  const operator = by === 'add' ? 'Add' : 'Mul';
  return names.reduce((a, b) => graph.node(operator, [a, b], prefix));
}

/** Writes a value of a layer that has no members; answers its name. */
function writeNode(
  writing: Writing,
  cell: AnyCell,
  node: Node,
  params: EquationSpec['params'],
  prefix: string,
  inputs: readonly string[],
): string {
  const { graph, sequence } = writing;
  if (node.op === 'cell') {
    const spec: EquationSpec = { ...node.cell, kind: 'equations', params };
    return writeEquations(writing, spec, prefix, inputs[0]) as string;
  }
  if (node.op === 'add') return writeJoin(graph, 'add', prefix, inputs);
  if (node.op === 'row') return writeLookup(graph, node, params.weight, prefix, inputs[0]);
  if (node.op === 'convolution') return writeFrames(graph, node, params, prefix, inputs[0]);
  if (node.op !== 'move') throw mismatch('writeOnnx', 'layers that ONNX has', String(cell));
  const sizes = node.of.map(i => nodesOf(cell)[i].size);
  if (node.state === 0) return writeMoves(graph, node, sizes, prefix, inputs);
  const [size] = sizes;
  if (sequence) return writeContext(graph, prefix, inputs[0], node.state / size, size);
  const state = graph.state(prefix, 'h', ['batch', node.state]);
  return writeMoves(graph, node, sizes, prefix, inputs, state);
}

function writeLookup(
  graph: GraphWriter,
  { rows, size }: NodeOf<'row'>,
  table: Float32Array,
  prefix: string,
  input: string,
): string {
  const weight = graph.tensor(`${prefix}weight`, [rows, size], table);
  const index = graph.node('Squeeze', [input, graph.constant([-1])], prefix);
  const whole = graph.node('Cast', [index], prefix, { to: { int: 7 } });
  return graph.node('Gather', [weight, whole], prefix);
}

function writeEquations(
  { graph, sequence }: Writing,
  spec: EquationSpec,
  prefix: string,
  input: Value,
): Value {
  const { plan } = spec.definition;
  const { states } = plan;
  const sizes = states.map(({ dimension }) => spec.sizes[dimension]);
  const names = states.map(({ name }, i) =>
    graph.state(prefix, name, sequence ? [1, 'batch', sizes[i]] : ['batch', sizes[i]]),
  );
  const before = names.map(({ before }) => before);
  const after = names.map(({ after }) => after);
  const form = sequence && states.length ? recurrentForm(spec) : undefined;
  const isOne = typeof input === 'string';
  if (form && isOne) return writeRecurrent(graph, spec, form, { prefix, input, before, after });
  const known = states.length || !isOne ? undefined : knownOperator(graph, spec, prefix, input);
  if (known) return known;
  const byName = new Map(states.map(({ name }, i) => [name, before[i]]));
  const values = writePlan(graph, spec, { prefix, input, states: byName });
  for (const [i, { node }] of states.entries()) {
    graph.node('Identity', [values[node]], prefix, undefined, [after[i]]);
  }
  const outputs = outputsOf(plan).map(({ name, node }) => [name, values[node]]);
  return outputs.length > 1 ? Object.fromEntries(outputs) : outputs[0][1];
}

/** Layers without state for which ONNX has an operator. */
function knownOperator(
  graph: GraphWriter,
  spec: EquationSpec,
  prefix: string,
  input: string,
): string | undefined {
  const own = computationOf(spec.definition.plan);
  const is = (cell: AnyCell) => own === computationIn(cell);
  if (is(softmaxCell(1))) return graph.node('Softmax', [input], prefix, { axis: { int: -1 } });
  if (!is(layerNormCell(1))) return undefined;
  const { weight, bias } = spec.params;
  const tensors = [
    graph.tensor(`${prefix}weight`, [weight.length], weight),
    graph.tensor(`${prefix}bias`, [bias.length], bias),
  ];
  const attributes = { axis: { int: -1 }, epsilon: { float: spec.constants.epsilon } };
  return graph.node('LayerNormalization', [input, ...tensors], prefix, attributes);
}
