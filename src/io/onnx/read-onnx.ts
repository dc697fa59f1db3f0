import type { NdView } from '../../arrays/ndarray.js';
import { checkNames, demand, mismatch } from '../../errors.js';
import { quoted } from '../json.js';
import { type LoadedLayer, loadedLayer } from '../loaded-layer.js';
import { type Problem, UnreadableError } from '../unreadable.js';
import { assemble } from './assemble.js';
import { type Attempt, attempt, type Setting } from './attempt.js';
import { Budget } from './budget.js';
import { dequantise } from './dequantise.js';
import { treatFaults } from './faults.js';
import type { Flow } from './flow.js';
import { type Graph, graphOf, initializersOf, type Node } from './graph.js';
import { givenOf, type Inputs, inputsOf, type OnnxOptions } from './inputs.js';
import { guarded, modelOf } from './open-model.js';
import type { ModelProto } from './proto.js';
import { checkStates } from './states.js';
import { ndarrayOf } from './tensor.js';
import { operatorSetOf, unreadableParts } from './unreadable-parts.js';
import { writtenModel } from './written.js';

const optionNames = [
  ...['dims', 'initializers', 'output', 'stateful', 'data'],
  ...['faults', 'onWarning'],
];

/** Those that ask for another reading than the one that a written file describes. */
const asks = ['dims', 'initializers', 'output', 'stateful'];

/** Nodes that are read: each may have to be read for every idea of the axes. */
const mostNodes = 4096;

/**
 * The network in an ONNX file's bytes, as a layer: a step in, a step out. Graph inputs that begin
 * recurrent nodes, and their last states among the outputs, are the state that the layer carries.
 * A graph that gives one answer for a sequence gives it after each step, for what has come so far;
 * one that looks ahead (bidirectional, reverse, strides, padding at the end, pooling) is a layer of
 * whole sequences.
 *
 * The file may come from a stranger. Throws a RecurError for a file that is cut short or lies, and
 * an UnreadableError, with all reasons, for one that holds what does not run here: control flow
 * (`If`, `Loop`, `Scan`), operators and attributes without a layer.
 *
 * @example
 * const model = readOnnx(writeOnnx(chain(gru(3, 4), dense(4, 1))));
 * String(model); // → Chain(Recur(GRUCell(3, 4)), Dense(4, 1))
 */
export function readOnnx(bytes: Uint8Array, options: OnnxOptions = {}): LoadedLayer {
  return readOnnxModel(bytes, options).layer;
}

/** A layer, and how a reader took what its file leaves open. */
export interface OnnxModel {
  readonly layer: LoadedLayer;
  /** Of a file whose events are single steps or windows: what becomes of the state. */
  readonly state?: 'kept' | 'begins anew' | undefined;
}

/** `readOnnx`, and which reading it took. */
export function readOnnxModel(bytes: Uint8Array, options: OnnxOptions = {}): OnnxModel {
  checkNames('readOnnx', options, optionNames);
  const { stateful } = options;
  demand(
    stateful === undefined || typeof stateful === 'boolean',
    'readOnnx.stateful',
    'true or false',
    stateful,
  );
  const { faults } = options;
  const known = faults === undefined || faults === 'repair' || faults === 'keep';
  demand(known, 'readOnnx.faults', "'repair' or 'keep'", faults);
  return guarded(() => {
    const { data = {} } = options;
    const model = modelOf('readOnnx', bytes, data);
    const isPlain = Object.keys(options).every(name => !asks.includes(name));
    const written = isPlain && writtenModel(bytes, model);
    if (written) return { layer: loadedLayer(written) };
    const { warnings, undecided } = treatFaults(model, options.faults);
    if (undecided.length) throw new UnreadableError('ONNX', undecided);
    const length = [bytes, ...Object.values(data)].reduce((sum, part) => sum + part.length, 0);
    const notes = [...warnings, ...dequantise(model.graph, length)];
    for (const note of notes) options.onWarning?.(note);
    const budget = new Budget();
    const graph = graphOf(model.graph, givenOf(options), budget);
    const nodes = neededNodes(graph);
    demand(nodes.length <= mostNodes, 'onnx graph', `at most ${mostNodes} nodes`, nodes.length);
    const { problems, nodes: unread } = unreadableParts(model, nodes);
    const given = inputsOf(graph, nodes, options, problems);
    const setting = { graph, nodes, unread, budget, worth: length + 2 ** 18 };
    const found = bestAttempt(setting, model, given, stateful);
    const { output, wrong } = outputOf(graph, found, options);
    problems.push(...found.problems, ...wrong);
    // The weights of float32, twice at most: layers may share them.
    budget.renew(length / 2 + 2 ** 18);
    const made = problems.length || !output ? undefined : assemble(found.network, output.parts);
    problems.push(...(made?.problems ?? []));
    if (problems.length || !made?.cell) throw new UnreadableError('ONNX', distinct(problems));
    checkStateful(stateful, found);
    return { layer: loadedLayer(made.cell), state: stateOf(found) };
  });
}

/**
 * The tensors that an ONNX file holds, by name, as float32 ndarrays of their own: for weights of a
 * graph that does not run here. The record has no prototype. Throws a RecurError for a file that is
 * cut short or lies.
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
    for (const [name, constant] of initializersOf(graph)) {
      tensors[name] = ndarrayOf(constant);
    }
    return tensors;
  });
}

/** The nodes that the outputs need, in order. */
function neededNodes({ nodes, outputs }: Graph): Node[] {
  const wanted = new Set(outputs.map(({ name }) => name));
  return [...nodes]
    .reverse()
    .filter(node => {
      if (!node.outputs.some(name => wanted.has(name))) return false;
      for (const name of node.inputs) wanted.add(name);
      return true;
    })
    .reverse();
}

/** The attempt without problems, or that with the fewest. */
function bestAttempt(
  part: Pick<Setting, 'graph' | 'nodes' | 'unread' | 'budget' | 'worth'>,
  model: ModelProto,
  { input, ideas, states }: Inputs,
  stateful: boolean | undefined,
): Attempt {
  const outputs = part.graph.outputs.map(({ name }) => name);
  const operatorSet = operatorSetOf(model);
  const setting = { ...part, states, input, operatorSet };
  let best: Attempt | undefined;
  for (const flow of ideas) {
    const found = attemptStates({ ...setting, flow, running: true, keep: true }, outputs, stateful);
    if (!best || found.problems.length < best.problems.length) best = found;
    if (best.problems.length === 0) break;
  }
  return best as Attempt;
}

/** An attempt in which single steps keep the state, unless other nodes have windows. */
function attemptStates(
  setting: Setting,
  outputs: readonly string[],
  stateful: boolean | undefined,
): Attempt {
  const found = attemptBoth({ ...setting, keep: stateful !== false }, outputs);
  const { one, windows } = found.eventSteps;
  const isMixed = stateful === undefined && one.length > 0 && windows.length > 0;
  return isMixed ? attemptBoth({ ...setting, keep: false }, outputs) : found;
}

/** Refuses an option that would change nothing. */
function checkStateful(stateful: boolean | undefined, { eventSteps }: Attempt): void {
  const { one, windows } = eventSteps;
  const text = windows.length ? `windows of ${windows[0]} steps` : 'none that could begin anew';
  const why = 'without an own state as an input';
  const isIdle = one.length === 0 && (stateful === false || windows.length > 0);
  if (stateful === undefined || !isIdle) return;
  throw mismatch('readOnnx.stateful', `a file with recurrent nodes of one step, ${why}`, text);
}

function stateOf({ eventSteps: { one, windows, keep } }: Attempt): OnnxModel['state'] {
  if (one.length > 0 && keep) return 'kept';
  return one.length + windows.length > 0 ? 'begins anew' : undefined;
}

/** An attempt in which the last step is every step, or, where layers look ahead, the last. */
function attemptBoth(setting: Setting, outputs: readonly string[]): Attempt {
  const found = attempt(setting);
  if (!found.takesLast) return found;
  const parts = outputs.flatMap(name => {
    const value = found.values.get(name);
    return value?.kind === 'flow' && !value.finals ? value.parts : [];
  });
  const streams = [...found.network.needed(parts).values()].every(layer => layer.streams);
  return streams ? found : attempt({ ...setting, running: false });
}

/** The output that is no state. */
function outputOf(
  { outputs }: Graph,
  { values }: Attempt,
  { output }: OnnxOptions,
): { output?: Flow | undefined; wrong: Problem[] } {
  const flows = outputs.flatMap(({ name }) => {
    const value = values.get(name);
    return value?.kind === 'flow' ? { name, value } : [];
  });
  const wrong = checkStates(
    outputs.map(({ name }) => name),
    values,
  );
  const own = flows.filter(({ value }) => !value.finals);
  const candidates = output !== undefined ? flows : own.length ? own : flows.slice(0, 1);
  const chosen = candidates.filter(({ name }) => output === undefined || name === output);
  if (chosen.length === 1) {
    const [{ name, value }] = chosen;
    if (value.pad) wrong.push({ where: `output ${quoted(name)}`, why: 'padded steps' });
    return { output: value, wrong };
  }
  const names = own.map(({ name }) => quoted(name)).join(', ') || 'none';
  // Where nodes could not be read, that there is no output says nothing new.
  if (
    chosen.length > 1 ||
    output !== undefined ||
    outputs.every(({ name }) => values.get(name)?.kind !== 'unknown')
  ) {
    const why = `${chosen.length} outputs beside states (${names}), not one: see the option output`;
    wrong.push({ where: 'graph', why });
  }
  return { wrong };
}

/** Problems, each once. */
function distinct(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  const all = problems.length ? problems : [{ where: 'graph', why: 'no output' }];
  return all.filter(({ where, why }) => {
    const key = `${where}: ${why}`;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}
