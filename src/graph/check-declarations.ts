import { checkNames, demand } from '../errors.js';
import { resolveActivation } from './activations.js';
import type { Declarations } from './plan.js';
import { isReduction } from './reductions.js';
import { slotOptions } from './spec.js';

const declarationNames = [
  ...['inputs', 'outputs', 'vectors', 'sizes', 'scalars', 'statistics', 'constants'],
  ...['activations', 'biasIh', 'sameSize', 'variant'],
];

/** The name kept for the time since the last step, of cells that will know it. */
export const reserved = 'Δt';

/** Names that cannot be declared: they would collide with a value, a parameter or an option. */
const takenNames = ({ inputs }: Declarations) => [
  ...(inputs ? [] : ['x']),
  ...[reserved, 'y', 'h', 'params', 'seed', 'clip', 'projectionSize', 'resetGate'],
  ...['', ...Object.values(inputs ?? {}).map(size => `_${size}`)].flatMap(size =>
    ['weight', 'bias', 'weightIh', 'weightHh', 'weightHr', 'biasIh', 'biasHh'].map(
      name => name + size,
    ),
  ),
  ...Object.values(slotOptions).map(({ option }) => option),
];

/** The names that a text may use since they are declared. */
export function declaredNames(declarations: Declarations): string[] {
  const { inputs = {}, vectors = {}, scalars = {}, constants = {} } = declarations;
  return Object.keys({ ...inputs, ...vectors, ...scalars, ...constants });
}

/** Throws a RecurError for the first declaration that is wrong. */
export function checkDeclarations(cell: string, declarations: Declarations): void {
  const at = `defineCell('${cell}')`;
  checkNames(at, declarations, declarationNames);
  const { inputs, vectors, scalars, constants, activations, biasIh } = declarations;
  const { sameSize = false } = declarations;
  demand(typeof sameSize === 'boolean', `${at}.sameSize`, 'true or false', sameSize);
  checkPorts(at, declarations);
  checkSizes(at, declarations);
  const seen = new Set(takenNames(declarations));
  // There, no map has parameters of these names.
  if (sameSize) for (const name of ['weight', 'bias']) seen.delete(name);
  const groups = { inputs, vectors, scalars, constants, activations, biasIh };
  for (const [group, names = {}] of Object.entries(groups)) {
    for (const [name, value] of Object.entries(names)) {
      const where = `${at}.${group}.${name}`;
      // Rows of biasIh are named by the text.
      const taken = seen.has(name) || isReduction(name);
      demand(group === 'biasIh' || !taken, where, 'a name that is not taken', name);
      if (group === 'activations') resolveActivation(where, value);
      else if (group !== 'inputs') demand(Number.isFinite(value), where, 'a finite number', value);
      seen.add(name);
    }
  }
}

/** Inputs and their sizes, and outputs, as far as they can be known without the text. */
function checkPorts(at: string, { inputs, outputs, sameSize, ...others }: Declarations): void {
  if (inputs !== undefined) {
    checkNames(`${at}.inputs`, inputs, Object.keys(Object(inputs)));
    const all = Object.entries(inputs);
    demand(all.length, `${at}.inputs`, 'at least one input', inputs);
    demand(!sameSize, `${at}.sameSize`, 'no inputs beside it', sameSize, "their size is 'hidden'");
    for (const [i, [name, size]] of all.entries()) {
      const where = `${at}.inputs.${name}`;
      const isKnown = size === 'input' || size === 'hidden';
      if (i === 0) demand(isKnown, where, "'input' or 'hidden', the size of the first", size);
      const isName = typeof size === 'string' && /^\p{L}[\p{L}\p{M}\p{N}_]*$/u.test(size);
      const isTaken = size === 'projection' || size === 'scalar';
      demand(isName && !isTaken, where, "'input', 'hidden' or another name for its size", size);
    }
  }
  if (outputs === undefined) return;
  const isList = Array.isArray(outputs) && outputs.length > 0;
  demand(isList, `${at}.outputs`, 'a list of names of lines', outputs);
  const declared = declaredNames({ inputs: inputs ?? { x: 'input' }, ...others });
  for (const [i, name] of outputs.entries()) {
    const isLine = typeof name === 'string' && !declared.includes(name);
    demand(isLine, `${at}.outputs[${i}]`, 'the name of a line', name);
    demand(outputs.indexOf(name) === i, `${at}.outputs[${i}]`, 'a name that is not taken', name);
  }
}

/** Sizes and roles of names that are declared elsewhere. */
function checkSizes(at: string, declarations: Declarations): void {
  const { inputs = { x: 'input' }, sizes = {}, statistics, vectors, scalars } = declarations;
  const known = [...new Set(Object.values(inputs))];
  checkNames(`${at}.sizes`, sizes, Object.keys(Object(sizes)));
  for (const [name, size] of Object.entries(sizes)) {
    demand(name !== 'h', `${at}.sizes.h`, 'a vector or a state other than h', name);
    const expected = `the size of an input, ${known.join(', ')}`;
    demand(known.includes(size), `${at}.sizes.${name}`, expected, size);
  }
  if (statistics === undefined) return;
  demand(Array.isArray(statistics), `${at}.statistics`, 'a list of names', statistics);
  const learned = Object.keys({ ...vectors, ...scalars });
  for (const [i, name] of statistics.entries()) {
    const isLearned = learned.includes(name) && statistics.indexOf(name) === i;
    demand(isLearned, `${at}.statistics[${i}]`, `one of ${learned.join(', ')}, once`, name);
  }
}
