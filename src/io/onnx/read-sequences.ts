import { demand, mismatch } from '../../errors.js';
import { quoted } from '../json.js';
import { type LoadedLayer, loadedLayer } from '../loaded-layer.js';
import { type Problem, UnreadableError } from '../unreadable.js';
import { assemble } from './assemble.js';
import { type Attempt, attempt, type Setting } from './attempt.js';
import { Budget } from './budget.js';
import type { Flow } from './flow.js';
import { type Graph, graphOf, type Node } from './graph.js';
import { type Inputs, inputsOf, type OnnxOptions } from './inputs.js';
import type { GraphProto, ModelProto } from './proto.js';
import { checkStates } from './states.js';
import type { Constant } from './tensor.js';
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
export function readSequences({ model, given, length }: Source, options: OnnxOptions): OnnxModel {
  const { stateful } = options;
  const budget = new Budget();
  const graph = graphOf(model.graph, given, budget);
  const nodes = neededNodes(graph);
  const { problems, nodes: unread } = unreadableParts(model, nodes);
  const inputs = inputsOf(graph, nodes, options, problems, operatorSetOf(model));
  const setting = { graph, nodes, unread, budget, worth: length + 2 ** 18 };
  const found = bestAttempt(setting, model, inputs, stateful);
  const { output, wrong } = outputOf(graph, found, options);
  problems.push(...found.problems, ...wrong);
  // The weights of float32, twice at most: layers may share them.
  budget.renew(length / 2 + 2 ** 18);
  const made = problems.length || !output ? undefined : assemble(found.network, output.parts);
  problems.push(...(made?.problems ?? []));
  if (problems.length || !made?.cell) throw new UnreadableError('ONNX', distinct(problems));
  checkStateful(stateful, found);
  return { layer: loadedLayer(made.cell), state: stateOf(found) };
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
