import { castOf } from './cast.js';
import { type Dim, ensure, type Ints, type Value } from './flow.js';
import { integerOf, integersOf, type Node } from './graph.js';
import { rangesOf, within } from './ranges.js';
import { type Constant, constantOf, wholesOf } from './tensor.js';

/** Sizes in a row, of which some are not numbers. */
export function intsOf(items: readonly Dim[], scalar = false): Ints {
  return { kind: 'ints', items, scalar };
}

/** Sizes as a constant, where all are numbers; itself otherwise. */
export function settled(ints: Ints): Value {
  if (!ints.items.every(item => typeof item === 'number')) return ints;
  const dims = ints.scalar ? [] : [ints.items.length];
  return constantOf('', dims, Float64Array.from(ints.items));
}

/** A value as sizes: a constant of at most one axis, or what Shape made. */
export function asInts(value: Value | undefined): Ints | undefined {
  if (value?.kind === 'ints') return value;
  if (value?.kind !== 'constant' || value.dims.length > 1 || (value.dims[0] ?? 0) > 64)
    return undefined;
  const items = [...value.values()];
  return items.every(Number.isInteger) ? intsOf(items, value.dims.length === 0) : undefined;
}

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => Math.trunc(a / b),
  Equal: (a, b) => Number(a === b),
};

/** What is not followed: a loop asks for it again, where the number of steps is known. */
const undecided = new Set(
  ['Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual', 'And', 'Or', 'Not'].concat([
    ...['Ceil', 'Floor', 'Neg', 'Max', 'Min'],
  ]),
);

/** What a node makes of sizes of which some are not numbers; undefined where that is not known. */
export function foldedInts(node: Node, values: readonly Value[]): Ints | undefined {
  const { operator } = node;
  const inputs = values.map(asInts);
  const [first, second, third] = inputs;
  if (!first) return undefined;
  const { items } = first;
  const at = (ints: Ints, i: number) => ints.items[ints.items.length === 1 ? 0 : i] ?? '?';
  if (Object.hasOwn(arithmetic, operator) && second) {
    const length = Math.max(items.length, second.items.length);
    const results = Array.from({ length }, (_, i) => {
      return computed(operator, at(first, i), at(second, i));
    });
    return intsOf(results, first.scalar && second.scalar);
  }
  if (operator === 'Where' && second && third) {
    const length = Math.max(...inputs.map(ints => ints?.items.length ?? 0));
    const chosen = Array.from({ length }, (_, i) => {
      const condition = at(first, i);
      return condition === '?' ? '?' : at(condition ? second : third, i);
    });
    return intsOf(chosen);
  }
  if (operator === 'Concat') {
    if (!inputs.every(ints => ints !== undefined)) return undefined;
    checkAxes([integerOf(node, 'axis', 0)]);
    const all = (inputs as Ints[]).flatMap(ints => ints.items);
    ensure(all.length <= 64, 'more than 64 sizes');
    return intsOf(all);
  }
  if (operator === 'Gather' && values[1].kind === 'constant') {
    checkAxes([integerOf(node, 'axis', 0)]);
    return picked(first, values[1]);
  }
  if (operator === 'Slice') {
    const constants = values.map(v => (v.kind === 'constant' ? v : undefined));
    const [range, ...others] = rangesOf(node, [undefined, ...constants.slice(1)], 1);
    ensure(range && others.length === 0, 'axes that are not there');
    const [from, count] = within(range, items.length);
    return intsOf(Array.from({ length: count }, (_, i) => items[from + i * range.step]));
  }
  if (operator === 'Unsqueeze' || operator === 'Reshape') return intsOf(items);
  if (operator === 'Squeeze') return intsOf(items, items.length === 1);
  if (operator === 'Identity') return first;
  if (operator === 'Cast' && !castOf(node).floating) return first;
  // Quotients of floats are not those of sizes.
  if (operator === 'Cast' || undecided.has(operator)) return intsOf(unknowns(first), first.scalar);
  return operator === 'ReduceProd' ? product(node, first, values[1]) : undefined;
}

const unknowns = ({ items }: Ints): Dim[] => items.map(() => '?');

/** Sizes lie in a row: there is one axis. */
function checkAxes(axes: readonly number[]): void {
  ensure(
    axes.every(axis => axis === 0 || axis === -1),
    'an axis that is not there',
  );
}

function product(node: Node, ints: Ints, given: Value | undefined): Ints | undefined {
  if (given && given.kind !== 'absent' && given.kind !== 'constant') return undefined;
  const axes = given?.kind === 'constant' ? wholesOf(given) : (integersOf(node, 'axes') ?? []);
  checkAxes(axes);
  if (axes.length === 0 && integerOf(node, 'noop_with_empty_axes', 0) !== 0) return ints;
  const all = ints.items.reduce<Dim>((a, b) => computed('Mul', a, b), 1);
  return intsOf([all], integerOf(node, 'keepdims', 1) === 0);
}

function computed(operator: string, a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return arithmetic[operator](a, b);
  if (operator === 'Mul' && a === 1) return b;
  if ((operator === 'Mul' || operator === 'Div') && b === 1) return a;
  if (operator === 'Add' && a === 0) return b;
  if ((operator === 'Add' || operator === 'Sub') && b === 0) return a;
  // A size is never −1, which is what exporters compare it with.
  if (operator === 'Equal' && (a === -1 || b === -1) && a !== '?' && b !== '?') return 0;
  return '?';
}

function picked({ items }: Ints, index: Constant): Ints {
  ensure(index.dims.length < 2 && index.dims[0] !== 0, 'indices of several axes');
  const indices = wholesOf(index).slice(0, 64);
  const results = indices.map(i => items[i < 0 ? i + items.length : i]);
  ensure(
    results.every(item => item !== undefined),
    'indices beyond the axis',
  );
  return intsOf(results, index.dims.length === 0);
}
