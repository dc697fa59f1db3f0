import { type CellGraph, cellOutputs } from '../graph/graph.js';
import { columnsOf, namesOf } from '../graph/parameters.js';
import type { BinaryName } from '../graph/parse.js';
import type { PlanNode } from '../graph/plan.js';
import { inputsOf } from '../graph/ports.js';
import type { Reduction } from '../graph/reductions.js';
import { activationLoops } from '../kernels/activation-loops.js';
import { addProduct, Matrix, Vector } from '../kernels/portable.js';

/** One cell made ready to run: reads its input and state in a memory, writes state and output. */
export type RunCell = (
  memory: Float32Array,
  inputs: readonly number[],
  now: number,
  next: number,
  y: number,
) => void;

type Parameters = Readonly<Record<string, Float32Array>>;
type Task = () => void;
type PlanNodeOf<Op> = PlanNode & { op: Op };

/** A plan run on `gemv`, in double precision between float32 states. */
export function interpret(cell: CellGraph, params: Parameters): RunCell {
  const { definition, sizes } = cell;
  const { nodes, states } = definition.plan;
  const { registers, starts, operations } = prepared(cell, params);

  const startOf = (op: string, name?: string) =>
    starts[
      nodes.findIndex(node => node.op === op && (!name || ('name' in node && node.name === name)))
    ];
  const lengths = states.map(({ dimension }) => sizes[dimension]);
  const loads = states.map(({ name }) => startOf('state', name));
  const lengthOf = (i: number) => sizes[nodes[i].dimension];
  const outputs = cellOutputs(cell).map(({ node, at }) => {
    return { start: starts[node], length: lengthOf(node), at };
  });
  const ports = inputsOf(definition.plan).map(({ name, dimension }) => {
    return { start: startOf('port', name), length: sizes[dimension] };
  });
  return (memory, inputs, now, next, y) => {
    // An input or a state that no equation reads has no register.
    for (let k = 0; k < ports.length; k++) {
      const { start, length } = ports[k];
      if (start >= 0) copy(memory, inputs[k], registers, start, length);
    }
    for (let k = 0, at = now; k < lengths.length; at += lengths[k], k++) {
      if (loads[k] >= 0) copy(memory, at, registers, loads[k], lengths[k]);
    }
    for (let k = 0; k < operations.length; k++) operations[k]();
    for (let k = 0, at = next; k < lengths.length; at += lengths[k], k++) {
      copy(registers, starts[states[k].node], memory, at, lengths[k]);
    }
    for (let k = 0; k < outputs.length; k++) {
      const { start, length, at } = outputs[k];
      copy(registers, start, memory, y + at, length);
    }
  };
}

/** Registers, where each node's value lies among them, and what works out the values in order. */
function prepared(cell: CellGraph, params: Parameters) {
  const { definition, sizes, constants } = cell;
  const { nodes } = definition.plan;
  const blocks = blocksOf(nodes);
  const lengthOf = (i: number) => sizes[nodes[i].dimension];

  // Where each node's value lies among the registers; the nodes of a block one after another.
  const starts: number[] = [];
  let size = 0;
  for (const i of [...blocks.flat(), ...nodes.keys()]) {
    if (starts[i] >= 0) continue;
    starts[i] = size;
    size += lengthOf(i);
  }
  const registers = new Float64Array(size);

  const operations = nodes.flatMap((node, i): Task[] => {
    const { op } = node;
    const start = starts[i];
    const length = lengthOf(i);
    if (op === 'affine') {
      // The first of a block works out all of it: the others have the same arguments.
      const block = blocks.find(([first]) => first === i);
      return block ? [product(cell, params, registers, starts, block)] : [];
    }
    if (op === 'apply') {
      return [activation(cell, node.slot, registers, starts[node.of], start, length)];
    }
    if (op === 'reduce') {
      const [from, to] = [starts[node.of], starts[node.of] + lengthOf(node.of)];
      const by = definition.reductions?.[node.by] as Reduction;
      return [() => void (registers[start] = by.run(registers, from, to))];
    }
    if ('left' in node) {
      const run = binaries[node.op];
      const [a, b] = [node.left, node.right];
      // A scalar beside a vector is read again and again: a step of 0.
      const [aStep, bStep] = [a, b].map(of => Number(nodes[of].dimension === node.dimension));
      const { [a]: left, [b]: right } = starts;
      return [() => run(registers, left, aStep, right, bStep, start, length)];
    }
    if (op === 'number') registers[start] = node.value;
    else if (op === 'constant') registers[start] = constants[node.name];
    else if (op === 'parameter') registers.set(params[node.name], start);
    return [];
  });
  return { registers, starts, operations };
}

/** Affine nodes of the same arguments: each block is one product, with the rows of all of them. */
function blocksOf(nodes: readonly PlanNode[]): number[][] {
  const blocks: Record<string, number[]> = {};
  for (const [i, node] of nodes.entries()) {
    if (node.op !== 'affine') continue;
    const key = node.maps.map(({ of }) => of).join();
    blocks[key] ??= [];
    blocks[key].push(i);
  }
  return Object.values(blocks);
}

/** Copies a block's arguments together, and its rows' biases to where `gemv` adds the products. */
function product(
  { definition, sizes }: CellGraph,
  params: Parameters,
  registers: Float64Array,
  starts: readonly number[],
  block: readonly number[],
): Task {
  const { plan } = definition;
  const rows: number[][] = [];
  const biases: number[] = [];
  for (const node of block) {
    const { maps, dimension } = plan.nodes[node] as PlanNodeOf<'affine'>;
    for (let i = 0; i < sizes[dimension]; i++) {
      let sum = 0;
      const row = maps.flatMap(({ matrix, row }) => {
        const [weight, bias] = namesOf(plan, matrix);
        const columns = sizes[columnsOf(plan, matrix)];
        const start = (row * sizes[dimension] + i) * columns;
        // Rows without a bias have the index -1, at which there is nothing.
        sum += params[bias]?.[plan.rows[matrix][row].bias * sizes[dimension] + i] ?? 0;
        return Array.from(params[weight].subarray(start, start + columns));
      });
      rows.push(row);
      biases.push(sum);
    }
  }
  const bias = Float64Array.from(biases);
  const A = new Matrix(rows);
  const [first] = block;
  const to = starts[first];
  const { maps } = plan.nodes[first] as PlanNodeOf<'affine'>;
  const x = new Vector(new Float64Array(A.shape[1]), 0, A.shape[1]);
  const y = new Vector(registers, to, bias.length);
  const parts = maps.map(({ of }) => ({
    from: starts[of],
    length: sizes[plan.nodes[of].dimension],
  }));
  return () => {
    for (let k = 0, at = 0; k < parts.length; at += parts[k].length, k++) {
      copy(registers, parts[k].from, x.data, at, parts[k].length);
    }
    copy(bias, 0, registers, to, bias.length);
    addProduct(A, x, y);
  };
}

function activation(
  { activations, clip: bound = Infinity }: CellGraph,
  slot: string,
  registers: Float64Array,
  from: number,
  to: number,
  length: number,
): Task {
  const { name, alpha, beta, clipped } = activations[slot];
  const apply = activationLoops[name];
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

const binaries: Readonly<Record<BinaryName, Binary>> = {
  add(v, a, aStep, b, bStep, to, length) {
    for (let i = 0; i < length; i++, a += aStep, b += bStep) v[to + i] = v[a] + v[b];
  },
  subtract(v, a, aStep, b, bStep, to, length) {
    for (let i = 0; i < length; i++, a += aStep, b += bStep) v[to + i] = v[a] - v[b];
  },
  multiply(v, a, aStep, b, bStep, to, length) {
    for (let i = 0; i < length; i++, a += aStep, b += bStep) v[to + i] = v[a] * v[b];
  },
};
