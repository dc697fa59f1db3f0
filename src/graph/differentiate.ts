import type { Adjoint, Saved, Slope } from './adjoint.js';
import { derivatives } from './derivatives.js';
import { Expressions } from './expressions.js';
import { columnsOf } from './parameters.js';
import type { BinaryName } from './parse.js';
import type { Computation, Plan, PlanMap, PlanNode } from './plan.js';
import { outputsOf } from './ports.js';
import { reductions } from './reductions.js';
import { operandsOf, schedule } from './schedule.js';
import type { EquationSpec } from './spec.js';
import { adjointParams, transposedName, transposedRows, transposedSizes } from './transposed.js';

/**
 * The adjoint of a cell's step: reverse mode (Linnainmaa 1970), one rule for each operation of a
 * plan. What the plan has of activations is in `spec`.
 */
export function differentiate(spec: EquationSpec): Adjoint {
  return new Differentiator(spec).adjoint();
}

class Differentiator {
  readonly #spec: EquationSpec;
  readonly #plan: Plan;
  readonly #make: Expressions;
  readonly #saved = new Map<number, Saved>();
  /** By the step's nodes: what they add to ∂L/∂ of them. */
  readonly #terms = new Map<number, number[]>();
  readonly #isFixed: ReadonlySet<number>;

  constructor(spec: EquationSpec) {
    this.#spec = spec;
    this.#make = new Expressions(spec.activations);
    this.#plan = spec.definition.plan;
    this.#isFixed = new Set(this.#plan.schedule.fixed);
  }

  adjoint(): Adjoint {
    const { states } = this.#plan;
    const outputs = outputsOf(this.#plan);
    const seeds = outputs.map(({ name, dimension }) => ({ name: `d${name}`, dimension }));
    for (const { name, dimension, node } of states) {
      this.#give(node, this.#make.add({ op: 'state', name, dimension }));
    }
    for (const [i, { node }] of outputs.entries()) {
      this.#give(node, this.#make.add({ op: 'port', ...seeds[i] }));
    }
    const { ends, ...slopes } = this.#walk();
    const saved = [...this.#saved.values()];
    const computation = {
      nodes: this.#make.nodes,
      states: states.map(({ name, dimension }) => {
        return { name, dimension, node: ends.get(name) ?? this.#make.fill(0, dimension) };
      }),
      inputs: [...saved, ...seeds],
      output: slopes.deltas[0]?.node ?? 0,
      outputs: [...slopes.deltas, ...slopes.inputs, ...slopes.learned],
    };
    return { spec: this.#specOf(computation), saved, seeds, ...slopes };
  }

  /** The cell of a computation. */
  #specOf(computation: Computation & Pick<Plan, 'inputs'>): EquationSpec {
    const { definition, activations, ...spec } = this.#spec;
    const { name, text, declarations } = definition;
    const { rows, ...plan } = this.#plan;
    const { nodes, functions, filled } = this.#make;
    const isUsed = (own: string) => nodes.some(node => 'name' in node && node.name === own);
    const own = {
      ...plan,
      ...computation,
      rows: { W: [], U: [], V: [], ...transposedRows(rows) },
      vectors: [...plan.vectors.filter(isUsed), ...filled.keys()],
      scalars: plan.scalars.filter(isUsed),
      constants: plan.constants.filter(isUsed),
      slots: [...new Set(nodes.flatMap(node => (node.op === 'apply' ? node.slot : [])))],
    };
    return {
      ...spec,
      sizes: { ...spec.sizes, ...transposedSizes(this.#spec) },
      params: adjointParams(this.#spec, filled),
      definition: {
        ...{ name: `${name}Adjoint`, declarations, reductions },
        // Says which it is, and is not to be read.
        text: `adjoint of\n${text}`,
        plan: { ...own, schedule: schedule(own) },
      },
      activations: { ...activations, ...Object.fromEntries(functions) },
    };
  }

  /** From the last node to the first: each gives its own slope on to those that it is made of. */
  #walk() {
    const { nodes } = this.#plan;
    const [deltas, inputs, learned]: Slope[][] = [[], [], []];
    const ends = new Map<string, number>();
    for (let i = nodes.length - 1; i >= 0; i--) {
      const slope = this.#slope(i);
      if (slope === undefined) continue;
      const node = nodes[i];
      const { dimension } = node;
      const at = { node: slope, dimension, of: i };
      if (node.op === 'affine') deltas.push({ name: `d${i}`, ...at });
      else if (node.op === 'port') inputs.push({ name: `d${node.name}`, ...at });
      else if (node.op === 'parameter') learned.push({ name: `d${node.name}`, ...at });
      if (node.op === 'state') ends.set(node.name, slope);
      else this.#back(i, node, slope);
    }
    return { deltas, inputs, learned, ends };
  }

  /** ∂L/∂ of a node, of its own size; undefined: nothing depends on it. */
  #slope(i: number): number | undefined {
    const [first, ...rest] = this.#terms.get(i) ?? [];
    if (first === undefined) return undefined;
    const { dimension } = this.#plan.nodes[i];
    const sum = rest.reduce((all, term) => this.#make.binary('add', all, term), first);
    // A number that stands for all elements of a vector.
    const isSpread = this.#make.nodes[sum].dimension !== dimension;
    return isSpread ? this.#make.binary('multiply', sum, this.#make.fill(1, dimension)) : sum;
  }

  /** Something adds to ∂L/∂ of a node: all its elements to that of a number. */
  #give(i: number, term: number): void {
    const { dimension, op } = this.#plan.nodes[i];
    if (op === 'number' || op === 'constant') return;
    const isSum = dimension === 'scalar' && this.#make.nodes[term].dimension !== 'scalar';
    const own = isSum ? this.#make.reduce('sum', term) : term;
    this.#terms.set(i, [...(this.#terms.get(i) ?? []), own]);
  }

  /** The rules. */
  #back(i: number, node: PlanNode, slope: number): void {
    switch (node.op) {
      case 'add':
        this.#give(node.left, slope);
        this.#give(node.right, slope);
        break;
      case 'subtract':
        this.#give(node.left, slope);
        this.#give(node.right, this.#make.binary('multiply', this.#make.number(-1), slope));
        break;
      case 'multiply':
        this.#give(node.left, this.#make.binary('multiply', slope, this.#value(node.right)));
        this.#give(node.right, this.#make.binary('multiply', slope, this.#value(node.left)));
        break;
      case 'apply':
        this.#give(node.of, this.#make.binary('multiply', slope, this.#derivative(i, node)));
        break;
      case 'reduce':
        this.#give(node.of, this.#reduced(i, node, slope));
        break;
      case 'affine':
        for (const map of node.maps) {
          if (this.#plan.nodes[map.of].op !== 'port')
            this.#give(map.of, this.#transposed(map, slope));
        }
    }
  }

  #transposed({ matrix, row }: PlanMap, slope: number): number {
    const maps = [{ matrix: transposedName(matrix), row, of: slope }];
    return this.#make.add({ op: 'affine', maps, dimension: columnsOf(this.#plan, matrix) });
  }

  /** ∂ sum = 1, ∂ mean = 1 / n; ∂ max: the same for all that are the largest. */
  #reduced(i: number, { by, of }: PlanNode & { op: 'reduce' }, slope: number): number {
    const { dimension } = this.#plan.nodes[of];
    const times = (factor: number) => this.#make.binary('multiply', slope, factor);
    if (by === 'sum') return slope;
    if (by === 'mean') return times(this.#make.number(1 / this.#spec.sizes[dimension]));
    const below = this.#make.binary('subtract', this.#value(i), this.#value(of));
    const isMost = this.#make.binary(
      'subtract',
      this.#make.number(1),
      this.#make.call('step', below),
    );
    return this.#make.binary(
      'multiply',
      this.#make.binary(
        'multiply',
        slope,
        this.#make.call('reciprocal', this.#make.reduce('sum', isMost)),
      ),
      isMost,
    );
  }

  /** The derivative of an activation at a node; 0 where what enters it is clipped. */
  #derivative(i: number, { slot, of }: PlanNode & { op: 'apply' }): number {
    const { activations, clip } = this.#spec;
    const { name, alpha, beta, clipped } = activations[slot];
    const own = this.#make.text(derivatives[name], {
      x: () => this.#value(of),
      y: () => this.#value(i),
      alpha: () => this.#make.number(alpha),
      beta: () => this.#make.number(beta),
    });
    if (!clipped || clip === undefined) return own;
    const inside = this.#make.text('step(c - x) * step(c + x)', {
      x: () => this.#value(of),
      c: () => this.#make.number(clip),
    });
    return this.#make.binary('multiply', own, inside);
  }

  /** A value of the step: made again of what is saved, where that costs no product or function. */
  #value(i: number): number {
    const node = this.#plan.nodes[i];
    const isMade = ['number', 'constant', 'parameter', 'add', 'subtract', 'multiply'];
    const isAgain = this.#isFixed.has(i) || (isMade.includes(node.op) && !this.#saved.has(i));
    if (isAgain && this.#isCheap(i)) {
      if ('left' in node) {
        return this.#make.binary(node.op, this.#value(node.left), this.#value(node.right));
      }
      if (node.op === 'apply') return this.#make.apply(node.slot, this.#value(node.of));
      return this.#make.add(node);
    }
    if (node.op === 'reduce') return this.#make.reduce(node.by, this.#value(node.of));
    const name = node.op === 'port' || node.op === 'state' ? `${node.name}_` : `v${i}`;
    const { dimension } = node;
    if (dimension === 'scalar') return this.#again(i, node);
    this.#saved.set(i, { name, dimension, node: i });
    return this.#make.add({ op: 'port', name, dimension });
  }

  /** True unless a value is a state's next one, which is on the tape in any case. */
  #isCheap(i: number): boolean {
    return this.#isFixed.has(i) || !this.#plan.states.some(({ node }) => node === i);
  }

  /** A number of the step cannot be an input: it is made again. */
  #again(i: number, node: PlanNode): number {
    if (node.op === 'apply') return this.#make.apply(node.slot, this.#value(node.of));
    const [left, right] = operandsOf(node);
    if (left === undefined) throw new Error(`a number that nothing makes: ${i}`);
    return this.#make.binary(node.op as BinaryName, this.#value(left), this.#value(right));
  }
}
