import { type ActivationName, resolveActivation } from './activations.js';
import { stepActivation } from './derivatives.js';
import { type BinaryName, read } from './parse.js';
import type { Dimension, PlanNode } from './plan.js';
import type { ReductionName } from './reductions.js';
import type { EquationSpec } from './spec.js';

type Activations = EquationSpec['activations'];

/** A vector of one number. */
export interface Filled {
  readonly value: number;
  readonly dimension: Dimension;
}

/** Nodes of a plan in the making; equal ones are one. */
export class Expressions {
  readonly nodes: PlanNode[] = [];
  /** The functions of derivatives, by names that the cell has for nothing else. */
  readonly functions = new Map<string, Activations[string]>();
  /** Vectors of one number, by name. */
  readonly filled = new Map<string, Filled>();
  readonly #activations: Activations;
  readonly #known = new Map<string, number>();

  constructor(activations: Activations) {
    this.#activations = activations;
  }

  text(text: string, names: Readonly<Record<string, () => number>>): number {
    let result = 0;
    read<number>(`y = ${text}`, {
      number: value => this.number(value),
      name: name => names[name](),
      map: () => 0,
      call: (name, of) => this.call(name, of),
      negate: of => this.binary('multiply', this.number(-1), of),
      binary: (op, left, right) => this.binary(op, left, right),
      line: (_name, _next, value) => {
        result = value;
      },
    });
    return result;
  }

  number(value: number): number {
    return this.add({ op: 'number', value, dimension: 'scalar' });
  }

  /** A vector of one number: the adjoint has it as a parameter. */
  fill(value: number, dimension: Dimension): number {
    const name = `${dimension}_of_${value}`;
    this.filled.set(name, { value, dimension });
    return this.add({ op: 'parameter', name, dimension });
  }

  apply(slot: string, of: number): number {
    return this.add({ op: 'apply', slot, of, dimension: this.nodes[of].dimension });
  }

  /** A function of derivatives. */
  call(name: string, of: number): number {
    const own = name === 'step' ? stepActivation : resolveActivation('', name as ActivationName);
    let slot = name;
    while (Object.hasOwn(this.#activations, slot)) slot += '_';
    this.functions.set(slot, { ...own, clipped: false });
    return this.apply(slot, of);
  }

  reduce(by: ReductionName, of: number): number {
    return this.add({ op: 'reduce', by, of, dimension: 'scalar' });
  }

  binary(op: BinaryName, left: number, right: number): number {
    const isOne = (i: number) => {
      const node = this.nodes[i];
      return node.op === 'number' && node.value === 1 && node.dimension === 'scalar';
    };
    if (op === 'multiply' && isOne(right)) return left;
    if (op === 'multiply' && isOne(left)) return right;
    const { dimension: size } = this.nodes[left];
    const dimension = size === 'scalar' ? this.nodes[right].dimension : size;
    return this.add({ op, left, right, dimension });
  }

  add(node: PlanNode): number {
    const key = JSON.stringify(node);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.nodes.length);
    return this.nodes.push(node) - 1;
  }
}
