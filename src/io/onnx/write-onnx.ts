import { layerNormCell } from '../../cells/layer-norm.js';
import { softmaxCell } from '../../cells/softmax.js';
import {
  isEquations,
  type OtherSpec,
  stateSizes,
  type Unit,
  type UnitSpec,
} from '../../code/units.js';
import { mismatch } from '../../errors.js';
import type { EquationSpec } from '../../graph/spec.js';
import { isMarker, passingOf } from '../../layers/passing.js';
import { type AnyCell, internals, type LayerSpec } from '../../streams/cell.js';
import { children } from '../../streams/children.js';
import type { WithCell } from '../../streams/members.js';
import { plainCell } from '../plain-cell.js';
import { computationIn, computationOf } from '../torch-modules.js';
import { encodeModel } from './encode.js';
import { GraphWriter } from './graph-writer.js';
import { writeConv } from './write-conv.js';
import { isContext, isMove, writeContext, writeMoves } from './write-moves.js';
import { writePlan } from './write-plan.js';
import { recurrentForm, writeRecurrent } from './write-recurrent.js';

/**
 * A model as the bytes of an ONNX file, operator set 17, with its state as inputs and outputs.
 *
 * Where ONNX has an operator for every layer that carries a state (`rnn`, `lstm`, `gru`,
 * `peepholeLstm`, `causalConv1d`), the graph is over sequences: `x [steps, batch, in]` to
 * `y [steps, batch, out]`. Otherwise it is one step of the cells' equations: `x [batch, in]` to
 * `y [batch, out]`. A state `h` comes in as `h0` and goes out as `hN`, that of a chain's member 1 as
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
  const cell = writable(model);
  const sequence = unitsOf(cell).every(isSequential);
  const graph = new GraphWriter();
  const lead = sequence ? ['steps', 'batch'] : ['batch'];
  graph.name('y');
  graph.input('x', [...lead, cell.inputSize as number]);
  const last = writeCell({ graph, sequence }, cell, '', 'x');
  graph.node('Identity', [last], '', undefined, ['y']);
  graph.output('y', [...lead, cell.outputSize as number]);
  return encodeModel(graph.finish());
}

/** The cell of a model that runs as one program, which begins at zeros. */
function writable(model: AnyCell | WithCell): AnyCell {
  const cell = plainCell('writeOnnx', model);
  const { engines, initialState } = cell[internals];
  if (engines && initialState === undefined) return cell;
  throw mismatch('writeOnnx', 'layers of equations that begin at zeros', whyNot(cell));
}

const unitsOf = (cell: AnyCell) => cell[internals].engines?.units ?? [];

/** What of a model no graph can be. */
function whyNot(cell: AnyCell): string {
  const { spec, initialState, why } = cell[internals];
  if (initialState !== undefined) return `${cell} with an initial state: a graph is given states`;
  if (spec.kind === 'function') return `the plain function ${cell}`;
  const odd = children(cell).find(member => {
    const own = member[internals];
    return !own.engines || own.initialState !== undefined;
  });
  return odd ? whyNot(odd) : `${cell}${why ? `: ${why}` : ''}`;
}

/** True for what can be written over all steps at once. */
function isSequential({ spec }: Unit): boolean {
  if (isEquations(spec)) {
    return spec.definition.plan.states.length === 0 || recurrentForm(spec) !== undefined;
  }
  return spec.state === 0 || (isMove(spec) && isContext(spec));
}

interface Writing {
  readonly graph: GraphWriter;
  readonly sequence: boolean;
}

/** Writes a cell, the names in it beginning with `prefix`; answers the name of its output. */
function writeCell(writing: Writing, cell: AnyCell, prefix: string, input: string): string {
  const { spec } = cell[internals];
  if (spec.kind === 'equations') return writeEquations(writing, spec, prefix, input);
  const kind = 'members' in spec ? spec.kind.name : '';
  const members = children(cell);
  if (kind === 'chain') return writeChain(writing, members, prefix, input);
  if (kind === 'tap') return writeCell(writing, members[0], prefix, input);
  const isConv = kind === 'causalConv1d' && writing.sequence && cell.hiddenSize > 0;
  if (isConv) return writeConv(writing.graph, spec as LayerSpec, prefix, input);
  const units = unitsOf(cell);
  if (kind === 'parallel' || kind === 'skip') {
    const outputs = members.map((m, i) => writeCell(writing, m, `${prefix}${i}.`, input));
    // What combines them comes last.
    const { spec } = units[units.length - 1];
    return writeUnit(writing, spec, prefix, kind === 'skip' ? [...outputs, input] : outputs);
  }
  const names: string[] = [];
  for (const { spec, from } of units) {
    const inputs = from.map(u => (u < 0 ? input : names[u]));
    names.push(writeUnit(writing, spec, prefix, inputs));
  }
  return names[names.length - 1];
}

/** Writes the members of a chain, by way of its taps. */
function writeChain(
  writing: Writing,
  cells: readonly AnyCell[],
  prefix: string,
  input: string,
): string {
  const turn = ({ name }: { name: string }, i: number) => ({
    name: writeCell(writing, cells[i], `${prefix}${i}.`, name),
    size: cells[i].outputSize as number,
  });
  const first = { name: input, size: cells.find(cell => !isMarker(cell))?.inputSize as number };
  return passingOf(cells)(cells, first, turn, (join, parts, i) => {
    if (parts.length === 1) return parts[0];
    const spec = join.unit(parts.map(({ size }) => size)) as OtherSpec;
    const names = parts.map(({ name }) => name);
    return { name: writeUnit(writing, spec, `${prefix}${i}.`, names), size: spec.size };
  }).name;
}

/** Writes a unit and answers the name of its output. */
function writeUnit(
  writing: Writing,
  spec: UnitSpec,
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
  if (sequence) return writeContext(graph, prefix, inputs[0], spec.state / size, size);
  const state = graph.state(prefix, 'h', ['batch', spec.state]);
  return writeMoves(graph, spec, prefix, inputs, state);
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
  const names = states.map(({ name }, i) =>
    graph.state(prefix, name, sequence ? [1, 'batch', sizes[i]] : ['batch', sizes[i]]),
  );
  const before = names.map(({ before }) => before);
  const after = names.map(({ after }) => after);
  const form = sequence && states.length ? recurrentForm(spec) : undefined;
  if (form) return writeRecurrent(graph, spec, form, { prefix, input, before, after });
  const known = states.length ? undefined : knownOperator(graph, spec, prefix, input);
  if (known) return known;
  const byName = new Map(states.map(({ name }, i) => [name, before[i]]));
  const values = writePlan(graph, spec, { prefix, input, states: byName });
  for (const [i, { node }] of states.entries()) {
    graph.node('Identity', [values[node]], prefix, undefined, [after[i]]);
  }
  return values[output];
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
