import { demand } from '../../errors.js';
import { rolledWires } from '../../layers/rolled-wires.js';
import { wiredRecordsCell } from '../../layers/wired-records.js';
import type { AnyCell } from '../../streams/cell.js';
import { printable, quoted } from '../json.js';
import type { Problem } from '../unreadable.js';
import type { Budget } from './budget.js';
import type { Graph } from './graph.js';
import { isFloating, isSize, type OnnxOptions } from './inputs.js';
import type { GraphProto, ValueProto } from './proto.js';
import type { Constant } from './tensor.js';
import { whyOf } from './unfit.js';
import { reasonsOf } from './unreadable-parts.js';
import { constantPart } from './whole-elementwise.js';
import { type Choice, readNodes, Scope } from './whole-graph.js';
import { type Part, Program, runsOf, type Tensor } from './whole-program.js';
import type { WholeReading } from './whole-reading.js';
import { type StatePair, statePairs } from './whole-states.js';

/** A graph of one step as a layer, and what became of its choices and its states. */
export interface WholeModel {
  readonly cell: AnyCell | undefined;
  readonly problems: readonly Problem[];
  readonly states: readonly StatePair[];
  readonly choices: readonly Choice[];
  /** True if its inputs have shapes that are known, so that it can be read so at all. */
  readonly isShaped: boolean;
}

/** An input's shape, of which the parts that stand for a batch are 1. */
export function shapeOf(
  { name, dims }: ValueProto,
  sizes: OnnxOptions['dims'] = {},
): readonly number[] | undefined {
  const own = Object.hasOwn(sizes, name) ? sizes[name] : undefined;
  if (Array.isArray(own)) return own;
  const known = dims?.map(dim => {
    if (typeof dim === 'string' && Object.hasOwn(sizes, dim)) return sizes[dim] as number;
    return typeof dim === 'string' && /batch|^[nb]$/i.test(dim) ? 1 : dim;
  });
  return known?.every(isSize) ? known : undefined;
}

/** Reads a graph of which every shape is known, for one step. */
export function wholeModel(
  proto: GraphProto,
  graph: Graph,
  options: OnnxOptions,
  { operatorSet, budget }: { readonly operatorSet: number; readonly budget: Budget },
): WholeModel {
  const program = new Program(budget, constantPart);
  const read = namesRead(proto);
  const choices: Choice[] = [];
  const reading: WholeReading & { choices: Choice[] } = {
    ...{ program, budget, operatorSet, choices },
    isRead: name => name !== undefined && read.has(name),
  };
  const unread: WholeModel = {
    cell: undefined,
    problems: [],
    states: [],
    choices,
    isShaped: false,
  };
  const scope = new Scope();
  const problems = inputsInto(scope, program, graph, options, read);
  if (problems.length) {
    const parts = graph.nodes.flatMap(node =>
      reasonsOf(node, operatorSet, true).map(why => ({ where: node.where, why })),
    );
    return { ...unread, problems: [...parts, ...problems] };
  }
  readNodes(graph, scope, reading);
  const outputs = graph.outputs.map(({ name }) => ({ name, value: scope.get(name) }));
  for (const { name, value } of outputs) {
    if (value?.kind === 'constant' || value?.kind === 'tensor') continue;
    const own = value && 'problems' in value ? value.problems : undefined;
    problems.push(...(own ?? [{ where: `output ${quoted(name)}`, why: 'no node that makes it' }]));
  }
  if (problems.length) return { ...unread, problems, isShaped: true };
  try {
    const tensors = outputs.map(({ name, value }) => ({
      name,
      tensor: tensorOf(value as Constant | Tensor, program),
    }));
    return { ...unread, ...assembled(program, tensors, options), isShaped: true };
  } catch (error) {
    return { ...unread, problems: [{ where: 'graph', why: whyOf(error) }], isShaped: true };
  }
}

/** Puts the inputs that something reads into a scope; why those of unknown shapes are not. */
function inputsInto(
  scope: Scope,
  program: Program,
  { inputs }: Graph,
  options: OnnxOptions,
  read: ReadonlySet<string>,
): Problem[] {
  return inputs.flatMap((input): Problem[] => {
    const { name, type } = input;
    if (!read.has(name)) return [];
    const where = `input ${quoted(name)}`;
    const dims = shapeOf(input, options.dims);
    if (!dims) {
      const shown = input.dims?.map(dim => dim || '?').join(', ') ?? '?';
      return [{ where, why: `the shape [${printable(shown)}]: see the option dims` }];
    }
    const isChoice = !isFloating(type) && dims.length === 0;
    const why = 'a whole number that is no part of a stream: see the option inputs';
    scope.set(
      name,
      isChoice
        ? { kind: 'unknown', problems: [{ where, why }] }
        : program.input(name, dims, !isFloating(type)),
    );
    return [];
  });
}

function tensorOf(value: Constant | Tensor, program: Program): Tensor {
  return value.kind === 'tensor' ? value : program.tensor(value.dims, program.idsOf(value));
}

/** All names that nodes and outputs read, those of graphs within too. */
function namesRead({ nodes, outputs }: GraphProto, all = new Set<string>()): Set<string> {
  for (const { inputs, attributes } of nodes) {
    for (const name of inputs) all.add(name);
    for (const { graph } of attributes) if (graph) namesRead(graph, all);
  }
  for (const { name } of outputs) all.add(name);
  return all;
}

interface Output {
  readonly name: string;
  readonly tensor: Tensor;
}

const idsIn = ({ tensor }: Output) => tensor.ids.values() as Float64Array;

/** The layer of a program: its inputs, states and outputs by the names in the file. */
export function assembled(
  program: Program,
  outputs: readonly Output[],
  options: OnnxOptions,
): Pick<WholeModel, 'cell' | 'states'> {
  const everything = program.needed(outputs.map(idsIn));
  const bases = new Set<number>();
  for (const ids of [
    ...outputs.map(idsIn),
    ...[...everything.values()].map(({ reads }) => reads),
  ]) {
    for (const id of ids) bases.add(program.baseOf(id));
  }
  const used = program.inputs.filter(({ base }) => bases.has(base));
  const names = used.map(({ name }) => name);
  const states = statePairs(program, outputs, names, options.states);
  const isState = (name: string) => states.some(pair => pair.input === name);
  const inputs = used.filter(({ name }) => !isState(name));
  const kept = states.map(
    ({ input }) => used.find(({ name }) => name === input) as (typeof used)[0],
  );
  const answers = answersOf(outputs, states, options);
  const nexts = states.map(({ output }) => outputs.find(({ name }) => name === output) as Output);
  demand(inputs.length, 'readOnnx', 'an input that is no state', names.join(', '));
  const parts = program.needed([...answers, ...nexts].map(idsIn));
  return { cell: cellOf(program, { inputs, kept, answers, nexts, parts }), states };
}

/** The outputs that are no states; if all are, the first one. */
function answersOf(
  outputs: readonly Output[],
  states: readonly StatePair[],
  { output }: OnnxOptions,
): readonly Output[] {
  const own = outputs.filter(({ name }) => !states.some(pair => pair.output === name));
  const candidates = own.length ? own : outputs.slice(0, 1);
  if (output === undefined) return candidates;
  const names = candidates.map(({ name }) => quoted(name)).join(', ');
  const chosen = candidates.filter(({ name }) => name === output);
  demand(chosen.length, 'readOnnx.output', `one of ${names}`, output);
  return chosen;
}

interface Assembly {
  readonly inputs: Program['inputs'];
  readonly kept: Program['inputs'];
  readonly answers: readonly Output[];
  readonly nexts: readonly Output[];
  readonly parts: ReadonlyMap<number, Part>;
}

function cellOf(program: Program, { inputs, kept, answers, nexts, parts }: Assembly): AnyCell {
  const sources = [...[...inputs, ...kept].map(({ base }) => base), ...parts.keys()];
  const places = new Map(sources.map((base, i) => [base, i]));
  const targets = [
    ...[...parts.values()].map(({ reads }) => reads),
    ...[...answers, ...nexts].map(idsIn),
  ];
  const size = (dims: readonly number[]) => dims.reduce((product, n) => product * n, 1);
  const settings = {
    inputs: inputs.map(({ name }) => name),
    inputSizes: inputs.map(({ dims }) => size(dims)),
    outputs: answers.map(({ name }) => name),
    outputSizes: answers.map(output => idsIn(output).length),
    states: kept.map(({ name }) => name),
    stateSizes: kept.map(({ dims }) => size(dims)),
    wires: rolledWires(
      targets.flatMap(ids => runsOf(ids, program, base => places.get(base) as number)),
    ),
  };
  const members = [...parts.values()].map(part => part.make());
  return wiredRecordsCell(settings, members);
}
