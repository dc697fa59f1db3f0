import type { Adjoint, AdjointFunction, AdjointNode, Saved, Slope } from './adjoint.js';
import { derivatives } from './derivatives.js';
import { columnsOf } from './parameters.js';
import { type BinaryName, read } from './parse.js';
import type { Dimension, Plan, PlanMap, PlanNode } from './plan.js';
import { outputsOf } from './ports.js';
import type { ReductionName } from './reductions.js';
import { operandsOf } from './schedule.js';
import type { EquationSpec } from './spec.js';

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
  readonly #nodes: AdjointNode[] = [];
  /** Equal nodes are one. */
  readonly #known = new Map<string, number>();
  readonly #saved = new Map<number, Saved>();
  /** By the step's nodes: what they add to ∂L/∂ of them. */
  readonly #terms = new Map<number, number[]>();
  readonly #isFixed: ReadonlySet<number>;

  constructor(spec: EquationSpec) {
    this.#spec = spec;
    this.#plan = spec.definition.plan;
    this.#isFixed = new Set(this.#plan.schedule.fixed);
  }

  adjoint(): Adjoint {
    const { nodes, states } = this.#plan;
    const outputs = outputsOf(this.#plan);
    const seeds = outputs.map(({ name, dimension }) => ({ name: `d${name}`, dimension }));
    for (const { name, dimension, node } of states) {
      this.#give(node, this.#add({ op: 'state', name, dimension }));
    }
    for (const [i, { node }] of outputs.entries()) {
      this.#give(node, this.#add({ op: 'port', ...seeds[i] }));
    }
    const slopes: Record<'deltas' | 'inputs' | 'learned', Slope[]> = {
      ...{ deltas: [], inputs: [], learned: [] },
    };
    const ends = new Map<string, number>();
    for (let i = nodes.length - 1; i >= 0; i--) {
      const slope = this.#slope(i);
      if (slope === undefined) continue;
      const node = nodes[i];
      const { dimension } = node;
      const at = { node: slope, dimension, of: i };
      if (node.op === 'affine') slopes.deltas.push({ name: `d${i}`, ...at });
      else if (node.op === 'port') slopes.inputs.push({ name: `d${node.name}`, ...at });
      else if (node.op === 'parameter') slopes.learned.push({ name: `d${node.name}`, ...at });
      if (node.op === 'state') ends.set(node.name, slope);
      else this.#back(i, node, slope);
    }
    return {
      nodes: this.#nodes,
      saved: [...this.#saved.values()],
      states: states.map(({ name, dimension }) => {
        return { name, dimension, node: ends.get(name) ?? this.#fill(0, dimension) };
      }),
      seeds,
      ...slopes,
    };
  }

  /** ∂L/∂ of a node, of its own size; undefined: nothing depends on it. */
  #slope(i: number): number | undefined {
    const [first, ...rest] = this.#terms.get(i) ?? [];
    if (first === undefined) return undefined;
    const { dimension } = this.#plan.nodes[i];
    const sum = rest.reduce((all, term) => this.#binary('add', all, term), first);
    // A number that stands for all elements of a vector.
    const isSpread = this.#nodes[sum].dimension !== dimension;
    return isSpread ? this.#binary('multiply', sum, this.#fill(1, dimension)) : sum;
  }

  /** Something adds to ∂L/∂ of a node: all its elements to that of a number. */
  #give(i: number, term: number): void {
    const { dimension, op } = this.#plan.nodes[i];
    if (op === 'number' || op === 'constant') return;
    const isSum = dimension === 'scalar' && this.#nodes[term].dimension !== 'scalar';
    const own = isSum ? this.#reduce('sum', term) : term;
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
        this.#give(node.right, this.#binary('multiply', this.#number(-1), slope));
        break;
      case 'multiply':
        this.#give(node.left, this.#binary('multiply', slope, this.#value(node.right)));
        this.#give(node.right, this.#binary('multiply', slope, this.#value(node.left)));
        break;
      case 'apply':
        this.#give(node.of, this.#binary('multiply', slope, this.#derivative(i, node)));
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
    const dimension = columnsOf(this.#plan, matrix);
    return this.#add({
      op: 'affine',
      maps: [{ matrix, row, of: slope, transposed: true }],
      dimension,
    });
  }

  /** ∂ sum = 1, ∂ mean = 1 / n; ∂ max: the same for all that are the largest. */
  #reduced(i: number, { by, of }: PlanNode & { op: 'reduce' }, slope: number): number {
    const { dimension } = this.#plan.nodes[of];
    const inverse = (sum: number) => this.#call('reciprocal', this.#reduce('sum', sum));
    if (by === 'sum') return slope;
    if (by === 'mean') return this.#binary('multiply', slope, inverse(this.#fill(1, dimension)));
    const below = this.#binary('subtract', this.#value(i), this.#value(of));
    const isMost = this.#binary('subtract', this.#number(1), this.#call('step', below));
    return this.#binary('multiply', this.#binary('multiply', slope, inverse(isMost)), isMost);
  }

  /** The derivative of an activation at a node; 0 where what enters it is clipped. */
  #derivative(i: number, { slot, of }: PlanNode & { op: 'apply' }): number {
    const { activations, clip } = this.#spec;
    const { name, alpha, beta, clipped } = activations[slot];
    const own = this.#text(derivatives[name], {
      x: () => this.#value(of),
      y: () => this.#value(i),
      alpha: () => this.#number(alpha),
      beta: () => this.#number(beta),
    });
    if (!clipped || clip === undefined) return own;
    const inside = this.#text('step(c - x) * step(c + x)', {
      x: () => this.#value(of),
      c: () => this.#number(clip),
    });
    return this.#binary('multiply', own, inside);
  }

  #text(text: string, names: Readonly<Record<string, () => number>>): number {
    let result = 0;
    read<number>(`y = ${text}`, {
      number: value => this.#number(value),
      name: name => names[name](),
      map: () => 0,
      call: (name, of) => this.#call(name as AdjointFunction, of),
      negate: of => this.#binary('multiply', this.#number(-1), of),
      binary: (op, left, right) => this.#binary(op, left, right),
      line: (_name, _next, value) => {
        result = value;
      },
    });
    return result;
  }

  /** A value of the step: made again of what is saved, where that costs no product or function. */
  #value(i: number): number {
    const node = this.#plan.nodes[i];
    const isMade = ['number', 'constant', 'parameter', 'add', 'subtract', 'multiply'];
    const isAgain = this.#isFixed.has(i) || (isMade.includes(node.op) && !this.#saved.has(i));
    if (isAgain && this.#isCheap(i)) {
      if ('left' in node) {
        return this.#binary(node.op, this.#value(node.left), this.#value(node.right));
      }
      if (node.op === 'apply') return this.#apply(node.slot, this.#value(node.of));
      return this.#add(node as AdjointNode);
    }
    if (node.op === 'reduce') return this.#reduce(node.by, this.#value(node.of));
    const name = node.op === 'port' || node.op === 'state' ? `${node.name}_` : `v${i}`;
    const { dimension } = node;
    if (dimension === 'scalar') return this.#again(i, node);
    this.#saved.set(i, { name, dimension, node: i });
    return this.#add({ op: 'port', name, dimension });
  }

  /** True unless a value is a state's next one, which is on the tape in any case. */
  #isCheap(i: number): boolean {
    return this.#isFixed.has(i) || !this.#plan.states.some(({ node }) => node === i);
  }

  /** A number of the step cannot be an input: it is made again. */
  #again(i: number, node: PlanNode): number {
    if (node.op === 'apply') return this.#apply(node.slot, this.#value(node.of));
    const [left, right] = operandsOf(node);
    if (left === undefined) throw new Error(`a number that nothing makes: ${i}`);
    return this.#binary(node.op as BinaryName, this.#value(left), this.#value(right));
  }

  #number(value: number): number {
    return this.#fill(value, 'scalar');
  }

  #fill(value: number, dimension: Dimension): number {
    return this.#add({ op: 'number', value, dimension });
  }

  #apply(slot: string, of: number): number {
    return this.#add({ op: 'apply', slot, of, dimension: this.#nodes[of].dimension });
  }

  #call(name: AdjointFunction, of: number): number {
    return this.#add({ op: 'call', name, of, dimension: this.#nodes[of].dimension });
  }

  #reduce(by: ReductionName, of: number): number {
    return this.#add({ op: 'reduce', by, of, dimension: 'scalar' });
  }

  #binary(op: BinaryName, left: number, right: number): number {
    const isOne = (i: number) => {
      const node = this.#nodes[i];
      return node.op === 'number' && node.value === 1 && node.dimension === 'scalar';
    };
    if (op === 'multiply' && isOne(right)) return left;
    if (op === 'multiply' && isOne(left)) return right;
    const { dimension: size } = this.#nodes[left];
    const dimension = size === 'scalar' ? this.#nodes[right].dimension : size;
    return this.#add({ op, left, right, dimension });
  }

  #add(node: AdjointNode): number {
    const key = JSON.stringify(node);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.#nodes.length);
    return this.#nodes.push(node) - 1;
  }
}
