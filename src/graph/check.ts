import { mismatch } from '../errors.js';
import { isActivationName } from './activations.js';
import { checkDeclarations, declaredNames, reserved } from './check-declarations.js';
import { EquationError, positionOf } from './equation-error.js';
import { matricesOf, matrixOf } from './parameters.js';
import {
  type BinaryName,
  deepest,
  type MapName,
  type Mistake,
  type Token,
  tokensOf,
} from './parse.js';
import type { Declarations, Definition, Dimension } from './plan.js';
import { define, Planner, type PlanValue, type Unscheduled } from './planner.js';
import { outputsOf } from './ports.js';
import { isReduction } from './reductions.js';
import { slotOptions } from './spec.js';

/** The text that was expected instead of each mistake of the grammar. */
const instead: Readonly<Record<Mistake, (after: string) => string>> = {
  value: () => 'a number, a name or (',
  argument: map => `a name or ( after ${map}`,
  close: () => ') or an operator',
  nested: () => `at most ${deepest} nested signs and parentheses`,
  name: () => "a name to define, such as h'",
  map: () => 'a name that is not a map',
  equals: prime => (prime ? "'='" : "' or '='"),
  end: () => 'an operator or the end of the line',
};

/**
 * Reads a text that may be wrong: throws an EquationError that names line, column and what was
 * expected, or a RecurError for a wrong declaration.
 */
export function check(name: string, text: string, declarations: Declarations = {}): Definition {
  checkDeclarations(name, declarations);
  let planner: CheckingPlanner | undefined;
  return define(name, text, declarations, states => {
    planner = new CheckingPlanner(name, text, declarations, states, planner);
    return planner;
  });
}

/** A declared name that the text does not use. */
function unusedIn(plan: Unscheduled, declarations: Declarations): string | undefined {
  const used = plan.nodes.map(node => ('name' in node ? node.name : ''));
  const biased = matricesOf(plan)
    .filter(([map]) => map === 'W')
    .flatMap(matrix => plan.rows[matrix].flatMap(({ bias, name }) => (bias < 0 ? [] : name)));
  return (
    declaredNames(declarations).find(declared => !used.includes(declared)) ??
    Object.keys(declarations.biasIh ?? {}).find(row => !biased.includes(row))
  );
}

/** A mistake: its place, the text that was expected, and the text that is there. */
type Wrong = readonly [at: number, expected: string, got: string];

/** Checks each part of a text before it is planned. */
class CheckingPlanner extends Planner {
  readonly #cell: string;
  readonly #text: string;
  readonly #states: readonly string[];
  readonly #declared: readonly string[];
  readonly #ports: readonly string[];
  /** How often the text has been read before. */
  readonly #walks: number;
  /** The first disagreement of sizes: it counts once all sizes are known. */
  #disagreement: Wrong | undefined;

  constructor(
    cell: string,
    text: string,
    declarations: Declarations,
    states: Map<string, Dimension>,
    before: CheckingPlanner | undefined,
  ) {
    super(declarations, states);
    this.#cell = cell;
    this.#text = text;
    this.#states = primedIn(text);
    this.#declared = declaredNames(declarations);
    this.#ports = Object.keys(declarations.inputs ?? { x: 'input' });
    this.#walks = before ? before.#walks + 1 : 0;
    if (text.trim() === '') this.#wrong(0, 'at least one equation', 'none');
    const unknown = tokensOf(text).find(({ 0: token }) => !/^[\p{L}\d\n+*()'=-]/u.test(token));
    const known = "a name, a number or one of + - * ( ) ' =";
    if (unknown) this.#wrong(unknown.index, known, `'${unknown[0]}'`);
    if (this.#walks <= this.#states.length) return;
    if (before) before.#settle();
    this.#wrong(this.#end, 'sizes that agree', 'none that do');
  }

  refuse(mistake: Mistake, { 0: token, index }: Token, after = ''): never {
    const got = token === '\n' ? 'the end of the line' : `'${token}'`;
    return this.#wrong(index, instead[mistake](after), got);
  }

  override name(name: string, next: boolean, at: number): PlanValue {
    const key = next ? `${name}'` : name;
    const isLeaf = this.#ports.includes(name) || this.#states.includes(name);
    const known = this.values.has(key) || (!next && isLeaf);
    if (!known && next) this.#wrong(at, `${key} to be defined in an earlier line`, key);
    if (!known && !this.#declared.includes(name)) {
      const others = 'a state, a name defined in an earlier line, or a declared one';
      this.#wrong(at, `${this.#ports.join(', ')}, ${others}`, `'${key}'`);
    }
    return super.name(name, next, at);
  }

  override binary(op: BinaryName, left: PlanValue, right: PlanValue, at: number): PlanValue {
    const [a, b] = [left, right].map(value => this.dimensionOf(value));
    if (a !== b && a !== 'scalar' && b !== 'scalar') {
      this.#disagree(right.at, `an operand of ${a} size`, `one of ${b} size`);
    }
    return super.binary(op, left, right, at);
  }

  override map(map: MapName, row: string, argument: PlanValue, at: number): PlanValue {
    const dimension = this.dimensionOf(argument);
    this.#checkOnce(map, row, dimension, at);
    if (map !== 'W' && this.#states.length === 0) {
      this.#wrong(at, 'only W in a text without primes', map);
    }
    const sizes = Object.values(this.declarations.inputs ?? {}).filter(size => size !== 'hidden');
    const recurrent = this.recurrent ?? (dimension === 'projection' ? dimension : 'hidden');
    const mappable = { W: new Set(['input', ...sizes]), U: [recurrent], V: ['hidden'] };
    const wanted = [...mappable[map]];
    if (!wanted.includes(dimension)) {
      const expected = `an argument of ${wanted.join(' or ')} size`;
      this.#disagree(argument.at, expected, `one of ${dimension} size`);
    }
    return super.map(map, row, argument, at);
  }

  override call(slot: string, argument: PlanValue, at: number): PlanValue {
    const isOwn = Object.hasOwn(this.declarations.activations ?? {}, slot);
    if (isReduction(slot)) {
      const isScalar = this.dimensionOf(argument) === 'scalar';
      if (isScalar) this.#disagree(argument.at, 'a vector', 'a scalar');
    } else if (!isOwn && !Object.hasOwn(slotOptions, slot) && !isActivationName(slot)) {
      this.#wrong(at, 'an activation before (', `'${slot}'; write * to multiply`);
    }
    return super.call(slot, argument, at);
  }

  override line(name: string, next: boolean, value: PlanValue, at: number): void {
    const key = next ? `${name}'` : name;
    const dimension = this.dimensionOf(value);
    const fixed = [...this.#ports, reserved];
    if (fixed.includes(name) || key === "y'") {
      this.#wrong(at, `a name other than ${[...fixed, "y'"].join(', ')}`, `'${key}'`);
    }
    const isTaken = this.values.has(key) || (!next && this.#states.includes(name));
    if (isTaken || this.#declared.includes(name)) {
      this.#wrong(at, 'a name that is not taken', `'${key}' again`);
    }
    const { sizes = {} } = this.declarations;
    const wanted = Object.hasOwn(sizes, name) ? sizes[name] : 'hidden';
    const isProjected = wanted === 'hidden' && dimension === 'projection';
    if (next && dimension !== wanted && !isProjected) {
      const expected = wanted === 'hidden' ? 'hidden or projection' : wanted;
      this.#disagree(at, `a value of ${expected} size`, `one of ${dimension} size`);
    }
    super.line(name, next, value, at);
  }

  override plan(): Unscheduled {
    this.#settle();
    const plan = super.plan();
    const { outputs } = this.declarations;
    for (const { name, node } of outputsOf(plan)) {
      const equation = `an equation for ${name} or ${outputs ? name : 'h'}'`;
      if (node === undefined) this.#wrong(this.#end, equation, 'none');
      if (plan.nodes[node].dimension !== 'scalar') continue;
      const output = outputs ? `an output ${name}` : 'an output';
      this.#wrong(this.#end, `${output} that is a vector`, 'a scalar');
    }
    const where = `defineCell('${this.#cell}')`;
    const unused = unusedIn(plan, this.declarations);
    if (unused !== undefined) {
      throw mismatch(where, 'declared names that the text uses', `'${unused}'`);
    }
    const sizable = [...plan.vectors, ...plan.states.map(({ name }) => name)];
    const sized = Object.keys(this.declarations.sizes ?? {}).find(name => !sizable.includes(name));
    if (sized === undefined) return plan;
    throw mismatch(`${where}.sizes.${sized}`, 'a vector or a state of the text', `'${sized}'`);
  }

  /** Refuses a map that is applied a second time. */
  #checkOnce(map: MapName, row: string, dimension: Dimension, at: number): void {
    const before = matrixOf(this, map, row);
    if (!before) return;
    const isOther = map === 'W' && (before.slice(2) || 'input') !== dimension;
    const remedy = isOther
      ? 'for a vector of another size, give it a subscript of its own'
      : 'name its result and use that';
    const text = row === '' ? map : `${map}_${row}`;
    this.#wrong(at, `${text} applied once`, `a second use; ${remedy}`);
  }

  #wrong(...[at, expected, got]: Wrong): never {
    throw new EquationError(this.#cell, positionOf(this.#text, at), expected, got);
  }

  #disagree(...wrong: Wrong): void {
    this.#disagreement ??= wrong;
  }

  #settle(): void {
    if (this.#disagreement) this.#wrong(...this.#disagreement);
  }

  /** Where the last line begins. */
  get #end(): number {
    return this.#text.trimEnd().lastIndexOf('\n') + 1;
  }
}

/** The names that a text primes. */
function primedIn(text: string): string[] {
  return Array.from(text.matchAll(/^\s*([^\s']+)\s*'\s*=/gm), ([, name]) => name);
}
