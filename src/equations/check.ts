import { checkNames, mismatch } from '../errors.js';
import { isActivationName } from './activations.js';
import { EquationError, type Position } from './parse.js';
import {
  type Checks,
  type Declarations,
  type Definition,
  define,
  primedIn,
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
  checkDeclarations(name, declarations);
  const end = { line: text.trimEnd().split('\n').length, column: 1 };
  const definition = define(name, text, declarations, checksOf(name, text, declarations, end));
  const { plan } = definition;
  if (plan.nodes[plan.output].dimension === 'scalar') {
    throw new EquationError(name, end, 'an output that is a vector', 'a scalar');
  }
  const used = [...plan.vectors, ...plan.scalars, ...plan.constants];
  const unused = declaredNames(declarations).find(declared => !used.includes(declared));
  if (unused === undefined) return definition;
  throw mismatch(`defineCell('${name}')`, 'declared names that the text uses', `'${unused}'`);
}

function declaredNames({ vectors = {}, scalars = {}, constants = {} }: Declarations): string[] {
  return Object.keys({ ...vectors, ...scalars, ...constants });
}

function checksOf(cell: string, text: string, declarations: Declarations, end: Position): Checks {
  const states = primedIn(text);
  const isState = (name: string) => states.includes(name);
  const declared = declaredNames(declarations);
  const defined = new Set<string>();
  let walks = 0;
  const wrong = (at: Position, expected: string, got: string): never => {
    throw new EquationError(cell, at, expected, got);
  };
  return {
    line(key, dimension, values, at) {
      const name = key.replace("'", '');
      if (reserved.includes(name) || key === "y'") {
        wrong(at, `a name other than ${[...reserved, "y'"].join(', ')}`, `'${key}'`);
      }
      if (values.has(key) || (key === name && isState(name)) || declared.includes(name)) {
        wrong(at, 'a name that is not taken', `'${key}' again`);
      }
      if (key !== name && dimension !== 'hidden' && dimension !== 'projection') {
        wrong(at, 'a value of hidden or projection size', `one of ${dimension} size`);
      }
      defined.add(key);
    },
    name(key, unknown, at) {
      if (!unknown) return;
      if (key.endsWith("'")) wrong(at, `${key} to be defined in an earlier line`, key);
      if (key === 'x' || isState(key) || declared.includes(key)) return;
      wrong(at, 'x, a state, a name defined in an earlier line, or a declared one', `'${key}'`);
    },
    operands(left, right, at) {
      if (left === right || left === 'scalar' || right === 'scalar') return;
      wrong(at, `an operand of ${left} size`, `one of ${right} size`);
    },
    map({ matrix, row, argument, recurrent }, blocks, at) {
      if (blocks.some(({ name }) => name === row)) {
        const name = row === '' ? matrix : `${matrix}_${row}`;
        wrong(at, `${name} applied once`, 'a second use; name its result and use that');
      }
      if (matrix !== 'W' && states.length === 0)
        wrong(at, 'only W in a text without primes', matrix);
      const { dimension } = argument;
      const state = recurrent ?? (dimension === 'projection' ? dimension : 'hidden');
      const wanted = { W: 'input', U: state, V: 'hidden' }[matrix];
      if (dimension === wanted) return;
      wrong(argument.at, `an argument of ${wanted} size`, `one of ${dimension} size`);
    },
    call(slot, at) {
      const own = Object.hasOwn(declarations.activations ?? {}, slot);
      if (own || Object.hasOwn(slotOptions, slot) || isActivationName(slot)) return;
      wrong(at, 'an activation before (', `'${slot}'; write * to multiply`);
    },
    walked(settled) {
      if (!defined.has('y') && !defined.has("h'")) wrong(end, "an equation for y or h'", 'none');
      if (!settled && ++walks > states.length) wrong(end, 'sizes that agree', 'none that do');
    },
  };
}

function checkDeclarations(cell: string, declarations: Declarations): void {
  checkNames(`defineCell('${cell}')`, declarations, declarationNames);
  const { vectors = {}, scalars = {}, constants = {} } = declarations;
  const seen = new Set(takenNames);
  for (const [group, names] of Object.entries({ vectors, scalars, constants })) {
    for (const [name, value] of Object.entries(names)) {
      const where = `defineCell('${cell}').${group}.${name}`;
      if (seen.has(name)) throw mismatch(where, 'a name that is not taken', `'${name}'`);
      if (!Number.isFinite(value)) throw mismatch(where, 'a finite number', String(value));
      seen.add(name);
    }
  }
}
