import { layerNormCell } from '../../cells/layer-norm.js';
import { softmaxCell } from '../../cells/softmax.js';
import {
  isEquations,
  modelInput,
  type OtherSpec,
  outputSize,
  stateSizes,
  type Unit,
} from '../../code/units.js';
import { describe, mismatch } from '../../errors.js';
import type { EquationSpec } from '../../graph/spec.js';
import { type AnyCell, equationSpec, internals } from '../../streams/cell.js';
import type { WithCell } from '../../streams/members.js';
import { carried } from '../../streams/members.js';
import { cellOf } from '../../streams/model.js';
import { computationOf } from '../torch-modules.js';
import { encodeModel } from './encode.js';
import { GraphWriter } from './graph-writer.js';
import { convAt, writeConv } from './write-conv.js';
import { isContext, isMove, writeContext, writeMoves } from './write-moves.js';
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
 *
 * Throws a RecurError for what no graph can be: plain functions, layers that begin elsewhere than
 * at zeros, layers that read whole sequences.
 *
 * @example
 * const bytes = writeOnnx(lstm(3, 4));
 * String(readOnnx(bytes)); // → Recur(LSTMCell(3, 4))
 */
export function writeOnnx(model: AnyCell | WithCell): Uint8Array {
  const units = unitsOf(model);
  const sequence = units.every(unit => isSequential(unit));
  const graph = new GraphWriter();
  const lead = sequence ? ['steps', 'batch'] : ['batch'];
  graph.name('y');
  graph.input('x', [...lead, modelInput(units)]);
  const names: string[] = [];
  for (const [i, unit] of units.entries()) {
    // A convolution's units have been written at once, with the first of them.
    if (names.length > i) continue;
    const prefix = prefixOf(unit.where);
    const inputs = unit.from.map(u => (u < 0 ? 'x' : names[u]));
    const name = writeUnit({ graph, sequence, model }, unit, prefix, inputs);
    const isConv = sequence && isMove(unit.spec) && unit.spec.state > 0;
    const own = isConv && convAt(model, unit.where) ? unitsAt(units, i) : 1;
    for (let k = 0; k < own; k++) names.push(name);
  }
  const last = names[names.length - 1];
  graph.node('Identity', [last], '', undefined, ['y']);
  graph.output('y', [...lead, outputSize(units[units.length - 1].spec)]);
  return encodeModel(graph.finish());
}

/** The parts of a model that run as one program. */
function unitsOf(model: AnyCell | WithCell): readonly Unit[] {
  const cell = cellOf(model);
  if (!cell) throw mismatch('writeOnnx', 'a layer or a cell', describe(model));
  const own = (model as Partial<WithCell>)[carried] ?? [];
  if (own.length) {
    throw mismatch('writeOnnx', 'a model without configuration', `one with ${own.join(', ')}`);
  }
  const { engines, initialState } = cell[internals];
  if (engines && initialState === undefined) return engines.units;
  throw mismatch('writeOnnx', 'layers of equations that begin at zeros', whyNot(cell));
}

/** What of a model no graph can be. */
function whyNot(cell: AnyCell): string {
  const { spec, initialState, why } = cell[internals];
  if (initialState !== undefined) return `${cell} with an initial state: a graph is given states`;
  if (spec.kind === 'function') return `the plain function ${cell}`;
  const members = 'members' in spec ? spec.members : [];
  const odd = members.find(member => {
    const own = member[internals];
    return !own.engines || own.initialState !== undefined;
  });
  return odd ? whyNot(odd) : `${cell}${why ? `: ${why}` : ''}`;
}

/** `chain[0].parallel[1].gru` is `0.1.`, as in the names of a saved model's tensors. */
function prefixOf(where: string): string {
  return [...where.matchAll(/\[(\d+)\]/g)].map(([, i]) => `${i}.`).join('');
}

/** True for what can be written over all steps at once. */
function isSequential({ spec }: Unit): boolean {
  if (isEquations(spec)) {
    return spec.definition.plan.states.length === 0 || recurrentForm(spec) !== undefined;
  }
  return spec.state === 0 || (isMove(spec) && isContext(spec));
}

/** How many units in a row are of the layer of the i-th. */
function unitsAt(units: readonly Unit[], i: number): number {
  const end = units.findIndex(({ where }, k) => k > i && where !== units[i].where);
  return (end < 0 ? units.length : end) - i;
}

interface Writing {
  readonly model: AnyCell | WithCell;
  readonly graph: GraphWriter;
  readonly sequence: boolean;
}

/** Writes a unit and answers the name of its output. */
function writeUnit(
  writing: Writing,
  { spec, where }: Unit,
  prefix: string,
  inputs: readonly string[],
): string {
  const { graph, sequence } = writing;
  if (isEquations(spec)) return writeEquations(writing, spec, prefix, inputs[0]);
  if (spec.kind === 'add' || spec.kind === 'multiply') {
    const operator = spec.kind === 'add' ? 'Add' : 'Mul';
    return inputs.reduce((a, b) => graph.node(operator, [a, b], prefix));
  }
  if (spec.table) return writeLookup(graph, spec, prefix, inputs[0]);
  if (!isMove(spec)) throw mismatch('writeOnnx', 'layers that ONNX has', spec.kind);
  if (spec.state === 0) return writeMoves(graph, spec, prefix, inputs);
  const [size] = spec.inputs;
  const steps = spec.state / size;
  const dims = sequence ? [steps, 'batch', size] : ['batch', spec.state];
  const [before, after] = [`${prefix}h0`, `${prefix}hN`];
  graph.input(before, dims);
  graph.name(after);
  graph.output(after, dims);
  const conv = sequence ? convAt(writing.model, where) : undefined;
  if (conv) return writeConv(graph, conv, prefix, { input: inputs[0], before, after, steps });
  if (sequence) return writeContext(graph, prefix, { input: inputs[0], before, after, steps });
  return writeMoves(graph, spec, prefix, inputs, { before, after });
}

function writeLookup(
  graph: GraphWriter,
  { rows = 0, size, table = new Float32Array(0) }: OtherSpec,
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
  input: string,
): string {
  const { states, output } = spec.definition.plan;
  const sizes = stateSizes(spec);
  const before = states.map(({ name }) => `${prefix}${name}0`);
  const after = states.map(({ name }) => `${prefix}${name}N`);
  for (const [i] of states.entries()) {
    const dims = sequence ? [1, 'batch', sizes[i]] : ['batch', sizes[i]];
    graph.input(before[i], dims);
    graph.name(after[i]);
    graph.output(after[i], dims);
  }
  const form = sequence && states.length ? recurrentForm(spec) : undefined;
  if (form) return writeRecurrent(graph, spec, form, { prefix, input, before, after });
  const known = states.length ? undefined : knownOperator(graph, spec, prefix, input);
  if (known) return known;
  const byName = new Map(states.map(({ name }, i) => [name, before[i]]));
  const names = writePlan(graph, spec, { prefix, input, states: byName });
  for (const [i, { node }] of states.entries()) {
    graph.node('Identity', [names[node]], prefix, undefined, [after[i]]);
  }
  return names[output];
}

/** Layers without state for which ONNX has an operator. */
function knownOperator(
  graph: GraphWriter,
  spec: EquationSpec,
  prefix: string,
  input: string,
): string | undefined {
  const own = computationOf(spec.definition.plan);
  const is = (cell: AnyCell) => own === computationOf(equationSpec('onnx', cell).definition.plan);
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
