import { activationEntry } from './activations.js';
import { type AnyCell, equationSpec } from './cell.js';
import { columnsOf, namesOf } from './parameters.js';
import type { Expression } from './parse.js';
import type { EquationSpec } from './spec.js';

/** State of the reference by name, float64; of one stream. */
export type ReferenceState = Readonly<Record<string, Float64Array>>;

/** One step of the reference. */
export type ReferenceStep = (
  state: ReferenceState,
  x: ArrayLike<number>,
) => { readonly state: ReferenceState; readonly y: Float64Array };

/**
 * The float64 reference of a cell: its equations evaluated as written, line by line, on the same
 * float32 parameters, nothing rounded and nothing reordered. Slow; the measure of every backend.
 *
 * @example
 * const step = reference(lstmCell(10, 15));
 * const { state, y } = step({ h: new Float64Array(15), c: new Float64Array(15) }, new Float64Array(10));
 */
export function reference(cell: AnyCell): ReferenceStep {
  const spec = equationSpec('reference', cell);
  return (state, x) => new Evaluation(spec, state, x).result();
}

class Evaluation {
  private readonly spec: EquationSpec;
  private readonly values = new Map<string, Float64Array>();

  constructor(spec: EquationSpec, state: ReferenceState, x: ArrayLike<number>) {
    this.spec = spec;
    for (const [name, value] of Object.entries(spec.params)) {
      this.values.set(name, Float64Array.from(value));
    }
    for (const [name, value] of Object.entries(spec.constants)) {
      this.values.set(name, Float64Array.of(value));
    }
    for (const { name } of spec.definition.plan.states) this.values.set(name, state[name]);
    this.values.set('x', Float64Array.from(x));
  }

  result() {
    const { equations, plan } = this.spec.definition;
    for (const { name, next, value } of equations) {
      this.values.set(next ? `${name}'` : name, this.evaluate(value));
    }
    const state = plan.states.map(({ name }) => [name, this.values.get(`${name}'`)]);
    const y = this.values.get('y') ?? this.values.get("h'");
    return { state: Object.fromEntries(state) as ReferenceState, y: y as Float64Array };
  }

  private evaluate(expression: Expression): Float64Array {
    switch (expression.kind) {
      case 'number':
        return Float64Array.of(expression.value);
      case 'name':
        return this.values.get(expression.name + (expression.next ? "'" : '')) as Float64Array;
      case 'map':
        return this.map(expression);
      case 'call':
        return this.call(expression.name, this.evaluate(expression.of));
      case 'negate':
        return this.evaluate(expression.of).map(v => -v);
      default: {
        const a = this.evaluate(expression.left);
        const b = this.evaluate(expression.right);
        return combine(expression.kind, a, b);
      }
    }
  }

  private map({ matrix, row, of }: Expression & { kind: 'map' }): Float64Array {
    const {
      definition: { plan },
      sizes,
    } = this.spec;
    const v = this.evaluate(of);
    const [weightName, biasName] = namesOf(plan, matrix);
    const weight = this.values.get(weightName) as Float64Array;
    const bias = this.values.get(biasName);
    const index = plan.rows[matrix].findIndex(({ name }) => name === row);
    const biasIndex = plan.rows[matrix][index].bias;
    const rows = sizes[matrix === 'V' ? 'projection' : 'hidden'];
    const columns = sizes[columnsOf(plan, matrix)];
    return Float64Array.from({ length: rows }, (_, i) => {
      let sum = bias && biasIndex >= 0 ? bias[biasIndex * rows + i] : 0;
      for (let j = 0; j < columns; j++) sum += weight[(index * rows + i) * columns + j] * v[j];
      return sum;
    });
  }

  private call(slot: string, v: Float64Array): Float64Array {
    const { name, alpha, beta, clipped } = this.spec.activations[slot];
    const { clip } = this.spec;
    const y =
      clipped && clip !== undefined ? v.map(a => Math.max(-clip, Math.min(clip, a))) : v.slice();
    activationEntry(name).apply(y, 0, y.length, alpha, beta);
    return y;
  }
}

function combine(
  kind: 'add' | 'subtract' | 'multiply',
  a: Float64Array,
  b: Float64Array,
): Float64Array {
  return Float64Array.from({ length: Math.max(a.length, b.length) }, (_, i) => {
    const left = a.length === 1 ? a[0] : a[i];
    const right = b.length === 1 ? b[0] : b[i];
    return kind === 'add' ? left + right : kind === 'subtract' ? left - right : left * right;
  });
}
