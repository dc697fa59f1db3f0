import { checkNames, mismatch } from '../errors.js';
import { isActivationName } from './activations.js';
import { type Equation, EquationError, type Expression } from './parse.js';
import {
  type Declarations,
  type Definition,
  define,
  keyOf,
  type Plan,
  type PlanMap,
  Planner,
  slotOptions,
} from './plan.js';

const declarationNames: readonly (keyof Declarations)[] = [
  'vectors',
  'scalars',
  'constants',
  'activations',
  'biasIh',
  'variant',
];

/** x, and the name kept for cells that will know the time since the last step. */
const reserved = ['x', 'Δt'];

/** What a declared name may not be: it would collide with a value, a parameter or an option. */
const takenNames = [
  ...reserved,
  ...['y', 'h', 'weight', 'bias', 'weightIh', 'weightHh', 'weightHr', 'biasIh', 'biasHh'],
  ...['params', 'seed', 'clip', 'projectionSize', 'resetGate'],
  ...Object.values(slotOptions).map(({ option }) => option),
];

/**
 * Reads a text that may be wrong: throws an EquationError that names line, column and what was
 * expected, or a RecurError for a wrong declaration.
 */
export function check(name: string, text: string, declarations: Declarations = {}): Definition {
  return define(name, text, declarations, CheckingPlanner);
}

/** A Planner that refuses what is not a cell. */
class CheckingPlanner extends Planner {
  /** Sizes of states are still being found out in the first walks: one state a walk at most. */
  private walks = 0;

  override plan(): Plan {
    this.checkDeclarations();
    const names = new Set(this.equations.map(keyOf));
    const last = this.equations[this.equations.length - 1];
    if (!names.has('y') && !names.has("h'"))
      throw this.wrong(last, "an equation for y or h'", 'none');
    const plan = super.plan();
    if (plan.nodes[plan.output].dimension === 'scalar') {
      throw this.wrong(last, 'an output that is a vector', 'a scalar');
    }
    const { vectors = {}, scalars = {}, constants = {} } = this.declarations;
    const used = [...plan.vectors, ...plan.scalars, ...plan.constants];
    for (const name of Object.keys({ ...vectors, ...scalars, ...constants })) {
      if (used.includes(name)) continue;
      const where = `defineCell('${this.cell}')`;
      throw mismatch(where, 'declared names that the text uses', `'${name}'`);
    }
    return plan;
  }

  protected override line(equation: Equation): number {
    if (this.values.size === 0 && this.walks++ > this.states.size) {
      throw this.wrong(equation, 'sizes that agree', 'none that do');
    }
    this.checkName(equation);
    const node = super.line(equation);
    const { dimension } = this.nodes[node];
    if (equation.next && dimension !== 'hidden' && dimension !== 'projection') {
      throw this.wrong(
        equation,
        'a value of hidden or projection size',
        `one of ${dimension} size`,
      );
    }
    return node;
  }

  protected override binary(
    op: 'add' | 'subtract' | 'multiply',
    left: number,
    operand: Expression,
  ): number {
    const node = super.binary(op, left, operand);
    const { right } = this.nodes[node] as { right: number };
    const [a, b] = [left, right].map(i => this.nodes[i].dimension);
    if (a !== b && a !== 'scalar' && b !== 'scalar') {
      throw this.wrong(operand, `an operand of ${a} size`, `one of ${b} size`);
    }
    return node;
  }

  protected override affine(terms: readonly (Expression & { kind: 'map' })[]): number {
    const projecting = terms.filter(({ matrix }) => matrix === 'V').length;
    if (projecting > 0 && projecting < terms.length) {
      throw this.wrong(terms[0], 'terms of one size', 'V beside W or U');
    }
    return super.affine(terms);
  }

  protected override map(term: Expression & { kind: 'map' }): PlanMap {
    const { matrix, row, of: argument } = term;
    if (this.rows[matrix].some(({ name }) => name === row)) {
      const name = row === '' ? matrix : `${matrix}_${row}`;
      throw this.wrong(term, `${name} applied once`, 'a second use; name its result and use that');
    }
    if (matrix !== 'W' && this.states.size === 0) {
      throw this.wrong(term, 'only W in a text without primes', matrix);
    }
    const map = super.map(term);
    const { dimension } = this.nodes[map.of];
    const recurrent = this.recurrent === 'projection' ? 'projection' : 'hidden';
    const wanted = { W: 'input', U: recurrent, V: 'hidden' }[matrix];
    if (dimension !== wanted) {
      throw this.wrong(argument, `an argument of ${wanted} size`, `one of ${dimension} size`);
    }
    return map;
  }

  protected override name(expression: Expression & { kind: 'name' }): number {
    const { name, next } = expression;
    if (!this.values.has(next ? `${name}'` : name)) {
      if (next)
        throw this.wrong(expression, `${name}' to be defined in an earlier line`, `${name}'`);
      if (name !== 'x' && !this.states.has(name) && !this.isDeclared(name)) {
        const expected = 'x, a state, a name defined in an earlier line, or a declared one';
        throw this.wrong(expression, expected, `'${name}'`);
      }
    }
    return super.name(expression);
  }

  protected override call(expression: Expression & { kind: 'call' }): number {
    const { name } = expression;
    const declared = Object.hasOwn(this.declarations.activations ?? {}, name);
    if (!declared && !Object.hasOwn(slotOptions, name) && !isActivationName(name)) {
      throw this.wrong(expression, 'an activation before (', `'${name}'; write * to multiply`);
    }
    return super.call(expression);
  }

  private checkName(equation: Equation): void {
    const { name, next } = equation;
    const text = keyOf(equation);
    if (reserved.includes(name) || (next && name === 'y')) {
      const expected = `a name other than ${[...reserved, "y'"].join(', ')}`;
      throw this.wrong(equation, expected, `'${text}'`);
    }
    if (this.values.has(text) || (!next && this.states.has(name)) || this.isDeclared(name)) {
      throw this.wrong(equation, 'a name that is not taken', `'${text}' again`);
    }
  }

  private isDeclared(name: string): boolean {
    const { vectors = {}, scalars = {}, constants = {} } = this.declarations;
    return [vectors, scalars, constants].some(group => Object.hasOwn(group, name));
  }

  private checkDeclarations(): void {
    checkNames(`defineCell('${this.cell}')`, this.declarations, declarationNames);
    const { vectors = {}, scalars = {}, constants = {} } = this.declarations;
    const groups = { vectors, scalars, constants };
    const seen = new Set(takenNames);
    for (const [group, names] of Object.entries(groups)) {
      for (const [name, value] of Object.entries(names)) {
        const where = `defineCell('${this.cell}').${group}.${name}`;
        if (seen.has(name)) throw mismatch(where, 'a name that is not taken', `'${name}'`);
        if (!Number.isFinite(value)) throw mismatch(where, 'a finite number', String(value));
        seen.add(name);
      }
    }
  }

  private wrong({ at }: Pick<Expression, 'at'>, expected: string, got: string): EquationError {
    return new EquationError(this.cell, at, expected, got);
  }
}
