import type { NdView } from '../../arrays/ndarray.js';
import { checkNames, demand } from '../../errors.js';
import { type LoadedLayer, loadedLayer } from '../loaded-layer.js';
import { UnreadableError } from '../unreadable.js';
import { Budget } from './budget.js';
import { dequantise } from './dequantise.js';
import { treatFaults } from './faults.js';
import { graphOf } from './graph.js';
import { heldTensors } from './held-tensors.js';
import { givenOf, type OnnxOptions } from './inputs.js';
import { withOnlyValues } from './only-values.js';
import { guarded, modelOf } from './open-model.js';
import {
  distinct,
  neededNodes,
  type OnnxModel,
  readSequences,
  type Source,
} from './read-sequences.js';
import { ndarrayOf } from './tensor.js';
import { operatorSetOf, unreadableParts } from './unreadable-parts.js';
import { type WholeModel, wholeModel } from './whole.js';
import { writtenModel } from './written.js';

/**
 * The network in an ONNX file's bytes, as a layer: a step in, a step out. Graph inputs that begin
 * recurrent nodes, and their last states among the outputs, are the state that the layer carries.
 * A graph that gives one answer for a sequence gives it after each step, for what has come so far;
 * one that looks ahead (bidirectional, reverse, strides, padding at the end, pooling) is a layer of
 * whole sequences. A graph of one step, of which every shape is known, may have several inputs and
 * outputs, then records by name, and branches that its constants choose.
 *
 * The file may come from a stranger. Throws a RecurError for a file that is cut short or lies, and
 * an UnreadableError, with all reasons, for one that holds what does not run here: operators and
 * attributes without a layer, loops that are no recurrence over the steps.
 *
 * @example
 * const model = readOnnx(writeOnnx(chain(gru(3, 4), dense(4, 1))));
 * String(model); // → Chain(Recur(GRUCell(3, 4)), Dense(4, 1))
 */
export function readOnnx(bytes: Uint8Array, options: OnnxOptions = {}): LoadedLayer {
  return readOnnxModel(bytes, options).layer;
}

/** `readOnnx`, and which reading it took. */
export function readOnnxModel(bytes: Uint8Array, options: OnnxOptions = {}): OnnxModel {
  checkOptions(options);
  return guarded(() => {
    const { data = {} } = options;
    const model = modelOf('readOnnx', bytes, data);
    const length = [bytes, ...Object.values(data)].reduce((sum, part) => sum + part.length, 0);
    const written = asksForMore(options) ? undefined : writtenModel(bytes, model);
    if (written) return { layer: loadedLayer(written) };
    const { warnings, undecided } = treatFaults(model, options.faults);
    if (undecided.length) throw new UnreadableError('ONNX', undecided);
    const notes = [...warnings, ...dequantise(model.graph, length)];
    for (const note of notes) options.onWarning?.(note);
    const read = (own: OnnxOptions) =>
      readEither({ model, length, given: givenOf(model.graph, own) }, own);
    try {
      return read(options);
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      return withOnlyValues(model.graph, options, read, error);
    }
  });
}

/** A graph with an axis of steps, or one of one step. */
function readEither(source: Source, options: OnnxOptions): OnnxModel {
  // The states that a caller names are those of a graph of one step.
  if (options.states) return readSteps(source, options);
  try {
    return readSequences(source, options);
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    return readSteps(source, options, error);
  }
}

/** Options that ask for another reading than the one that a written file describes. */
const choices = ['dims', 'inputs', 'states', 'initializers', 'output', 'stateful'];

const asksForMore = (options: OnnxOptions) => choices.some(name => Object.hasOwn(options, name));

function checkOptions(options: OnnxOptions): void {
  checkNames('readOnnx', options, [...choices, 'data', 'faults', 'onWarning']);
  const { faults } = options;
  const known = faults === undefined || faults === 'repair' || faults === 'keep';
  demand(known, 'readOnnx.faults', "'repair' or 'keep'", faults);
  const { stateful, states = {} } = options;
  const isFlag = stateful === undefined || typeof stateful === 'boolean';
  demand(isFlag, 'readOnnx.stateful', 'true or false', stateful);
  const areNames = Object.values(states).every(output => typeof output === 'string');
  demand(areNames, 'readOnnx.states', 'names of outputs by those of inputs', states);
}

/** A graph of one step, in which every shape is known. */
function readSteps(
  { model, given, length }: Source,
  options: OnnxOptions,
  refused?: UnreadableError,
): OnnxModel {
  const budget = new Budget();
  budget.renew(4 * length + 2 ** 18);
  const graph = graphOf(model.graph, given, budget);
  const nodes = neededNodes(graph);
  const operatorSet = operatorSetOf(model);
  const parts = unreadableParts(model, []).problems;
  const whole: WholeModel = parts.length
    ? { problems: parts, cell: undefined, states: [], choices: [], isShaped: false }
    : wholeModel(model.graph, { ...graph, nodes }, options, { operatorSet, budget });
  const problems = [...whole.problems];
  const { cell } = whole;
  if (cell && options.stateful === undefined) {
    const { states, choices } = whole;
    return { layer: loadedLayer(cell), states, choices };
  }
  if (cell) {
    const got = 'a file of one step whose states are inputs';
    problems.push({ where: 'readOnnx.stateful', why: got });
  }
  // The reading with fewer obstacles is the likelier one.
  const hasBranches = nodes.some(({ operator }) => operator === 'If');
  const isNearer = refused && refused.problems.length < problems.length;
  if (refused && !hasBranches && (!whole.isShaped || isNearer)) throw refused;
  throw new UnreadableError('ONNX', distinct(problems));
}

/**
 * The tensors that an ONNX file holds, by name, as float32 ndarrays of their own: for weights of a
 * graph that does not run here. These are initializers and the values of `Constant` nodes, also
 * those in the branches of an `If`. The record has no prototype. Throws a RecurError for a file
 * that is cut short or lies.
 *
 * @example
 * const weights = onnxInitializers(writeOnnx(dense(3, 2)));
 * Object.values(weights).map(({ shape }) => shape.join(' × ')).join(', '); // → 3 × 2, 2
 */
export function onnxInitializers(
  bytes: Uint8Array,
  options: Pick<OnnxOptions, 'data'> = {},
): Readonly<Record<string, NdView>> {
  checkNames('onnxInitializers', options, ['data']);
  return guarded(() => {
    const tensors: Record<string, NdView> = Object.create(null);
    const { graph } = modelOf('onnxInitializers', bytes, options.data);
    for (const [name, constant] of heldTensors(graph)) {
      tensors[name] = ndarrayOf(constant);
    }
    return tensors;
  });
}
