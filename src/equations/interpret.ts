import { addProduct, Matrix, Vector } from '../kernels/portable.js';
import { activationEntry } from './activations.js';
import { columnsOf, namesOf } from './parameters.js';
import type { PlanNode } from './plan.js';
import type { EquationSpec } from './spec.js';

/** One cell made ready to run: numbers in, numbers out, no checks, no garbage. */
export interface Program {
  /** Input window `[inputSize]`: filled by the caller before `step`. */
  readonly x: Float32Array;
  /** Output window `[outputSize]`: valid until the next `step`. */
  readonly y: Float32Array;
  /** Floats of state a stream. */
  readonly stateSize: number;
  /** Reads a stream's state at now[from…], writes the next at next[to…]; the two may be one. */
  step(now: Float32Array, from: number, next: Float32Array, to: number): void;
}

/** The portable backend: a plan run on `gemv`, in double precision between float32 states. */
export function interpret(spec: EquationSpec): Program {
  const { definition, sizes } = spec;
  const { nodes, states, output } = definition.plan;
  const { registers, starts, blocks } = layOut(spec);
  const operations: Operation[] = [];
  const loads: { start: number; length: number }[] = [];
  const x = new Float32Array(sizes.input);
  const y = new Float32Array(sizes[nodes[output].dimension]);
  let input = -1;

  for (const [i, node] of nodes.entries()) {
    const start = starts[i];
    const length = sizes[node.dimension];
    if (node.op === 'input') input = start;
    else if (node.op === 'state') {
      loads[states.findIndex(({ name }) => name === node.name)] = { start, length };
    } else if (node.op === 'affine') {
      // The first of a block works out all of it: the others have the same arguments.
      const block = blocks.find(each => each.nodes[0] === i);
      if (block) operations.push(blockOperation(spec, registers, starts, block));
    } else if (node.op === 'activate') {
      operations.push(activation(spec, registers, node, starts[node.of], start, length));
    } else if ('left' in node) {
      const run = { add, subtract, multiply }[node.op];
      const [a, b] = [starts[node.left], starts[node.right]];
      // A scalar beside a vector is read again and again: a step of 0.
      const [aStep, bStep] = [node.left, node.right].map(operand =>
        nodes[operand].dimension === node.dimension ? 1 : 0,
      );
      operations.push(() => run(registers, a, aStep, b, bStep, start, length));
    } else registers.set(valueOfLeaf(spec, node), start);
  }

  const lengths = states.map(({ dimension }) => sizes[dimension]);
  return {
    x,
    y,
    stateSize: lengths.reduce((sum, length) => sum + length, 0),
    step(now, from, next, to) {
      if (input >= 0) copy(x, 0, registers, input, x.length);
      for (let k = 0, at = from; k < lengths.length; at += lengths[k], k++) {
        if (loads[k]) copy(now, at, registers, loads[k].start, lengths[k]);
      }
      for (let k = 0; k < operations.length; k++) operations[k]();
      for (let k = 0, at = to; k < lengths.length; at += lengths[k], k++) {
        copy(registers, starts[states[k].node], next, at, lengths[k]);
      }
      copy(registers, starts[output], y, 0, y.length);
    },
  };
}

type Operation = () => void;
type NodeOf<Op> = PlanNode & { op: Op };

/** Affine nodes of the same arguments: one product of one matrix, rows of all, columns of all. */
interface Block {
  readonly nodes: number[];
  readonly of: readonly number[];
}

/** Where each node's value lies among the registers; the nodes of a block one after another. */
function layOut({ definition, sizes }: EquationSpec) {
  const { nodes } = definition.plan;
  const byArguments = new Map<string, Block>();
  for (const [i, node] of nodes.entries()) {
    if (node.op !== 'affine') continue;
    const of = node.maps.map(map => map.of);
    const block = byArguments.get(of.join()) ?? { nodes: [], of };
    block.nodes.push(i);
    byArguments.set(of.join(), block);
  }
  const blocks = [...byArguments.values()];
  const starts: number[] = [];
  let size = 0;
  for (const i of [...blocks.flatMap(block => block.nodes), ...nodes.keys()]) {
    if (starts[i] !== undefined) continue;
    starts[i] = size;
    size += sizes[nodes[i].dimension];
  }
  return { registers: new Float64Array(size), starts, blocks };
}

function valueOfLeaf({ constants, params }: EquationSpec, node: PlanNode): ArrayLike<number> {
  if (node.op === 'number') return [node.value];
  const { op, name } = node as NodeOf<'constant' | 'scalar' | 'vector'>;
  return op === 'constant' ? [constants[name]] : params[name];
}

function blockOperation(
  spec: EquationSpec,
  registers: Float64Array,
  starts: readonly number[],
  { nodes, of }: Block,
): Operation {
  const { plan } = spec.definition;
  const rows = nodes.flatMap(i => rowsOf(spec, plan.nodes[i] as NodeOf<'affine'>));
  const bias = Float64Array.from(rows, ([first]) => first);
  const A = new Matrix(rows.map(row => row.slice(1)));
  const lengths = of.map(i => spec.sizes[plan.nodes[i].dimension]);
  const vector = new Float64Array(A.shape[1]);
  const to = starts[nodes[0]];
  const x = new Vector(vector, 0, vector.length);
  const y = new Vector(registers, to, rows.length);
  return () => {
    for (let k = 0, at = 0; k < of.length; at += lengths[k], k++) {
      copy(registers, starts[of[k]], vector, at, lengths[k]);
    }
    copy(bias, 0, registers, to, bias.length);
    addProduct(A, x, y);
  };
}

/** Rows of an affine node: the sum of its biases, then its matrices' rows side by side. */
function rowsOf({ definition: { plan }, params, sizes }: EquationSpec, node: NodeOf<'affine'>) {
  const height = sizes[node.dimension];
  return Array.from({ length: height }, (_, i) => {
    const whole = [0];
    for (const { matrix, row } of node.maps) {
      const [weight, bias] = namesOf(plan, matrix);
      const columns = sizes[columnsOf(plan, matrix)];
      const start = (row * height + i) * columns;
      for (let j = 0; j < columns; j++) whole.push(params[weight][start + j]);
      const block = plan.rows[matrix][row].bias;
      if (block >= 0) whole[0] += params[bias]?.[block * height + i] ?? 0;
    }
    return whole;
  });
}

function activation(
  { activations, clip: bound = Infinity }: EquationSpec,
  registers: Float64Array,
  { slot }: NodeOf<'activate'>,
  from: number,
  to: number,
  length: number,
): Operation {
  const { name, alpha, beta, clipped } = activations[slot];
  const { apply } = activationEntry(name);
  return () => {
    copy(registers, from, registers, to, length);
    if (clipped && bound < Infinity) clip(registers, to, to + length, bound);
    apply(registers, to, to + length, alpha, beta);
  };
}

type Numbers = Float32Array | Float64Array;

function copy(from: Numbers, at: number, to: Numbers, start: number, length: number): void {
  for (let i = 0; i < length; i++) to[start + i] = from[at + i];
}

function clip(v: Float64Array, from: number, to: number, bound: number): void {
  for (let i = from; i < to; i++) v[i] = Math.min(bound, Math.max(-bound, v[i]));
}

type Binary = (
  v: Float64Array,
  a: number,
  aStep: number,
  b: number,
  bStep: number,
  to: number,
  length: number,
) => void;

const add: Binary = (v, a, aStep, b, bStep, to, length) => {
  for (let i = 0; i < length; i++, a += aStep, b += bStep) v[to + i] = v[a] + v[b];
};

const subtract: Binary = (v, a, aStep, b, bStep, to, length) => {
  for (let i = 0; i < length; i++, a += aStep, b += bStep) v[to + i] = v[a] - v[b];
};

const multiply: Binary = (v, a, aStep, b, bStep, to, length) => {
  for (let i = 0; i < length; i++, a += aStep, b += bStep) v[to + i] = v[a] * v[b];
};
