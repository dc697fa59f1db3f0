import { mismatch } from '../errors.js';
import { isActivationName } from './activations.js';
import { checkDeclarations, declaredNames, reserved } from './check-declarations.js';
import { EquationError, positionOf } from './equation-error.js';
import { matricesOf, matrixOf } from './parameters.js';
import { deepest, type Mistake, type Reader, tokensOf } from './parse.js';
import type { Declarations, Definition } from './plan.js';
import { define, type Planner, type Unscheduled, type Value } from './planner.js';
import { outputsOf } from './ports.js';
import { isReduction } from './reductions.js';
import { slotOptions } from './spec.js';

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
  const { between, settle } = checker(text, declarations, end, wrong);
  return define(name, text, declarations, {
    between,
    end(plan) {
      settle();
      for (const { name, node } of outputsOf(plan)) {
        const other = declarations.outputs ? name : 'h';
        if (node === undefined) wrong(end, `an equation for ${name} or ${other}'`, 'none');
        if (plan.nodes[node].dimension !== 'scalar') continue;
        wrong(
          end,
          `an output ${declarations.outputs ? `${name} ` : ''}that is a vector`,
          'a scalar',
        );
      }
      const unused = unusedIn(plan, declarations);
      const sizable = [...plan.vectors, ...plan.states.map(({ name }) => name)];
      const odd = Object.keys(declarations.sizes ?? {}).find(sized => !sizable.includes(sized));
      if (unused === undefined && odd !== undefined) {
        const where = `defineCell('${name}').sizes.${odd}`;
        throw mismatch(where, 'a vector or a state of the text', `'${odd}'`);
      }
      if (unused === undefined) return;
      throw mismatch(`defineCell('${name}')`, 'declared names that the text uses', `'${unused}'`);
    },
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
): { readonly between: (planner: Planner) => Reader<Read>; settle(): void } {
  const states = primedIn(text);
  const isState = (name: string) => states.includes(name);
  const declared = declaredNames(declarations);
  const sizes = new Map(Object.entries(declarations.sizes ?? {}));
  const ports = Object.keys(declarations.inputs ?? { x: 'input' });
  const inputSizes = Object.values(declarations.inputs ?? {}).filter(size => size !== 'hidden');
  const mappable = [...new Set(['input', ...inputSizes])];
  let walks = 0;
  /** The first disagreement of sizes in a walk: it counts once all sizes are known. */
  let disagreement: Parameters<typeof wrong> | undefined;
  const disagree = (...what: Parameters<typeof wrong>) => {
    disagreement ??= what;
  };
  const settle = () => {
    if (disagreement) wrong(...disagreement);
  };
  const between = (planner: Planner): Reader<Read> => {
    if (walks++ > states.length) {
      settle();
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
        const kept = [...ports, reserved];
        if (kept.includes(name) || key === "y'") {
          wrong(at, `a name other than ${[...kept, "y'"].join(', ')}`, `'${key}'`);
        }
        const taken = planner.values.has(key) || (!next && isState(name));
        if (taken || declared.includes(name))
          wrong(at, 'a name that is not taken', `'${key}' again`);
        const wanted = sizes.get(name) ?? 'hidden';
        const isProjected = wanted === 'hidden' && dimension === 'projection';
        if (next && dimension !== wanted && !isProjected) {
          const expected = wanted === 'hidden' ? 'hidden or projection' : wanted;
          disagree(at, `a value of ${expected} size`, `one of ${dimension} size`);
        }
        planner.line(name, next, read.value, at);
      },
      name(name, next, at) {
        const key = next ? `${name}'` : name;
        const known = planner.values.has(key) || (!next && (ports.includes(name) || isState(name)));
        if (!known && next) wrong(at, `${key} to be defined in an earlier line`, key);
        if (!known && !declared.includes(name)) {
          const others = 'a state, a name defined in an earlier line, or a declared one';
          wrong(at, `${ports.join(', ')}, ${others}`, `'${key}'`);
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
      map(map, row, argument, at) {
        const dimension = dimensionOf(argument);
        const before = matrixOf(planner, map, row);
        if (before) {
          const isOther = map === 'W' && (before.slice(2) || 'input') !== dimension;
          const remedy = isOther
            ? 'for a vector of another size, give it a subscript of its own'
            : 'name its result and use that';
          wrong(
            at,
            `${row === '' ? map : `${map}_${row}`} applied once`,
            `a second use; ${remedy}`,
          );
        }
        if (map !== 'W' && states.length === 0) wrong(at, 'only W in a text without primes', map);
        const state = planner.recurrent ?? (dimension === 'projection' ? dimension : 'hidden');
        const wanted = { W: mappable, U: [state], V: ['hidden'] }[map];
        if (!wanted.includes(dimension)) {
          const expected = `an argument of ${wanted.join(' or ')} size`;
          disagree(argument.at, expected, `one of ${dimension} size`);
        }
        return { value: planner.map(map, row, argument.value, at), at };
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
  return { between, settle };
}

/** The names that a text primes. */
function primedIn(text: string): string[] {
  return Array.from(text.matchAll(/^\s*([^\s']+)\s*'\s*=/gm), ([, name]) => name);
}
