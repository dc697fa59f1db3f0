import { flatten, isNdArray, type NdArray, sizeOf } from '../../arrays/ndarray.js';
import { demand } from '../../errors.js';
import { printable, quoted } from '../json.js';
import { type Problem, UnreadableError } from '../unreadable.js';
import type { DataFiles } from './external-data.js';
import type { FaultChoice } from './faults.js';
import type { Graph, Node } from './graph.js';
import { hypotheses, type Idea } from './hypotheses.js';
import type { GraphProto, ValueProto } from './proto.js';
import { type States, stateInputs } from './states.js';
import { type Constant, constantOf } from './tensor.js';

/** How an ONNX file is read. */
export interface OnnxOptions {
  /**
   * Sizes of dimensions that the file leaves open, by the names that it gives them; or all
   * dimensions of an input, by its name.
   */
  readonly dims?: Readonly<Record<string, number | readonly number[]>> | undefined;
  /** What inputs always are, by name: `{ sr: 16000 }`. */
  readonly inputs?: Readonly<Record<string, number | ArrayLike<number>>> | undefined;
  /**
   * Which output is the next value of which input, for all inputs that are states:
   * `{ h_in: 'h_out' }`. Without it they are found.
   */
  readonly states?: Readonly<Record<string, string>> | undefined;
  /** Tensors for inputs that are to be constants: weights, numbers that choose. By name. */
  readonly initializers?: Readonly<Record<string, NdArray>> | undefined;
  /** The output to read, where there are several beside states. */
  readonly output?: string | undefined;
  /**
   * Whether the state goes on from event to event where the file has one step in each (recurrent
   * nodes over an axis of 1, whose state is no input). Without it the state is kept, unless other
   * recurrent nodes have windows of several steps. `false`: each event is a sequence of its own.
   */
  readonly stateful?: boolean | undefined;
  /**
   * What becomes of what an exporter is known to write wrong: 'repair' reads what was meant, 'keep'
   * what is written. Without it such a file is refused.
   */
  readonly faults?: FaultChoice | undefined;
  /** Called with each thing that a user should know of the file: faults, numbers of 8 bits. */
  readonly onWarning?: ((warning: Problem) => void) | undefined;
  /** Bytes of the files beside it that hold weights, by the names that it calls them. */
  readonly data?: DataFiles | undefined;
}

/** What the caller fixes as constants: integers if they are in an Int32Array. */
export function givenOf(
  { inputs: declared }: GraphProto,
  { initializers = {}, inputs = {} }: OnnxOptions,
): Map<string, Constant> {
  const given = Object.entries(initializers).map(([name, array]): [string, Constant] => {
    demand(isNdArray(array), `readOnnx.initializers ${quoted(name)}`, 'an ndarray', array);
    const { data, shape } = array;
    const Values = data instanceof Int32Array ? Float64Array : Float32Array;
    return [name, constantOf(name, shape, flatten(array, new Values(sizeOf(shape))))];
  });
  const fixed = Object.entries(inputs).map(([name, value]): [string, Constant] => {
    const input = declared.find(own => own.name === name);
    return [name, fixedInput(input, name, value)];
  });
  return new Map([...given, ...fixed]);
}

/** A graph's inputs: the one of data, what its axes may be, and states. */
export interface Inputs {
  readonly input: string;
  readonly ideas: readonly Idea[];
  readonly states: States;
}

/** Throws an UnreadableError, with the problems so far, unless there is one input of data. */
export function inputsOf(
  graph: Graph,
  nodes: readonly Node[],
  { dims = {} }: OnnxOptions,
  problems: readonly Problem[],
  set: number,
): Inputs {
  const states = stateInputs(graph, set);
  const used = new Set(nodes.flatMap(({ inputs, captured }) => [...inputs, ...captured]));
  for (const { name } of graph.outputs) used.add(name);
  const given = graph.inputs.filter(({ name }) => used.has(name) && !states.sizes.has(name));
  if (given.length !== 1) {
    const names = given.slice(0, 8).map(({ name }) => quoted(name));
    const why = `${given.length} inputs beside states (${names.join(', ') || 'none'}), not one`;
    throw new UnreadableError('ONNX', [...problems, { where: 'graph', why }]);
  }
  const [value] = given;
  const ideas = hypotheses(value, dims);
  if (ideas.length === 0) {
    const shape = value.dims?.map(dim => dim ?? '?').join(', ') ?? '?';
    const why = `the shape [${printable(shape)}]: see the option dims`;
    const where = `input ${quoted(value.name)}`;
    throw new UnreadableError('ONNX', [...problems, { where, why }]);
  }
  return { input: value.name, ideas, states };
}

/** True for floats, and where the file does not say. */
export const isFloating = (type: number) => [0, 1, 10, 11, 16].includes(type);

export const isSize = (dim: unknown): dim is number =>
  Number.isInteger(dim) && (dim as number) > 0 && (dim as number) <= 2 ** 22;

/** A value that the caller gives an input, as numbers of the file. */
function fixedInput(input: ValueProto | undefined, name: string, value: unknown): Constant {
  const where = `readOnnx.inputs ${quoted(name)}`;
  demand(input, where, 'the name of an input', name);
  const list = typeof value === 'number' ? [value] : isNdArray(value) ? undefined : value;
  const isList = Array.isArray(list) || ArrayBuffer.isView(list);
  demand(isList, where, 'a number, an array of numbers or an ndarray', value);
  const numbers = [...(list as ArrayLike<number> & Iterable<number>)];
  demand(numbers.every(Number.isFinite), where, 'finite numbers', value);
  const floating = isFloating(input.type);
  const whole = floating || numbers.every(Number.isInteger);
  demand(whole, where, 'whole numbers, which the input has', value);
  const values = floating ? Float32Array.from(numbers) : Float64Array.from(numbers);
  const known = input.dims?.every(isSize) ? (input.dims as number[]) : undefined;
  const count = (known ?? []).reduce((product, n) => product * n, 1);
  const dims = known && count === numbers.length ? known : [numbers.length];
  return { kind: 'constant', name, dims, floating, values: () => values };
}
