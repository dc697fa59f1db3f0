import { checkNames, demand, mismatch } from '../errors.js';
import { isActivationName, resolveActivation } from './activations.js';
import { EquationError, positionOf } from './equation-error.js';
import { deepest, type Mistake, type Reader, tokensOf } from './parse.js';
import type { Declarations, Definition } from './plan.js';
import { define, type Planner, type Unscheduled, type Value } from './planner.js';
import { isReduction } from './reductions.js';
import { slotOptions } from './spec.js';

const declarationNames: readonly (keyof Declarations)[] = [
  'vectors',
  'scalars',
  'constants',
  'activations',
  'biasIh',
  'sameSize',
  'variant',
];

/** x, and the name kept for cells that will know the time since the last step. */
const reserved = ['x', 'Δt'];

/** What a declared name may not be: it would collide with a value, a parameter or an option. */
const takenNames = () => [
  ...reserved,
  ...['y', 'h', 'weight', 'bias', 'weightIh', 'weightHh', 'weightHr', 'biasIh', 'biasHh'],
  ...['params', 'seed', 'clip', 'projectionSize', 'resetGate'],
  ...Object.values(slotOptions).map(({ option }) => option),
];

/** What a mistake of the grammar would have been instead. */
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
  const wrong = (at: number, expected: string, got: string): never => {
    throw new EquationError(name, positionOf(text, at), expected, got);
  };
  const end = text.trimEnd().lastIndexOf('\n') + 1;
  if (text.trim() === '') wrong(0, 'at least one equation', 'none');
  const odd = tokensOf(text).find(({ 0: token }) => !/^[\p{L}\d\n+*()'=-]/u.test(token));
  if (odd) wrong(odd.index, "a name, a number or one of + - * ( ) ' =", `'${odd[0]}'`);
  const { between, sizes } = checker(text, declarations, end, wrong);
  return define(name, text, declarations, {
    between,
    end(plan) {
      sizes();
      if (plan.output === undefined) wrong(end, "an equation for y or h'", 'none');
      if (plan.nodes[plan.output].dimension === 'scalar') {
        wrong(end, 'an output that is a vector', 'a scalar');
      }
      const unused = unusedIn(plan, declarations);
      if (unused === undefined) return;
      throw mismatch(`defineCell('${name}')`, 'declared names that the text uses', `'${unused}'`);
    },
  });
}

/** A declared name that the text does not use. */
function unusedIn(plan: Unscheduled, declarations: Declarations): string | undefined {
  const used = [...plan.vectors, ...plan.scalars, ...plan.constants];
  const biased = plan.rows.W.flatMap(block => (block.bias < 0 ? [] : block.name));
  return (
    declaredNames(declarations).find(declared => !used.includes(declared)) ??
    Object.keys(declarations.biasIh ?? {}).find(row => !biased.includes(row))
  );
}

function declaredNames({ vectors = {}, scalars = {}, constants = {} }: Declarations): string[] {
  return Object.keys({ ...vectors, ...scalars, ...constants });
}

/** A planner's value, and where it was read. */
interface Read {
  readonly value: Value;
  readonly at: number;
}

/** What stands between a text and the planner: each thing is looked at before it is planned. */
function checker(
  text: string,
  declarations: Declarations,
  end: number,
  wrong: (at: number, expected: string, got: string) => never,
): { readonly between: (planner: Planner) => Reader<Read>; sizes(): void } {
  const states = primedIn(text);
  const isState = (name: string) => states.includes(name);
  const declared = declaredNames(declarations);
  let walks = 0;
  /** The first disagreement of sizes in a walk: it counts once all sizes are known. */
  let disagreement: Parameters<typeof wrong> | undefined;
  const disagree = (...what: Parameters<typeof wrong>) => {
    disagreement ??= what;
  };
  const sizes = () => {
    if (disagreement) wrong(...disagreement);
  };
  const between = (planner: Planner): Reader<Read> => {
    if (walks++ > states.length) {
      sizes();
      wrong(end, 'sizes that agree', 'none that do');
    }
    disagreement = undefined;
    const dimensionOf = ({ value }: Read) => planner.dimensionOf(value);
    return {
      refuse(mistake, { 0: token, index }, after = '') {
        const got = token === '\n' ? 'the end of the line' : `'${token}'`;
        return wrong(index, instead[mistake](after), got);
      },
      number: (number, at) => ({ value: planner.number(number, at), at }),
      negate: ({ value }, at) => ({ value: planner.negate(value, at), at }),
      line(name, next, read, at) {
        const key = next ? `${name}'` : name;
        const dimension = dimensionOf(read);
        if (reserved.includes(name) || key === "y'") {
          wrong(at, `a name other than ${[...reserved, "y'"].join(', ')}`, `'${key}'`);
        }
        const taken = planner.values.has(key) || (!next && isState(name));
        if (taken || declared.includes(name))
          wrong(at, 'a name that is not taken', `'${key}' again`);
        if (next && dimension !== 'hidden' && dimension !== 'projection') {
          disagree(at, 'a value of hidden or projection size', `one of ${dimension} size`);
        }
        planner.line(name, next, read.value, at);
      },
      name(name, next, at) {
        const key = next ? `${name}'` : name;
        const known = planner.values.has(key) || (!next && (name === 'x' || isState(name)));
        if (!known && next) wrong(at, `${key} to be defined in an earlier line`, key);
        if (!known && !declared.includes(name)) {
          wrong(at, 'x, a state, a name defined in an earlier line, or a declared one', `'${key}'`);
        }
        return { value: planner.name(name, next, at), at };
      },
      binary(op, left, right, at) {
        const [a, b] = [dimensionOf(left), dimensionOf(right)];
        if (a !== b && a !== 'scalar' && b !== 'scalar') {
          disagree(right.at, `an operand of ${a} size`, `one of ${b} size`);
        }
        const value = planner.binary(op, left.value, right.value, at);
        return { value, at: op === 'add' ? at : left.at };
      },
      map(matrix, row, argument, at) {
        if (planner.rows[matrix].some(({ name }) => name === row)) {
          const name = row === '' ? matrix : `${matrix}_${row}`;
          wrong(at, `${name} applied once`, 'a second use; name its result and use that');
        }
        if (matrix !== 'W' && states.length === 0) {
          wrong(at, 'only W in a text without primes', matrix);
        }
        const dimension = dimensionOf(argument);
        const state = planner.recurrent ?? (dimension === 'projection' ? dimension : 'hidden');
        const wanted = { W: 'input', U: state, V: 'hidden' }[matrix];
        if (dimension !== wanted) {
          disagree(argument.at, `an argument of ${wanted} size`, `one of ${dimension} size`);
        }
        return { value: planner.map(matrix, row, argument.value, at), at };
      },
      call(slot, argument, at) {
        const own = Object.hasOwn(declarations.activations ?? {}, slot);
        if (isReduction(slot)) {
          if (dimensionOf(argument) === 'scalar') disagree(argument.at, 'a vector', 'a scalar');
        } else if (!own && !Object.hasOwn(slotOptions, slot) && !isActivationName(slot)) {
          wrong(at, 'an activation before (', `'${slot}'; write * to multiply`);
        }
        return { value: planner.call(slot, argument.value, at), at };
      },
    };
  };
  return { between, sizes };
}

/** The names that a text primes. */
function primedIn(text: string): string[] {
  return Array.from(text.matchAll(/^\s*([^\s']+)\s*'\s*=/gm), ([, name]) => name);
}

function checkDeclarations(cell: string, declarations: Declarations): void {
  checkNames(`defineCell('${cell}')`, declarations, declarationNames);
  const {
    vectors = {},
    scalars = {},
    constants = {},
    activations = {},
    biasIh = {},
    sameSize = false,
  } = declarations;
  demand(
    typeof sameSize === 'boolean',
    `defineCell('${cell}').sameSize`,
    'true or false',
    sameSize,
  );
  const seen = new Set(takenNames());
  // There, no map has parameters of these names.
  if (sameSize) for (const name of ['weight', 'bias']) seen.delete(name);
  for (const [group, names] of Object.entries({
    vectors,
    scalars,
    constants,
    activations,
    biasIh,
  })) {
    for (const [name, value] of Object.entries(names)) {
      const where = `defineCell('${cell}').${group}.${name}`;
      // Rows of biasIh are named by the text.
      const taken = seen.has(name) || isReduction(name);
      demand(group === 'biasIh' || !taken, where, 'a name that is not taken', name);
      if (group === 'activations') resolveActivation(where, value);
      else demand(Number.isFinite(value), where, 'a finite number', value);
      seen.add(name);
    }
  }
}
