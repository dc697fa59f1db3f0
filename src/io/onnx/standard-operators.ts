import { standard } from './standard.js';

/** An operator of ONNX's standard as it is in one operator set. */
export interface StandardOperator {
  readonly leastInputs: number;
  /** Infinity where there may be any number. */
  readonly mostInputs: number;
  readonly attributes: ReadonlyMap<string, StandardAttribute>;
}

export interface StandardAttribute {
  /** As ONNX calls it: `int`, `floats`, `sparse_tensor`. */
  readonly type: string;
  readonly isRequired: boolean;
}

/** `axis 4- int!`. */
interface Item {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly what: string;
}

let parsed: ReadonlyMap<string, readonly Item[]> | undefined;

/** Operators of the table with all that they have in any set; the text is parsed once. */
function items(): ReadonlyMap<string, readonly Item[]> {
  parsed ??= new Map(
    standard
      .trim()
      .split(/\n(?=\S)/)
      .map(line => {
        const [operator, list] = line.split(': ');
        return [operator, list.split(',').map(itemOf)];
      }),
  );
  return parsed;
}

function itemOf(text: string): Item {
  const [name, sets, what] = text.trim().split(/\s+/);
  const [from, to] = sets.split('-');
  return { name, from: Number(from), to: to ? Number(to) : Number.POSITIVE_INFINITY, what };
}

/** The operators that are read, by name. */
export function standardNames(): readonly string[] {
  return [...items().keys()];
}

/** The first operator sets in which an operator's inputs and attributes are what they are. */
export function setsOf(operator: string): readonly number[] {
  const sets = items()
    .get(operator)
    ?.flatMap(({ from, to }) => (Number.isFinite(to) ? [from, to + 1] : [from]));
  return [...new Set(sets)].sort((a, b) => a - b);
}

/**
 * An operator in an operator set; in one before its first set it is what it was there, as runtimes
 * have it. Undefined for one that is not read.
 */
export function standardOperator(operator: string, set: number): StandardOperator | undefined {
  const all = items().get(operator);
  if (!all) return undefined;
  const own = Math.max(set, all[0].from);
  const there = all.filter(({ from, to }) => from <= own && own <= to);
  const [inputs, ...attributes] = there;
  const [least, most = least] = inputs.what.split('-');
  return {
    leastInputs: Number(least),
    mostInputs: most === '' ? Number.POSITIVE_INFINITY : Number(most),
    attributes: new Map(
      attributes.map(({ name, what }) => {
        return [name, { type: what.replace('!', ''), isRequired: what.endsWith('!') }];
      }),
    ),
  };
}
