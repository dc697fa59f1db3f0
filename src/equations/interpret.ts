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

type Operation = () => void;

/** The portable backend: a plan run on `gemv`, in double precision between float32 states. */
export function interpret(spec: EquationSpec): Program {
  const { plan } = spec.definition;
  const { nodes } = plan;
  const layout = new Layout(spec);
  const { registers, starts } = layout;
  const x = new Float32Array(spec.sizes.input);
  const y = new Float32Array(spec.sizes[nodes[plan.output].dimension]);
  const operations = operationsOf(spec, layout);
  const input = nodes.findIndex(({ op }) => op === 'input');
  const states = plan.states.map(({ name, dimension, node }) => {
    const leaf = nodes.findIndex(n => n.op === 'state' && n.name === name);
    return { read: starts[leaf] ?? -1, written: starts[node], length: spec.sizes[dimension] };
  });
  const output = starts[plan.output];
  const stateSize = states.reduce((sum, { length }) => sum + length, 0);

  return {
    x,
    y,
    stateSize,
    step(now, from, next, to) {
      if (input >= 0) load(x, 0, registers, starts[input], x.length);
      for (let k = 0, at = from; k < states.length; at += states[k].length, k++) {
        if (states[k].read >= 0) load(now, at, registers, states[k].read, states[k].length);
      }
      for (let k = 0; k < operations.length; k++) operations[k]();
      for (let k = 0, at = to; k < states.length; at += states[k].length, k++) {
        store(registers, states[k].written, next, at, states[k].length);
      }
      store(registers, output, y, 0, y.length);
    },
  };
}

type AffineNode = PlanNode & { op: 'affine' };

/** Affine nodes of the same arguments: one product of one matrix, rows of all, columns of all. */
interface Block {
  readonly nodes: number[];
  /** The arguments, whose registers, one after another, are the vector. */
  readonly of: readonly number[];
  /** Where the arguments are copied to, if they do not lie one after another already. */
  gather: number;
}

/** Where each node's value lies: leaves first, then blocks of affine nodes, then the rest. */
class Layout {
  readonly registers: Float64Array;
  readonly starts: number[] = [];
  readonly blocks: Block[] = [];

  constructor({ definition, sizes }: EquationSpec) {
    const { nodes } = definition.plan;
    const byArguments = new Map<string, Block>();
    for (const [i, node] of nodes.entries()) {
      if (node.op !== 'affine') continue;
      const of = node.maps.map(map => map.of);
      const block = byArguments.get(of.join()) ?? { nodes: [], of, gather: -1 };
      block.nodes.push(i);
      byArguments.set(of.join(), block);
    }
    this.blocks = [...byArguments.values()];
    const leaves = ['input', 'state'].flatMap(op => indicesOf(nodes, node => node.op === op));
    const rest = indicesOf(nodes, ({ op }) => !['input', 'state', 'affine'].includes(op));
    let size = 0;
    for (const i of [...leaves, ...this.blocks.flatMap(block => block.nodes), ...rest]) {
      this.starts[i] = size;
      size += sizes[nodes[i].dimension];
    }
    for (const block of this.blocks) {
      const lengths = block.of.map(i => sizes[nodes[i].dimension]);
      const ends = block.of.map((i, k) => this.starts[i] + lengths[k]);
      if (block.of.every((i, k) => k === 0 || this.starts[i] === ends[k - 1])) {
        block.gather = this.starts[block.of[0]];
        continue;
      }
      block.gather = size;
      size += lengths.reduce((sum, length) => sum + length, 0);
    }
    this.registers = new Float64Array(size);
  }
}

function indicesOf(nodes: readonly PlanNode[], wanted: (node: PlanNode) => boolean): number[] {
  return nodes.flatMap((node, i) => (wanted(node) ? [i] : []));
}

/** What a step does; nodes that no datum can change are worked out here, once. */
function operationsOf(spec: EquationSpec, layout: Layout): Operation[] {
  const { nodes } = spec.definition.plan;
  const fixed: boolean[] = [];
  const operations: Operation[] = [];
  for (const [i, node] of nodes.entries()) {
    fixed.push(isFixed(node, fixed));
    const operation = operationOf(spec, layout, node, i);
    if (fixed[i]) operation?.();
    else if (operation) operations.push(operation);
  }
  return operations;
}

function isFixed(node: PlanNode, fixed: readonly boolean[]): boolean {
  if (node.op === 'input' || node.op === 'state' || node.op === 'affine') return false;
  if ('of' in node) return fixed[node.of];
  if ('left' in node) return fixed[node.left] && fixed[node.right];
  return true;
}

function operationOf(
  spec: EquationSpec,
  layout: Layout,
  node: PlanNode,
  i: number,
): Operation | undefined {
  const { registers, starts } = layout;
  const to = starts[i];
  const length = spec.sizes[node.dimension];
  switch (node.op) {
    case 'input':
    case 'state':
      return undefined;
    case 'number':
      return () => registers.fill(node.value, to, to + 1);
    case 'constant':
      return () => registers.fill(spec.constants[node.name], to, to + 1);
    case 'scalar':
    case 'vector':
      return () => registers.set(spec.params[node.name], to);
    case 'affine': {
      // The first of a block works out all of it: the others have the same arguments.
      const block = layout.blocks.find(({ nodes }) => nodes[0] === i);
      return block && blockOperation(spec, layout, block);
    }
    case 'negate':
      return () => negate(registers, starts[node.of], to, length);
    case 'activate':
      return activateOperation(spec, layout, node, to, length);
    default: {
      const run = { add, subtract, multiply }[node.op];
      // A scalar beside a vector is read again and again: a step of 0.
      const [left, right] = [node.left, node.right].map(operand => ({
        start: starts[operand],
        step: spec.definition.plan.nodes[operand].dimension === node.dimension ? 1 : 0,
      }));
      return () => run(registers, left.start, left.step, right.start, right.step, to, length);
    }
  }
}

function blockOperation(spec: EquationSpec, layout: Layout, block: Block): Operation {
  const { registers, starts } = layout;
  const { plan } = spec.definition;
  const affine = block.nodes.map(i => plan.nodes[i] as AffineNode);
  const rows = affine.flatMap(node => rowsOf(spec, node));
  const bias = Float64Array.from(affine.flatMap(node => biasesOf(spec, node)));
  const lengths = block.of.map(i => spec.sizes[plan.nodes[i].dimension]);
  const columns = lengths.reduce((sum, length) => sum + length, 0);
  const A = new Matrix(rows, columns);
  const vector = new Vector(registers, block.gather, columns);
  const to = starts[block.nodes[0]];
  const target = new Vector(registers, to, bias.length);
  const gathers = block.gather === starts[block.of[0]] ? [] : block.of;
  return () => {
    for (let k = 0, at = block.gather; k < gathers.length; at += lengths[k], k++) {
      copy(registers, starts[gathers[k]], registers, at, lengths[k]);
    }
    copy(bias, 0, registers, to, bias.length);
    addProduct(A, vector, target);
  };
}

/** The rows of an affine node's matrices side by side, as wide as its arguments together. */
function rowsOf(
  { definition: { plan }, params, sizes }: EquationSpec,
  node: AffineNode,
): Float64Array[] {
  const height = sizes[node.dimension];
  return Array.from({ length: height }, (_, i) => {
    const parts = node.maps.map(({ matrix, row }) => {
      const columns = sizes[columnsOf(plan, matrix)];
      const start = (row * height + i) * columns;
      return params[namesOf(plan, matrix)[0]].subarray(start, start + columns);
    });
    return Float64Array.from(parts.flatMap(part => [...part]));
  });
}

/** The biases of an affine node's maps, added up. */
function biasesOf(
  { definition: { plan }, params, sizes }: EquationSpec,
  node: AffineNode,
): number[] {
  const height = sizes[node.dimension];
  const sums = new Array<number>(height).fill(0);
  for (const { matrix, row } of node.maps) {
    const values = params[namesOf(plan, matrix)[1]];
    const block = plan.rows[matrix][row].bias;
    if (!values || block < 0) continue;
    for (let i = 0; i < height; i++) sums[i] += values[block * height + i];
  }
  return sums;
}

function activateOperation(
  spec: EquationSpec,
  { registers, starts }: Layout,
  node: PlanNode & { op: 'activate' },
  to: number,
  length: number,
): Operation {
  const { name, alpha, beta, clipped } = spec.activations[node.slot];
  const { apply } = activationEntry(name);
  const from = starts[node.of];
  const bound = clipped ? spec.clip : undefined;
  return () => {
    copy(registers, from, registers, to, length);
    if (bound !== undefined) clip(registers, to, to + length, bound);
    apply(registers, to, to + length, alpha, beta);
  };
}

function load(
  from: Float32Array,
  at: number,
  to: Float64Array,
  start: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) to[start + i] = from[at + i];
}

function store(
  from: Float64Array,
  at: number,
  to: Float32Array,
  start: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) to[start + i] = from[at + i];
}

function copy(
  from: Float64Array,
  at: number,
  to: Float64Array,
  start: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) to[start + i] = from[at + i];
}

function clip(v: Float64Array, from: number, to: number, bound: number): void {
  for (let i = from; i < to; i++) v[i] = Math.min(bound, Math.max(-bound, v[i]));
}

function negate(v: Float64Array, from: number, to: number, length: number): void {
  for (let i = 0; i < length; i++) v[to + i] = -v[from + i];
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
