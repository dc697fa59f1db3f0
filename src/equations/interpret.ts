import { addProduct, Matrix, Vector } from '../kernels/portable.js';
import { activationEntry } from './activations.js';
import { columnsOf, namesOf } from './parameters.js';
import type { MatrixName } from './parse.js';
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
  const starts: number[] = [];
  let size = 0;
  for (const { dimension } of nodes) {
    starts.push(size);
    size += spec.sizes[dimension];
  }
  const registers = new Float64Array(size);
  const x = new Float32Array(spec.sizes.input);
  const y = new Float32Array(spec.sizes[nodes[plan.output].dimension]);
  const builder = new OperationBuilder(spec, registers, starts);
  const operations = builder.operations();
  const inputs = nodes.flatMap(({ op }, i) => (op === 'input' ? [starts[i]] : []));
  const states = plan.states.map(({ name, dimension, node }) => {
    const leaf = nodes.findIndex(n => n.op === 'state' && n.name === name);
    return {
      read: leaf < 0 ? -1 : starts[leaf],
      written: starts[node],
      length: spec.sizes[dimension],
    };
  });
  const output = starts[plan.output];
  const stateSize = states.reduce((sum, { length }) => sum + length, 0);

  return {
    x,
    y,
    stateSize,
    step(now, from, next, to) {
      for (let k = 0; k < inputs.length; k++) copy(x, 0, registers, inputs[k], x.length);
      for (let k = 0, at = from; k < states.length; at += states[k].length, k++) {
        if (states[k].read >= 0) copy(now, at, registers, states[k].read, states[k].length);
      }
      for (let k = 0; k < operations.length; k++) operations[k]();
      for (let k = 0, at = to; k < states.length; at += states[k].length, k++) {
        copy(registers, states[k].written, next, at, states[k].length);
      }
      copy(registers, output, y, 0, y.length);
    },
  };
}

class OperationBuilder {
  private readonly spec: EquationSpec;
  private readonly registers: Float64Array;
  private readonly starts: readonly number[];

  constructor(spec: EquationSpec, registers: Float64Array, starts: readonly number[]) {
    this.spec = spec;
    this.registers = registers;
    this.starts = starts;
  }

  /** What a step does; nodes that no datum can change are worked out here, once. */
  operations(): Operation[] {
    const { nodes } = this.spec.definition.plan;
    const fixed: boolean[] = [];
    const operations: Operation[] = [];
    for (const [i, node] of nodes.entries()) {
      fixed.push(this.isFixed(node, fixed));
      const operation = this.operation(node, i);
      if (fixed[i]) operation?.();
      else if (operation) operations.push(operation);
    }
    return operations;
  }

  private isFixed(node: PlanNode, fixed: readonly boolean[]): boolean {
    if (node.op === 'input' || node.op === 'state' || node.op === 'affine') return false;
    if ('of' in node) return fixed[node.of];
    if ('left' in node) return fixed[node.left] && fixed[node.right];
    return true;
  }

  private operation(node: PlanNode, i: number): Operation | undefined {
    const { registers, starts, spec } = this;
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
      case 'affine':
        return this.affine(node, to, length);
      case 'negate':
        return () => negate(registers, starts[node.of], to, length);
      case 'activate':
        return this.activate(node, to, length);
      default: {
        const run = { add, subtract, multiply }[node.op];
        const left = starts[node.left];
        const right = starts[node.right];
        const leftStep = this.stepOf(node.left, length);
        const rightStep = this.stepOf(node.right, length);
        return () => run(registers, left, leftStep, right, rightStep, to, length);
      }
    }
  }

  /** 0 for a scalar that is broadcast over a vector, else 1. */
  private stepOf(node: number, length: number): number {
    const { dimension } = this.spec.definition.plan.nodes[node];
    return this.spec.sizes[dimension] === length ? 1 : 0;
  }

  private affine({ maps }: PlanNode & { op: 'affine' }, to: number, rows: number): Operation {
    const { registers, starts, spec } = this;
    const { plan } = spec.definition;
    const bias = new Float64Array(rows);
    for (const { matrix, row } of maps) {
      const values = spec.params[namesOf(plan, matrix)[1]];
      const block = plan.rows[matrix][row].bias;
      if (!values || block < 0) continue;
      for (let i = 0; i < rows; i++) bias[i] += values[block * rows + i];
    }
    const target = new Vector(registers, to, rows);
    const products = maps.map(({ matrix, row, of }) => {
      const columns = spec.sizes[columnsOf(plan, matrix)];
      return {
        A: this.matrix(matrix, row, rows, columns),
        x: new Vector(registers, starts[of], columns),
      };
    });
    return () => {
      copy(bias, 0, registers, to, rows);
      for (let k = 0; k < products.length; k++) addProduct(products[k].A, products[k].x, target);
    };
  }

  private matrix(matrix: MatrixName, row: number, rows: number, columns: number): Matrix {
    const data = this.spec.params[namesOf(this.spec.definition.plan, matrix)[0]];
    return new Matrix(data, row * rows * columns, rows, columns);
  }

  private activate(node: PlanNode & { op: 'activate' }, to: number, length: number): Operation {
    const { registers, starts, spec } = this;
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
}

type Elements = Float32Array | Float64Array;

function copy(from: Elements, at: number, to: Elements, start: number, length: number): void {
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
