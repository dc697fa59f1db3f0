import { defineCell } from '../../cells/define.js';
import type { Activation } from '../../graph/activations.js';
import { type AnyCell, internals } from '../../streams/cell.js';
import { type Composed, type OwnActivation, slotOf } from './activations.js';

/** The slots of a text, and what stands for each. */
export type Slots = Readonly<Record<'σ' | 'φ' | 'ψ', OwnActivation | undefined>>;

/**
 * A cell of the library whose slots are those: where one is made of others, a cell of the same
 * equations, of which each line with such a slot is two.
 */
export function withActivations(
  make: (options: Readonly<Record<string, Activation>>) => AnyCell,
  slots: Slots,
): AnyCell {
  const entries = [
    ['gateActivation', 'σ'],
    ['activation', 'φ'],
    ['outputActivation', 'ψ'],
  ] as const;
  const plain = entries.flatMap(([option, slot]) => {
    const activation = slotOf(slots[slot]);
    return activation === undefined ? [] : [[option, activation] as const];
  });
  const options = Object.fromEntries(plain);
  const cell = make(options);
  const own = entries.flatMap(([, slot]) => {
    const given = slots[slot];
    return given && 'text' in given ? [{ slot, ...given }] : [];
  });
  const { spec } = cell[internals];
  if (own.length === 0 || spec.kind !== 'equations') return cell;
  const { name, text, declarations } = spec.definition;
  const activations = Object.assign({}, ...own.map(({ activations }) => activations));
  const variant = [declarations.variant, ...own.map(({ name }) => name)].filter(Boolean).join(', ');
  const lines = own.reduce((lines, own) => replaced(lines, own), text);
  const declared = { ...declarations, activations, variant };
  const { sizes, bias, params } = spec;
  const all = { ...options, bias, params };
  return defineCell(name, lines, declared)(sizes.input, sizes.hidden, all as never) as AnyCell;
}

/** A text of which each line `y = f(v)` with a slot f is `y_a = v`, and what f is of that. */
function replaced(
  text: string,
  { slot, text: own, lines = [] }: { readonly slot: string } & Composed,
): string {
  const replacedLines = text.split('\n').flatMap(line => {
    const begin = line.indexOf(`${slot}(`);
    if (begin < 0) return [line];
    const end = endOf(line, begin + 2);
    const value = `${line.slice(0, line.indexOf('=')).replace(/\W/g, '')}_a`;
    const names = new Map(lines.map(([name]) => [name, `${value}_${name}`]));
    const of = (formula: string) => {
      return formula
        .replace(/[A-Za-z]\w*/g, word => names.get(word) ?? word)
        .replaceAll('$', value);
    };
    return [
      `${value} = ${line.slice(begin + 2, end)}`,
      ...lines.map(([name, formula]) => `${names.get(name)} = ${of(formula)}`),
      `${line.slice(0, begin)}(${of(own)})${line.slice(end + 1)}`,
    ];
  });
  return replacedLines.join('\n');
}

/** Where the parenthesis is closed that is open before a place. */
function endOf(line: string, begin: number): number {
  let end = begin;
  for (let depth = 1; ; end++) {
    if (line[end] === '(') depth++;
    if (line[end] === ')' && --depth === 0) return end;
  }
}
