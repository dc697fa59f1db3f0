import { demand, mismatch } from '../../errors.js';
import type { AnyCell } from '../../streams/cell.js';
import { type LoadedLayer, loadedLayer } from '../loaded-layer.js';
import { describedModel } from '../save.js';
import { type Problem, UnreadableError } from '../unreadable.js';
import { assemble, attemptTo } from './assemble.js';
import { type Attempt, attempt, type Setting } from './attempt.js';
import { Budget } from './budget.js';
import { type Graph, graphOf, type Node } from './graph.js';
import type { Idea } from './hypotheses.js';
import { inputsOf, type OnnxOptions } from './inputs.js';
import { candidatesOf, outputOf } from './outputs.js';
import type { GraphProto, ModelProto } from './proto.js';
import type { Constant } from './tensor.js';
import { Unfit } from './unfit.js';
import { operatorSetOf, unreadableParts } from './unreadable-parts.js';
import type { Choice } from './whole-graph.js';
import type { StatePair } from './whole-states.js';

/** A layer, and how a reader took what its file leaves open. */
export interface OnnxModel {
  readonly layer: LoadedLayer;
  /** Of a file whose events are single steps or windows: what becomes of the state. */
  readonly state?: 'kept' | 'begins anew' | undefined;
  /** Of a graph of one step: its states, and the branches that were chosen. */
  readonly states?: readonly StatePair[];
  readonly choices?: readonly Choice[];
  /** The only values that work for what is left open, as options: `inputs: { sr: 16000 }`. */
  readonly found?: readonly string[];
}

/** A file that has been opened, and what of its inputs is given. */
export interface Source {
  readonly model: ModelProto & { readonly graph: GraphProto };
  readonly given: ReadonlyMap<string, Constant>;
  /** Bytes of all its files. */
  readonly length: number;
}

/** A graph with an axis of steps, or one input and states that are told apart by their axes. */
export function readSequences(source: Source, options: OnnxOptions): OnnxModel {
  try {
    return readAll(source, options);
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    throw new UnreadableError('ONNX', [{ where: 'graph', why: error.message }]);
  }
}

function readAll({ model, given, length }: Source, options: OnnxOptions): OnnxModel {
  const { stateful } = options;
  const budget = new Budget();
  const graph = graphOf(model.graph, given, budget);
  const nodes = neededNodes(graph);
  const { problems, nodes: unread } = unreadableParts(model, nodes);
  const operatorSet = operatorSetOf(model);
  const inputs = inputsOf(graph, nodes, options, problems, operatorSet);
  const setting = { graph, nodes, unread, budget, worth: length + 2 ** 23, operatorSet, ...inputs };
  const { found, at } = bestAttempt(setting, inputs.ideas, stateful);
  const made = cellOf(at, found, options, length);
  problems.push(...made.problems);
  if (!problems.length && mayCountSteps(at)) {
    const other = { ...at, steps: 2 * at.steps + 1 };
    const again = cellOf(other, attemptStates(other, stateful).found, options, length);
    if (!isSame(made.cell, again.cell)) {
      problems.push({ where: 'graph', why: 'numbers that depend on how many steps there are' });
    }
  }
  if (problems.length || !made.cell) throw new UnreadableError('ONNX', distinct(problems));
  checkStateful(stateful, found);
  return { layer: loadedLayer(made.cell), state: stateOf(found) };
}

/** The layers of the output, or why there are none. */
function cellOf(setting: Setting, found: Attempt, { output }: OnnxOptions, length: number) {
  const { reads, wrong } = outputOf(setting, found, output);
  const problems = [...found.problems, ...wrong];
  // The weights of float32, twice at most: layers may share them.
  setting.budget.renew(length / 2 + 2 ** 18);
  if (problems.length || !reads) return { cell: undefined, problems };
  const { cell, problems: more } = assemble(found.network, reads);
  return { cell, problems: more };
}

/** True where a file leaves open how many steps there are, and may compute with their number. */
function mayCountSteps({ idea, nodes }: Setting): boolean {
  const shapes = ['Shape', 'Size', 'Reshape', 'Expand', 'Tile', 'ConstantOfShape', 'Loop', 'Scan'];
  return idea.steps === undefined && nodes.some(({ operator }) => shapes.includes(operator));
}

/** True for cells that compute the same. */
function isSame(a: AnyCell | undefined, b: AnyCell | undefined): boolean {
  if (!a || !b) return false;
  const [own, other] = [a, b].map(describedModel);
  return (
    own.model === other.model &&
    Object.entries(own.tensors).every(([name, { data }]) => {
      const values = other.tensors[name].data;
      return data.every((value, i) => value === values[i]);
    })
  );
}

/** Nodes that are read: each may have to be read for every idea of the axes. */
const mostNodes = 4096;

/** The nodes that the outputs need, in order; throws a RecurError if they are too many. */
export function neededNodes({ nodes, outputs }: Graph): Node[] {
  const wanted = new Set(outputs.map(({ name }) => name));
  const needed = [...nodes]
    .reverse()
    .filter(node => {
      if (!node.outputs.some(name => wanted.has(name))) return false;
      for (const name of [...node.inputs, ...node.captured]) wanted.add(name);
      return true;
    })
    .reverse();
  demand(needed.length <= mostNodes, 'onnx graph', `at most ${mostNodes} nodes`, needed.length);
  return needed;
}

/** Steps that a sequence is read with at first, where a file leaves their number open. */
const firstSteps = 9;
const mostSteps = 2 ** 12;

/** An attempt, and how it was made. */
interface Found {
  readonly found: Attempt;
  readonly at: Setting;
}

/** The attempt without problems, or that with the fewest. */
function bestAttempt(
  part: Omit<Setting, 'idea' | 'steps' | 'batches' | 'running' | 'keep'>,
  ideas: readonly Idea[],
  stateful: boolean | undefined,
): Found {
  let best: Found | undefined;
  for (const idea of ideas) {
    const keep = stateful !== false;
    const setting = { ...part, idea, steps: firstSteps, running: true, keep };
    const found = attemptBatch(setting, stateful);
    const count = found.found.problems.length;
    if (!best || count < best.found.problems.length) best = found;
    if (count === 0) break;
  }
  return best as Found;
}

/**
 * An attempt with a batch of two, where the file leaves open how many there are; with one, if a
 * file is made for that and yet does not mix them.
 */
function attemptBatch(setting: Omit<Setting, 'batches'>, stateful: boolean | undefined): Found {
  const { batches = 2 } = setting.idea;
  const found = attemptStates({ ...setting, batches }, stateful);
  const { problems, isMixed, flowOf } = found.found;
  const all = [...problems];
  for (const { name, tensor } of candidatesOf(setting, found.found)) {
    attemptTo(all, name, () => flowOf(tensor));
  }
  const mayFit = setting.idea.batches === undefined && setting.unread.size === 0;
  const isOpen = mayFit && all.length > 0 && !isMixed;
  return isOpen ? attemptStates({ ...setting, batches: 1 }, stateful) : found;
}

/** An attempt in which single steps keep the state, unless other nodes have windows. */
function attemptStates(setting: Setting, stateful: boolean | undefined): Found {
  const found = attemptBoth(setting);
  const { tooFew, eventSteps } = found;
  if (tooFew !== undefined && tooFew <= mostSteps) {
    return attemptStates({ ...setting, steps: tooFew }, stateful);
  }
  const { one, windows } = eventSteps;
  const isMixed = stateful === undefined && one.length > 0 && windows.length > 0;
  if (!isMixed) return { found, at: setting };
  const at = { ...setting, keep: false };
  return { found: attemptBoth(at), at };
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
function attemptBoth(setting: Setting): Attempt {
  const found = attempt(setting);
  if (!found.takesLast || found.problems.length) return found;
  const signals = new Set<number>();
  for (const { name, tensor } of candidatesOf(setting, found)) {
    attemptTo([], name, () => {
      for (const n of found.flowOf(tensor).numbers)
        if (n) signals.add(found.network.placeOf(n).signal);
    });
  }
  const layers = found.network.needed([...signals]).values();
  const streams = [...layers].every(layer => layer.streams);
  return streams ? found : attempt({ ...setting, running: false });
}

/** Problems, each once. */
export function distinct(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  const all = problems.length ? problems : [{ where: 'graph', why: 'no output' }];
  return all.filter(({ where, why }) => {
    const key = `${where}: ${why}`;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}
